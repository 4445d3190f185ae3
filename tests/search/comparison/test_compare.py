"""Studies side by side: every number is a run's, and pairs are of the same people."""

import csv
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.split.receipt import Members, Opener, Receipt, to_line
from data_pipeline.split.receipt_file import RECEIPTS
from data_pipeline.split.split import Fold
from models.evaluation.comparison import compare as compare_models
from models.evaluation.out_of_fold import digest_of, halved, write_predictions
from search import api, compare
from search.comparison.finished_run import FinishedRun
from search.comparison.out_of_fold import DIGEST, FOLDS, pair_out_of_fold
from search.comparison.text import describe
from search.ledger.reader import RunProvenance
from search.ledger.records import TrialRecord
from search.run_files import PAGE, REPORT
from search.run_folder import RunFolder
from search.trial.messages import PREDICTIONS
from tests.factories.data.exploration_material import Page
from tests.factories.made_run import SEED, drawn_rows, made_run
from tests.factories.runs import run_main
from tests.strategies.metrics import drawn

HEADS = ("emotion", "action_units")
GOOD, BAD = drawn_rows(heads=HEADS), drawn_rows(heads=HEADS, skill=0.3)


def receipt(run, subjects):
    """Writes the receipt of a test on some subjects."""
    found = Receipt(
        members=Members(data="ckplus", subjects=tuple(sorted(set(subjects)))),
        opener=Opener(run=run, model="0"),
        rule={},
        time="",
    )
    return to_line(found, reopened=False)


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """Three tested runs: two on the same people, one on fewer; and an untested one."""
    folder = tmp_path_factory.mktemp("compared") / "runs"
    few = BAD.take(np.flatnonzero(np.array(BAD.units) < "S006"))
    made_run(folder, "good", rows=GOOD, trials=5)
    made_run(folder, "bad", rows=BAD, trials=5)
    made_run(folder, "few", rows=few, trials=5)
    made_run(folder, "unfinished", tested=False, trials=2)
    people = {"good": GOOD.units, "bad": BAD.units, "few": few.units}
    lines = [receipt(run, subjects) for run, subjects in people.items()]
    (folder / RECEIPTS).write_bytes(b"\n".join(lines))
    return folder


def compared(out, *words):
    """Runs the command."""
    return run_main(compare.main, *words, "--out", str(out))


def test_runs_stand_beside_each_other(out, tmp_path):
    """The file has every value and interval of the reports."""
    to = tmp_path / "both.json"
    answer = compared(out, "good", "bad", "--to", str(to))
    assert (answer.code, answer.err) == (0, "")
    found = json.loads(to.read_text())
    for name, run in found["runs"].items():
        report = json.loads((out / name / REPORT).read_text())
        for metric, row in run["metrics"].items():
            head, _, key = metric.partition(".")
            assert row == report[head]["metrics"][key]
            assert f"{row['value']:.3f}" in answer.out
        assert run["corrected"] == report["selection"]["corrected"]
        assert run["trials"]["all"] == report["search"]["trials"]
        assert run["seconds"] > 0
    assert "SYNTHETIC" in answer.out.splitlines()[0]


def test_python_has_the_same_numbers(out, tmp_path):
    """The call of ``search.api`` returns what the file has."""
    to = tmp_path / "both.json"
    assert compared(out, "good", "bad", "--to", str(to)).code == 0
    found = api.compare("good", "bad", out=out)
    assert json.loads(json.dumps(found)) == json.loads(to.read_text())


def test_the_same_people_are_paired(out, tmp_path):
    """A difference and its interval are those of the jackknife over the same people."""
    to = tmp_path / "pairs.json"
    answer = compared(out, "good", "bad", "--to", str(to))
    pair = json.loads(to.read_text())["pairs"][0]
    assert (pair["images"], pair["subjects"]) == (150, len(set(GOOD.units)))
    wanted = compare_models(
        GOOD.targets, BAD.model, GOOD.model, subjects=GOOD.units, seed=SEED
    )
    for head in HEADS:
        for metric, row in pair["metrics"][head].items():
            assert row == pytest.approx(wanted[head][metric])
    row = pair["metrics"]["emotion"]["macro_f1"]
    assert row["high"] < 0
    assert f"macro F1 of emotion {row['difference']:+.3f} (" in answer.out


def test_the_page_has_what_the_terminal_has(out):
    """One HTML file without a script names runs, metrics and differences in words."""
    to = out.parent / "both.html"
    (out / "good" / PAGE).touch()
    assert compared(out, "good", "bad", "few", "--to", str(to)).code == 0
    page = Page(to.read_text(encoding="utf-8"))
    assert page.open == []
    assert [x for x in page.links if not x.startswith("#")] == ["runs/good/report.html"]
    found = api.compare("good", "bad", out=out)
    value = found["runs"]["good"]["metrics"]["emotion.macro_f1"]["value"]
    assert f"{value:.3f}" in page.text
    assert "few is not paired with good: not the same people" in page.text
    assert "bad minus good, hold-out (95 % intervals" in page.text
    row = found["pairs"][0]["metrics"]["emotion"]["macro_f1"]
    assert f"macro F1 of emotion {row['difference']:+.3f}" in to.read_text("utf-8")


def test_other_people_are_not_paired(out, tmp_path):
    """Runs that were tested on other people have no difference, and it says so."""
    to = tmp_path / "few.csv"
    answer = compared(out, "good", "few", "--to", str(to))
    assert "few minus good, hold-out: not paired, not the same people: of" in answer.out
    with to.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert {line["against"] for line in lines} == {""}
    assert {line["run"] for line in lines} == {"good", "few"}


def test_order_of_images_does_not_matter(out, tmp_path):
    """Rows are paired by their images, wherever they stand in a table."""
    order = np.random.default_rng(0).permutation(150)
    folder = made_run(tmp_path, "good", rows=GOOD, trials=2)
    made_run(tmp_path, "bad", rows=BAD, trials=2)
    table = folder.file("holdout_predictions.csv")
    head, *lines = table.read_text().splitlines()
    table.write_text("\n".join([head, *(lines[row] for row in order)]) + "\n")
    (tmp_path / RECEIPTS).write_bytes((out / RECEIPTS).read_bytes())
    found = [tmp_path / f"{name}.json" for name in ("moved", "given")]
    for place, to in zip((tmp_path, out), found, strict=True):
        assert compared(place, "good", "bad", "--to", str(to)).code == 0
    moved, given = (json.loads(to.read_text())["pairs"][0]["metrics"] for to in found)
    for head, metrics in given.items():
        for metric, row in metrics.items():
            assert moved[head][metric] == pytest.approx(row)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["good", "god"], "god: there is no run of it in {out}; did you mean good?"),
        (["good", "unfinished"], "not finished: it has no holdout.json; rerun"),
        (["good"], "name two studies or more, found good"),
        (["good", "bad", "good"], "good: named twice"),
        (["good", "bad", "--to", "x.txt"], "must end in .html, .csv, .json"),
        (["good", "bad", "--to", "no/x.csv"], "the folder no does not exist"),
    ],
)
def test_wrong_input_is_one_message(out, words, error):
    """A run that is unknown, unfinished or named twice is refused in one line."""
    answer = compared(out, *words)
    assert (answer.code, answer.out) == (2, "")
    assert error.format(out=out) in answer.err
    assert len(answer.err.splitlines()) == 1


def test_a_lost_trial_is_named(tmp_path):
    """A storage without the tested trial is refused, with the file that names it."""
    for name in ("one", "two"):
        made_run(tmp_path, name, rows=GOOD, trials=1)
    answer = compared(tmp_path, "one", "two")
    assert answer.code == 1
    assert "one/holdout.json: names trial 1, which the storage does not" in answer.err


def test_other_targets_are_refused(tmp_path):
    """Runs without a target of the same labels are not compared."""
    made_run(tmp_path, "faces", rows=drawn_rows(heads=("emotion",)), trials=1)
    units = drawn_rows(heads=("action_units",))
    made_run(tmp_path, "units", rows=units, primary="action_units.mean_auc", trials=1)
    answer = compared(tmp_path, "faces", "units")
    assert answer.code == 2
    assert "no target with the same labels" in answer.err
    assert "faces has emotion (negative, positive, surprise); units has" in answer.err


def finished(out, name, predictions, digest="a"):
    """Makes a run that has the out-of-fold predictions of its tested trial."""
    folder = RunFolder(out=out, name=name)
    folder.make()
    kept = halved(predictions)
    write_predictions(folder.path / "predictions", 3, kept)
    record = TrialRecord(
        number=3,
        state="COMPLETE",
        reason="",
        value=0.5,
        values={},
        curve={},
        attributes={PREDICTIONS: digest_of(kept), "thresholds": {}},
    )
    return FinishedRun(
        folder=folder,
        study=SimpleNamespace(),
        report={"trial": 3, "intervals": {"seed": SEED}},
        records=[record],
        provenance=RunProvenance(
            identity={DIGEST: "labels"}, pixels={FOLDS: digest}, machines=[]
        ),
        people=None,
        storage=folder.storage,
    )


@pytest.fixture
def folds(tmp_path):
    """Drawn development rows in two folds: labels, their order, and a job."""
    targets, good, subjects = drawn(2)
    _, bad, _ = drawn(2, skill=0.1)
    order = np.random.default_rng(1).permutation(len(targets))
    parts = order[:30], order[30:]
    job = SimpleNamespace(
        folds=[Fold(train=parts[1 - n], validation=parts[n]) for n in (0, 1)],
        scoring_targets=targets,
    )
    nothing = ("sequence", "emotion", "high_level_emotion", "partition", "place")
    frame = pd.DataFrame(
        {
            "image": [f"{row}.png" for row in range(len(targets))],
            "subject": subjects,
            **dict.fromkeys(nothing),
        }
    )
    table = SampleTable(
        root=tmp_path, frame=frame, action_units=(), source="ckplus", channels=1
    )
    opened = SimpleNamespace(
        study=SimpleNamespace(split=SimpleNamespace(by="subject")),
        data=SimpleNamespace(split=SimpleNamespace(development=table)),
    )
    return order, [good.take(order), bad.take(order)], {"opened": opened, "job": job}


def test_out_of_fold_predictions_are_paired(folds, tmp_path):
    """Pooled validation rows of the same folds are compared over their people."""
    order, (good, bad), given = folds
    better, worse = finished(tmp_path, "a", good), finished(tmp_path, "b", bad)
    pair = pair_out_of_fold(worse, better, **given)
    assert (pair.why, pair.images) == ("", len(order))
    assert pair.metrics["emotion"]["accuracy"]["high"] < 0
    assert "people):" in next(describe(pair, ["emotion.accuracy"]))


def test_other_folds_are_not_paired(folds, tmp_path):
    """Without the same folds, their labels or predictions it says why."""
    _, (good, bad), given = folds
    better, worse = finished(tmp_path, "a", good), finished(tmp_path, "b", bad)
    other = finished(tmp_path, "c", bad, digest="b")
    whys = [
        pair_out_of_fold(other, better, **given).why,
        pair_out_of_fold(worse, better, opened=None, job=None).why,
        pair_out_of_fold(
            replace(worse, folder=RunFolder(out=tmp_path, name="d")), better, **given
        ).why,
    ]
    assert "do not pool the same rows" in whys[0]
    assert "add --data DIR" in whys[1]
    assert "are missing" in whys[2]
