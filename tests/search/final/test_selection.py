"""Laws of the choice among completed trials, from their predictions alone."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.split.split import Fold
from data_pipeline.system.errors import RunError
from data_pipeline.system.seeds import child_seed
from models.evaluation.bootstrap import subject_weights
from models.evaluation.out_of_fold import (
    digest_of,
    halved,
    read_predictions,
    write_predictions,
)
from models.metrics.predictions import Predictions
from models.metrics.scores import scores
from search.final.selection import RESAMPLES, chosen_trial, select, summary
from search.final.selection_file import SELECTION, read_selection
from search.ledger.records import TrialRecord
from search.reports.selection_report import describe_best, describe_front, describe_tied
from search.run_folder import RunFolder, write_json
from search.sampling.parameter_sets import FINETUNE_OF
from search.trial.messages import PREDICTIONS
from tests.strategies.metrics import labels

ROWS, SUBJECTS = 120, 24
OBJECTIVE = {"emotion.accuracy": 1.0, "emotion.macro_f1": 1.0}
SKILLS = {0: 0.9, 1: 0.88, 2: 0.3}
PARAMETERS = {0: 900, 1: 100, 2: 10}
UNUSED = ("sequence", "emotion", "high_level_emotion", "partition", "place")
SECONDS = {0: 1.0, 1: 2.0, 2: 0.1}


@pytest.fixture
def case(tmp_path):
    """Three trials, of which the last is much worse: a run, a job, and records."""
    generator = np.random.default_rng(3)
    classes = generator.integers(0, 3, ROWS)
    subjects = [f"S{row % SUBJECTS:03}" for row in range(ROWS)]
    order = generator.permutation(ROWS)
    folds = (
        Fold(train=order[60:], validation=np.sort(order[:60])),
        Fold(train=order[:60], validation=np.sort(order[60:])),
    )
    rows = np.concatenate([fold.validation for fold in folds])
    folder = RunFolder(out=tmp_path, name="tiny")
    folder.make()
    records, luck = [], generator.permutation(ROWS) / ROWS
    for number, skill in SKILLS.items():
        right = (1 - luck if number == 1 else luck) < skill
        said = np.where(right, classes[rows], (classes[rows] + 1) % 3)
        predictions = halved(
            Predictions(emotion=np.eye(3)[said] * 0.8 + 0.1, action_units=None)
        )
        write_predictions(made(folder.path / "predictions"), number, predictions)
        found = scores(labels(classes[rows]), predictions)
        records.append(
            TrialRecord(
                number=number,
                state="COMPLETE",
                reason="",
                value=np.mean([found[name] for name in OBJECTIVE]),
                values={},
                curve={},
                enqueued="known" if number == 2 else "",
                attributes={
                    PREDICTIONS: digest_of(predictions),
                    "spent": {
                        "parameters": PARAMETERS[number],
                        "validated": SECONDS[number],
                        "epochs": 1,
                    },
                },
            )
        )
    run = SimpleNamespace(
        study=SimpleNamespace(
            final=SimpleNamespace(choose="best"),
            search=SimpleNamespace(seed=7),
            split=SimpleNamespace(by="subject"),
            objective=tuple(OBJECTIVE.items()),
            goals=(),
        ),
        data=SimpleNamespace(
            split=SimpleNamespace(
                development=SampleTable(
                    root=tmp_path,
                    action_units=(),
                    source="ckplus",
                    channels=1,
                    frame=pd.DataFrame(
                        {
                            "subject": subjects,
                            "image": [f"{row}.png" for row in range(ROWS)],
                            **dict.fromkeys(UNUSED),
                        }
                    ),
                )
            )
        ),
        folder=folder,
        storage=folder.storage,
        print=lambda _: None,
    )
    job = SimpleNamespace(
        folds=folds, scoring_targets=labels(classes), groups_of=lambda _: None
    )
    return run, job, tuple(records)


def made(folder):
    """Makes a folder."""
    folder.mkdir(exist_ok=True)
    return folder


def test_the_tied_the_known_and_the_runner_up_are_named(case):
    """The two good trials are tied; the known one, much worse, is behind."""
    run, job, records = case
    best, entry = select(run, job, records)
    assert best.number == entry["best"] == 0
    assert [row["trial"] for row in entry["tied"]] == [0, 1]
    assert (entry["smallest_tied"], entry["fastest_tied"]) == (1, 0)
    (known,) = entry["known"]
    assert known["trial"] == 2
    assert known["low"] > 0
    assert entry["runner_up"]["trial"] == 1
    assert entry["tied"][0]["behind"] == 0
    assert entry["value"] == records[0].value


def test_a_gain_is_that_of_explicit_tables(case):
    """It follows from scores of the resampled rows and of those outside, one by one."""
    run, job, records = case
    _, entry = select(run, job, records)
    rows = np.concatenate([fold.validation for fold in job.folds])
    targets = job.scoring_targets.take(rows)
    names = [run.data.split.development.frame["subject"][row] for row in rows]
    weights = subject_weights(
        names, seed=child_seed(7, "selection"), resamples=RESAMPLES
    )[:100]
    folder = run.folder.predictions(run.storage)
    trials = [
        read_predictions(folder, r.number, r.attributes[PREDICTIONS]) for r in records
    ]

    def values(counts):
        drawn = np.repeat(np.arange(len(rows)), counts)
        tables = [scores(targets.take(drawn), p.take(drawn)) for p in trials]
        return np.array([np.mean([t[name] for name in OBJECTIVE]) for t in tables])

    apart = []
    for counts in weights.astype(int):
        outside = values((counts == 0).astype(int))
        apart.append(outside[np.argmax(values(counts))] - outside[2])
    (known,) = entry["known"]
    assert known["behind"] == pytest.approx(np.mean(apart), abs=0.02)
    left = np.array([values([n != one for n in names]) for one in sorted(set(names))])
    error = np.sqrt((SUBJECTS - 1) * (left[:, 0] - left[:, 2]).var())
    width = 2 * stdtrit(SUBJECTS - 1, 0.975) * error
    assert known["high"] - known["low"] == pytest.approx(width, rel=0.25)


@pytest.mark.parametrize(
    ("choose", "number"), [("best", 0), ("smallest_tied", 1), ("fastest_tied", 0)]
)
def test_the_chosen_is_one_of_the_tied(case, choose, number):
    """The smallest or fastest is that of the tied ones, and stays until trials come."""
    run, job, records = case
    run.study.final.choose = choose
    chosen, entry = select(run, job, records)
    assert chosen.number == number
    assert chosen_trial(run, records).number == number
    assert select(run, job, records)[1] == entry
    text = "\n".join(describe_tied(entry))
    better = "trial 0 is significantly better than 1 of 2 others"
    assert f"no significant winner: {better}" in text
    assert f"runner-up: trial 1, {entry['runner_up']['behind']:+.3f} behind (" in text
    assert "as good: trial 1; smallest: trial 1" in text
    assert ("chosen: trial 1 (smallest_tied)" in text) == (number == 1)


def test_the_corrected_value_is_below_the_best(case):
    """It is written with its interval, and printed beside the best value."""
    run, job, records = case
    _, entry = select(run, job, records)
    found = entry["corrected"]
    assert found["low"] < found["value"] < found["high"]
    assert found["value"] == pytest.approx(records[0].value, abs=0.1)
    text = describe_best(0, records[0].value, entry)
    assert f"corrected for its selection {found['value']:.3f}" in text


@pytest.mark.parametrize(("of", "tied"), [(1, True), (2, False), (9, None)])
def test_the_winner_is_compared_with_the_head_that_it_fine_tunes(case, of, tied):
    """The gain over the head trial is kept, unless that did not complete."""
    run, job, records = case
    records[0].attributes[FINETUNE_OF] = of
    _, entry = select(run, job, records)
    found = summary(entry)
    if tied is None:
        assert entry["head"] is None
        assert "head" not in found
        return
    assert found["head"]["tied"] == tied
    apart = records[0].value - records[of].value
    assert found["head"]["behind"] == pytest.approx(apart, abs=0.03)
    assert found["head"]["low"] < found["head"]["behind"] < found["head"]["high"]


def test_the_report_has_neither_numbers_of_trials_nor_times(case):
    """Equal searches have equal reports: a lost trial has a number too."""
    run, job, records = case
    _, entry = select(run, job, records)
    found = summary(entry)
    assert found["corrected"] == entry["corrected"]
    assert (found["tied"], found["compared"]) == (2, 3)
    assert found["score"] == entry["tied"][0]["score"]
    assert set(found["runner_up"]) == {"score", "behind", "low", "high"}
    assert set(found["known"][0]) == {"name", "score", "behind", "low", "high"}
    assert not {"of", "best", "chosen", "seconds"} & set(found)


@pytest.mark.parametrize(
    ("latencies", "front", "number"),
    [({0: 5.0, 1: 4.0, 2: 1.0}, [0, 1, 2], 1), ({0: 3.0, 1: 4.0, 2: 1.0}, [0, 2], 0)],
)
def test_of_several_objectives_one_of_the_front_is_chosen(
    case, latencies, front, number
):
    """A tied trial that another one dominates is not chosen, however small it is."""
    run, job, records = case
    run.study.final.choose = "smallest_tied"
    run.study.goals = ("emotion.accuracy", "latency_ms")
    records = tuple(
        replace(
            record,
            objectives={
                "emotion.accuracy": record.value,
                "latency_ms": latencies[record.number],
            },
        )
        for record in records
    )
    chosen, entry = select(run, job, records)
    assert chosen.number == entry["chosen"] == number
    assert [row["trial"] for row in entry["front"]] == front
    lines = list(describe_front(entry))
    assert f"{len(front)} of 3 completed trials" in lines[0]
    (marked,) = (line for line in lines if "chosen (smallest_tied)" in line)
    assert marked.split()[0] == str(number)
    kept = summary(entry)["front"]
    assert [row["chosen"] for row in kept] == [one == number for one in front]
    assert {"trial", "latency_ms"}.isdisjoint(kept[0])


def test_lost_predictions_are_named(case):
    """A trial without its file is not compared; without the best's, nothing is."""
    run, job, records = case
    folder = run.folder.predictions(run.storage)
    (folder / "trial-0001.npz").unlink()
    _, entry = select(run, job, records)
    assert (entry["completed"], entry["compared"]) == (3, 2)
    assert "predictions are missing: 1 trial" in "\n".join(describe_tied(entry))
    (folder / "trial-0000.npz").write_bytes(b"damaged")
    best, entry = select(run, job, records)
    assert best.number == 0
    assert "predictions are missing" in describe_best(0, 0.9, entry)
    run.study.final.choose = "smallest_tied"
    with pytest.raises(RunError, match=r"choose = .* trial 0, the best"):
        select(run, job, records)


def test_a_selection_by_another_method_is_made_again(case):
    """What an earlier version wrote of the same trials is not kept."""
    run, job, records = case
    _, entry = select(run, job, records)
    earlier = {name: found for name, found in entry.items() if name != "method"}
    write_json(run.folder.file(SELECTION), earlier | {"corrected": None})
    assert select(run, job, records)[1] == entry
    assert "method" not in summary(entry)


@pytest.mark.parametrize(
    "damaged",
    [
        {"corrected": {"value": 0.5, "low": 0.4, "high": "?"}},
        {"best": "first"},
        {"of": ["best", 3]},
        {"tied": [{"score": 0.5}]},
        {"known": [{"trial": 1}]},
    ],
)
def test_a_damaged_selection_is_refused(case, damaged):
    """What texts cannot be written from is one message, with the way out."""
    run, job, records = case
    _, entry = select(run, job, records)
    write_json(run.folder.file(SELECTION), entry | damaged)
    (key,) = damaged
    with pytest.raises(RunError, match=rf"{SELECTION}: {key}.*move it away"):
        read_selection(run.folder)


def test_resamples_select_by_the_value_that_chose(case):
    """The trial with the best value is the winner, also where another scores more."""
    run, job, records = case
    records = (records[0], replace(records[1], value=records[0].value + 0.2))
    best, entry = select(run, job, records)
    assert best.number == entry["best"] == 1
    (other,) = (row for row in entry["tied"] if row["trial"] == 0)
    assert other["behind"] == pytest.approx(-0.02, abs=0.03)
    assert entry["runner_up"]["behind"] == pytest.approx(other["behind"])


def test_one_trial_alone_is_not_corrected(case):
    """Its score is printed as no correction, and with its interval."""
    run, job, records = case
    _, entry = select(run, job, records[:1])
    assert entry["corrected"]["value"] == entry["tied"][0]["score"]
    text = describe_best(0, records[0].value, entry)
    assert "no other trial completed; 95 % interval 0." in text
    assert "corrected" not in text
    text = describe_best(0, records[0].value, entry | {"completed": 2})
    assert "no other trial has its predictions; 95 % interval" in text
