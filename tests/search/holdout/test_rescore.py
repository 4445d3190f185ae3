"""Every score of a report follows from the table of its predictions."""

import csv
import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.system.errors import RunError
from models.evaluation.baseline import constants_of
from models.evaluation.comparison import Candidate
from models.metrics.predictions import HEADS
from search import rescore
from search.holdout.predictions_file import (
    ROW,
    RecordedRows,
    read_predictions,
    write_predictions,
)
from search.holdout.rescore import TOLERANCE
from search.holdout.scores import ScoredRows, score_rows
from search.holdout.seed_scores import seed_heads
from search.run_files import PREDICTED, REPORT
from tests.factories.runs import run_main
from tests.strategies.metrics import drawn, labels

SEED = 5
THRESHOLDS = {"model": {"AU1": 0.3, "AU2": 0.71}, "linear_pixels": {"AU1": 0.4}}


def drawn_rows():
    """Draws a tested hold-out: its rows, subjects, and which are duplicates."""
    targets, predictions, subjects = drawn(4, rated=True)
    _, worse, _ = drawn(4, skill=0.1, rated=True)
    model = Candidate(predictions=predictions, thresholds=THRESHOLDS["model"])
    seeds = [model, replace(model, predictions=worse)]
    shares = labels(np.arange(60) % 3)
    shares.emotion[:20] = np.float32([0.2, 0.7, 0.1])
    rows = ScoredRows(
        targets=targets,
        votes=shares,
        units=subjects,
        model=model,
        constants=constants_of(targets, count=len(targets)),
        baselines={
            "linear_pixels": Candidate(
                predictions=worse, thresholds=THRESHOLDS["linear_pixels"]
            )
        },
        seeds=dict(enumerate(seeds, start=1)),
    )
    return RecordedRows(
        images=[f"=S/{n}.png" for n in range(len(targets))],
        rows=rows,
        duplicates=np.arange(len(targets)) % 7 == 0,
    )


def table_of(rows, root):
    """Writes the table of rows; some images have names that a spreadsheet computes."""
    frame = pd.DataFrame(
        {
            "image": [f"=S/{row}.png" for row in range(len(rows.units))],
            "subject": rows.units,
            "sequence": None,
            **dict.fromkeys(("emotion", "high_level_emotion", "partition", "place")),
        }
    )
    return SampleTable(
        root=root, frame=frame, action_units=(), source="ckplus", channels=1
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Writes report and predictions of a run ``tiny`` as a test does."""
    tmp_path = tmp_path_factory.mktemp("written")
    recorded = drawn_rows()
    rows, duplicates = recorded.rows, recorded.duplicates
    path = tmp_path / "runs" / "tiny"
    path.mkdir(parents=True)
    (path / "study.toml").touch()
    others = score_rows(rows.take(np.flatnonzero(~duplicates)), seed=SEED)
    report = {
        "trial": 3,
        "synthetic": False,
        "guarantee": "subject",
        "subjects": len(set(rows.units)),
        "images": len(rows.units),
        "opened": 1,
        "intervals": {"seed": SEED},
        "baselines": {
            "linear_pixels": {"value": 0.5, "thresholds": THRESHOLDS["linear_pixels"]}
        },
        "duplicates": {
            "images": int(duplicates.sum()),
            "without": {"images": int((~duplicates).sum()), **others},
        },
        **score_rows(rows, seed=SEED),
        "seeds": {
            "model": "ensemble",
            "trained": [1, 2],
            "heads": seed_heads(rows, seed=SEED),
        },
    }
    (path / REPORT).write_text(json.dumps(report))
    table = table_of(rows, tmp_path)
    write_predictions(path / PREDICTED, table, rows, duplicates)
    return path


@pytest.fixture
def folder(written, tmp_path):
    """Copies the run of a test."""
    return shutil.copytree(written, tmp_path / "tiny")


def rescored(folder):
    """Runs the command on a folder."""
    words = ("--study", folder.name, "--out", str(folder.parent))
    return run_main(rescore.main, *words)


def test_every_value_follows_from_the_table(folder):
    """Each metric, interval and difference of a report is repeated to the bit."""
    found = read_predictions(folder / PREDICTED, THRESHOLDS)
    report = json.loads((folder / REPORT).read_text())
    parts = json.loads(json.dumps(score_rows(found.rows, seed=SEED)))
    assert set(parts) == {*HEADS, "votes"}
    for head, part in parts.items():
        assert part == report[head]
        assert part["baselines"]["linear_pixels"]
    answer = rescored(folder)
    assert (answer.code, answer.err) == (0, "")
    assert f"{report['images']} images; all" in answer.out


def test_a_row_is_an_image_with_its_people_and_numbers(folder):
    """A line names image and subject; an unknown label is empty, no name computes."""
    with (folder / PREDICTED).open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    recorded = drawn_rows()
    targets = recorded.rows.targets
    assert tuple(lines[0])[: len(ROW)] == ROW
    assert lines[7]["image"] == "'=S/7.png"
    assert [line["subject"] for line in lines] == recorded.rows.units
    known = [bool(line["label.action_units.AU3"]) for line in lines]
    assert known == targets.action_unit_mask[:, 2].tolist()
    predicted = [float(line["model.valence_arousal.valence"]) for line in lines]
    made = recorded.rows.model.predictions.valence_arousal[:, 0]
    assert np.array_equal(np.float32(predicted), made)


def test_a_changed_value_is_named(folder):
    """A value that does not follow from the predictions is named, with exit code 1."""
    report = json.loads((folder / REPORT).read_text())
    row = report["seeds"]["heads"]["action_units"]["mean_f1_at_thresholds"]
    assert len(set(row["each"])) == 2
    assert row["low"] < row["mean"] < row["high"]
    row["high"] += 2 * TOLERANCE
    report["emotion"]["per_class"]["positive"]["recall"] += 2 * TOLERANCE
    (folder / REPORT).write_text(json.dumps(report))
    answer = rescored(folder)
    assert answer.code == 1
    assert "2 of" in answer.out
    assert "seeds heads action_units mean_f1_at_thresholds high: rep" in answer.out
    assert "emotion per_class positive recall: reported" in answer.out


def test_a_changed_label_changes_scores(folder):
    """The table is all that is read: another prediction there is another score."""
    text = (folder / PREDICTED).read_text()
    head, *lines = text.split("\n")
    names = head.split(",")
    known, place = (names.index(f"{of}.action_units.AU1") for of in ("label", "model"))
    row = next(n for n, line in enumerate(lines) if line.split(",")[known])
    cells = lines[row].split(",")
    cells[place] = str(1 - float(cells[place]))
    lines[row] = ",".join(cells)
    (folder / PREDICTED).write_text("\n".join([head, *lines]))
    answer = rescored(folder)
    assert answer.code == 1
    assert "more" in answer.out.splitlines()[-1]
    assert "action_units metrics mean_precision value: reported" in answer.out


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[:0], "no line"),
        (lambda text: text[: len(text) // 2], "as many cells"),
        (lambda text: text.replace("image,", "picture,", 1), "found picture"),
        (lambda text: text.replace("model.emotion", "model_emotion"), "not a table"),
        (lambda text: text.replace(",0.", ",O.", 1), "could not convert"),
    ],
)
def test_a_damaged_table_is_refused(folder, damage, words):
    """A table that is cut or renamed is refused with its path and the way out."""
    path = folder / PREDICTED
    path.write_text(damage(path.read_text()))
    with pytest.raises(RunError, match=words) as refused:
        read_predictions(path, THRESHOLDS)
    assert str(refused.value).startswith(f"{path}: ")
    assert "restore a copy" in str(refused.value)


@pytest.mark.parametrize(
    ("key", "damaged", "words"),
    [
        ("objective", {"metrics": "all"}, "objective.metrics: .*found 'all'"),
        ("intervals", {"seed": "five"}, "intervals.seed: .*found 'five'"),
        ("action_units", {"per_au": {"AU1": {}}}, "per_au.AU1.threshold: .*required"),
        ("baselines", {"pixels": {"value": 0.5, "thresholds": 1}}, "pixels.thresholds"),
    ],
)
def test_a_damaged_report_is_refused(folder, key, damaged, words):
    """A report without what its scores are computed with is one message."""
    report = json.loads((folder / REPORT).read_text())
    report[key] = {**report.get(key, {}), **damaged}
    (folder / REPORT).write_text(json.dumps(report))
    answer = rescored(folder)
    assert answer.code == 1
    assert re.search(rf"{REPORT}: .*{words}.*restore a copy", answer.err)


def test_an_untested_run_is_refused(folder):
    """Without the report or the table nothing is computed."""
    (folder / PREDICTED).unlink()
    assert PREDICTED in rescored(folder).err
    (folder / REPORT).unlink()
    assert REPORT in rescored(folder).err
