"""Every page that is a file, written without any training, with given names on it."""

import json
import shutil
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from data_pipeline.demographics.table import Demographics
from data_pipeline.exploration.page import render as render_data
from data_pipeline.split.receipt_file import RECEIPTS
from models.explanation.dose.files import CHANGES, TABLE
from models.metrics.predictions import HEADS
from search.comparison.comparing import compare_runs
from search.comparison.page import comparison_page
from search.report_page.material import gather, gather_nested
from search.report_page.page import render as render_report
from search.report_page.sections.explanation import FOLDER
from search.run_files import REPORT
from search.run_folder import RunFolder
from search.study.study import read_study
from tests.factories.data.exploration_material import material, rows
from tests.factories.made_run import STUDY, drawn_rows, made_run
from tests.factories.runs import ROOT
from tests.search.comparison.test_compare import receipt
from tests.search.report_page.test_page import nested_test
from tests.strategies.tables import table_of

PICTURE = ROOT / "models/pictures/dose_response.png"
PARETO = (
    (
        '[objective]\n"emotion',
        '[objective]\nmode = "pareto"\nparameters = 1.0\n"emotion',
    ),
    ('pruner = "successive_halving"\n', 'pruner = "none"\n'),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What people and files call things, and pages show."""

    study: str = "tiny"
    file: str = "a.png"
    emotion: str = "negative"
    group: str = "f"
    known: str = "published"
    reason: str = "ValueError: no"

    @classmethod
    def all(cls, name):
        """Calls everything by one name."""
        return cls(**{field.name: name for field in fields(cls)})


def report(folder, names):
    """Writes the report of a run with every head, groups, seeds and an explanation."""
    drawn = drawn_rows()
    kept = (names.emotion, *drawn.targets.emotions[1:])
    rows = replace(drawn, targets=replace(drawn.targets, emotions=kept))
    run = made_run(folder, rows=rows)
    test = json.loads(run.file(REPORT).read_text())
    test["study"] = names.study
    test["selection"]["known"][0]["name"] = names.known
    groups = test["groups"]["attributes"]["sex"]["groups"]
    groups[names.group] = groups.pop("f")
    run.file(REPORT).write_text(json.dumps(test))
    explained = run.file(FOLDER)
    explained.mkdir()
    (explained / TABLE).write_text("unit,level\nAU12,0\n")
    shutil.copy(PICTURE, explained / CHANGES)
    return _report(run, names)


def pareto(folder, names):
    """Writes the report of a search with two objectives, before its test."""
    return _report(front_run(folder), names)


def front_run(folder):
    """Makes the trials of a search with three objectives."""
    text = STUDY
    for old, new in PARETO:
        assert old in text
        text = text.replace(old, new)
    return made_run(folder, "front", text=text, tested=False)


def _report(run, names):
    study = replace(read_study(str(run.file("study.toml"))), name=names.study)
    found = gather(run, study, synthetic=True, storage=run.storage)
    return render_report(found)[0]


def nested(folder, names):
    """Writes the report of all outer parts."""
    run = RunFolder(out=folder, name="tiny-nested")
    run.make()
    run.file("study.toml").write_text(STUDY)
    test = nested_test(drawn_rows(seeds=0, rows=60)) | {"study": names.study}
    test["choices"]["head.dropout"]["counts"] = {names.known: 2}
    study = replace(read_study(str(run.file("study.toml"))), name=names.study)
    return render_report(gather_nested(run, study, test=test))[0]


def comparison(folder, names):
    """Writes the comparison of two runs on the same people, and of a third one."""
    return comparison_page(compared(folder, names))


def compared(folder, names):
    """Compares runs, of which the first two have names and emotions of the caller."""
    lines = []
    for name, skill in (("tiny", 0.45), ("weak", 0.3), ("few", 0.4)):
        rows = drawn_rows(
            heads=HEADS[:2], skill=skill, seeds=0, rows=60 if name == "few" else 150
        )
        made_run(folder, name, rows=rows, trials=2)
        lines.append(receipt(name, rows.units))
    (folder / RECEIPTS).write_bytes(b"\n".join(lines))
    found = compare_runs(folder, ("tiny", "weak", "few"), data=None, storage=None)
    called = (names.study, *list(found.runs)[1:])
    runs = dict(zip(called, found.runs.values(), strict=True))
    pairs = [replace(pair, against=names.study) for pair in found.pairs]
    return replace(found, runs=runs, pairs=pairs)


def data(_, names):
    """Writes the page of a data set with demographics and a file that is no picture."""
    people = {f"S{n:03d}": {"sex": "fm"[n % 2], "age": 20 + n} for n in range(11)}
    who = {name: {**one, "ethnicity": names.group} for name, one in people.items()}
    table = table_of(rows())
    frame = table.frame.assign(
        emotion=table.frame["emotion"].replace("anger", names.emotion),
        valence=pd.array(np.linspace(-1, 1, len(table)), dtype="Float64"),
        arousal=pd.array(np.linspace(1, -1, len(table)), dtype="Float64"),
    )
    whole = material(
        replace(table, frame=frame, dimensions=("valence", "arousal")),
        study=names.study,
        data=f"data/{names.file}",
        synthetic=True,
        demographics=Demographics(people=who),
        strangers=2,
    )
    bad = replace(whole.images, unreadable=((names.file, names.reason),))
    return render_data(replace(whole, images=bad), lambda *_: None)[0]


PAGES = {
    "report": report,
    "pareto": pareto,
    "nested": nested,
    "comparison": comparison,
    "data": data,
}
"""Name -> what renders the page; each gets a folder of its own, and the names."""


def write_pages(folder, names):
    """Writes all pages to a folder; returns their files by name."""
    written = {}
    for name, render in PAGES.items():
        place = folder / name
        place.mkdir(parents=True)
        written[name] = folder / f"{name}.html"
        written[name].write_text(render(place, names), encoding="utf-8")
    return written
