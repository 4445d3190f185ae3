"""Anything wrong with a run's own file is refused with its name."""

import json
from contextlib import suppress

import pytest

from data_pipeline.files.safe_open import sha256
from data_pipeline.system.errors import ModelError, RunError, StudyError
from models.inference.sidecar import read_sidecar
from search.final.exported_config import config_text, read_exported
from search.ledger.records import TrialRecord
from search.reports.holdout_report import describe_report
from search.run_files import (
    SavedScores,
    SavedTrials,
    SavedWeightCheck,
    check_database,
    read_report,
    read_saved,
)
from search.run_folder import RunFolder
from search.study.study import read_study
from tests.factories.ledger import small
from tests.strategies.damage import changed, cut, damages

METRIC = {"value": 0.5, "low": 0.25, "high": None}
HEAD = {"images": 9, "metrics": {"accuracy": METRIC}, "baseline": {"accuracy": 0.25}}
SEEDS = {"each": [0.5, 0.25], "mean": 0.375, "low": 0.25, "high": None}
SEEDS |= {"deviation": 0.2, "model": 0.5}
COMPARED = {"value": 0.5, "difference": 0.1, "low": -0.1, "high": None}
REPORT = {
    "trial": 3,
    "synthetic": True,
    "guarantee": "subject",
    "part": None,
    "subjects": 4,
    "images": 9,
    "without_face": {"development": 1, "hold_out": 0},
    "skipped": 0,
    "opened": 2,
    "tested_before": 1,
    "split": {"imbalance": {"hold-out": 0.5}, "images": {"whole": {"images": 9}}},
    "start": {"weights": "study:ferplus", "loaded": 3, "skipped": 0, "unknown": True},
    "labels": {"trained": "majority", "scored": "majority"},
    "duplicates": {"images": 2, "without": {"images": 7}},
    "baselines": {"linear_pixels": {"value": 0.5}},
    "primary": {"metric": "emotion.accuracy"},
    "by_subject": {
        "summary": {
            "emotion.accuracy": {
                "subjects": 4,
                "mean": 0.5,
                "worst_decile": 0.25,
                "lowest": 0.25,
            }
        }
    },
    "seeds": {
        "model": "median",
        "seed": 2,
        "trained": [{"seed": 1, "loss": 0.5}, {"seed": 2, "loss": 0.5}],
        "heads": {"emotion": {"accuracy": SEEDS}, "votes": {"kl_divergence": SEEDS}},
    },
    "groups": {
        "subjects": 12,
        "missing": 1,
        "least": 5,
        "attributes": {
            "sex": {
                "sizes": {"f": 5, "m": 6},
                "withheld": ["x"],
                "groups": {
                    "f": {"subjects": 5, "images": 9, "emotion": {"accuracy": METRIC}}
                },
                "gaps": {
                    "emotion": {
                        "accuracy": {
                            "highest": "f",
                            "lowest": "m",
                            "gap": 0.1,
                            "low": None,
                            "high": None,
                        }
                    }
                },
                "by_chance": {"gap": 0.2},
            }
        },
    },
    "emotion": {
        **HEAD,
        "absent": ["fear"],
        "if_calibrated": {"ece": 0.1},
        "baselines": {"linear_pixels": {"accuracy": COMPARED}},
    },
    "action_units": HEAD,
    "valence_arousal": HEAD,
    "votes": HEAD,
}
TRIALS = {
    "study": "earlier",
    "hold_out": "abc",
    "trials": [{"number": 1, "values": {"head.dropout": 0.5}}],
}
SCORES = {"of": "abc", "value": 0.5, "scores": {"emotion.accuracy": 0.5}}
STARTS = {"request": {"graphs": [], "files": {}}, "lines": ["start: all"]}
CARD = {
    "study": "tiny",
    "synthetic": False,
    "input": {"size": 32, "channels": 1, "crop": "centre_square"},
    "emotions": ["negative", "positive"],
    "action_units": ["AU1"],
    "dimensions": ["valence", "arousal"],
    "thresholds": {"AU1": 0.5},
    "data": {"dataset": "ckplus"},
    "versions": {"keras": "3"},
}


def report_text(path):
    """Reads a report as a finished run does."""
    report = read_report(path)
    return None if report is None else describe_report(report)


READERS = {
    "holdout.json": (REPORT, report_text),
    "warm_start.json": (TRIALS, lambda path: read_saved(path, SavedTrials)),
    "starts.json": (STARTS, lambda path: read_saved(path, SavedWeightCheck)),
    "scores.json": (SCORES, lambda path: read_saved(path, SavedScores)),
}


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_refused_with_its_name_and_the_way_out(tmp_path, name):
    """Damage to a run's file gives one message, or changes nothing."""
    whole, read = READERS[name]
    path = tmp_path / name
    path.write_text(json.dumps(whole))
    assert read(path)
    for damage, text in damages(whole):
        path.write_text(text)
        try:
            read(path)
        except RunError as error:
            message = str(error)
            assert message.startswith(f"{path}: "), damage
            assert "restore a copy, or move it away" in message, damage


@pytest.mark.parametrize("name", READERS)
def test_what_is_needed_is_missed(tmp_path, name):
    """A file with a missing key is refused; no default replaces it."""
    whole, read = READERS[name]
    path = tmp_path / name
    for text in cut(json.dumps(whole)).values():
        path.write_text(text)
        with pytest.raises(RunError):
            read(path)
    optional = {"part", "skipped", "tested_before", "split", "start", "labels"}
    optional |= {
        "without_face",
        "duplicates",
        "baselines",
        "action_units",
        "valence_arousal",
        "votes",
        "primary",
        "seeds",
        "by_subject",
        "groups",
    }
    for key in whole.keys() - optional:
        path.write_text(json.dumps({k: v for k, v in whole.items() if k != key}))
        with pytest.raises(RunError, match=key):
            read(path)


def test_no_file_is_no_fault(tmp_path):
    """A file that a run has not written yet is no problem."""
    assert read_report(tmp_path / "holdout.json") is None


def test_a_damaged_sidecar_is_refused_with_its_name(tmp_path):
    """Each damage of a model's description is one message with the way out."""
    model = tmp_path / "model.keras"
    model.write_bytes(b"a model")
    path = model.with_suffix(".json")
    whole = CARD | {"sha256": sha256(model)}
    path.write_text(json.dumps(whole))
    assert read_sidecar(model).emotions == ("negative", "positive")
    for damage, text in damages(whole):
        path.write_text(text)
        try:
            read_sidecar(model)
        except ModelError as error:
            assert str(path) in str(error), damage  # noqa: PT017 - either may come
            assert "copy both files again" in str(error), damage  # noqa: PT017


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"emotions": ["a", "b", "a"]}, "emotion names a twice"),
        ({"action_units": ["AU1", "AU1"]}, "action_units names AU1 twice"),
        ({"emotions": [], "action_units": [], "dimensions": []}, "names neither"),
        ({"emotions": ["a", ""]}, "emotions.1"),
        ({"action_units": ["file"]}, "action_units.0"),
        ({"dimensions": ["valence", "dominance"]}, "dimensions.1"),
        ({"thresholds": {"AU1": 1.5}}, "thresholds.AU1: .*less than or equal to 1"),
        ({"thresholds": {"AU1": "0.5"}}, "thresholds.AU1: .*valid number"),
        ({"input": {"size": 10**9, "channels": 1, "crop": "a"}}, "input.size"),
        ({"input": {"size": 32, "channels": 2, "crop": "a"}}, "input.channels"),
        ({"synthetic": "no"}, "synthetic"),
    ],
)
def test_a_wrong_sidecar_is_refused(tmp_path, changes, words):
    """A description that no model can have is refused with its key."""
    model = tmp_path / "model.keras"
    model.write_bytes(b"a model")
    message = CARD | {"sha256": sha256(model)} | changes
    model.with_suffix(".json").write_text(json.dumps(message))
    with pytest.raises(ModelError, match=words):
        read_sidecar(model)


def test_damaged_toml_of_a_run_is_refused(tmp_path):
    """A cut study.toml or best.toml is a message with its path, or reads as a whole."""
    record = TrialRecord(
        number=1,
        state="COMPLETE",
        reason="",
        value=0.5,
        values={"training.epochs": 3},
        curve={},
        attributes={"epoch": 2, "thresholds": {"AU1": 0.25}},
    )
    texts = {
        read_study: small().text(),
        read_exported: config_text(small(), record, synthetic=False),
    }
    path = tmp_path / "run.toml"
    for read, whole in texts.items():
        kept = whole.splitlines(keepends=True)
        fewer = ["".join(kept[:n] + kept[n + 1 :]) for n in range(len(kept))]
        longer = [whole.replace(old, new) for old, new in (("= 3", "= []"), ("=", ""))]
        for text in (*cut(whole).values(), *fewer, *longer):
            path.write_text(text)
            with suppress(StudyError):
                read(path if read is read_exported else str(path))


def test_damage_reaches_every_key():
    """What damages files leaves no key of a report out."""
    names = {name.split(":")[0] for name, _ in changed(REPORT)}
    assert {"emotion.metrics.accuracy", "split.imbalance.hold-out"} <= names


@pytest.mark.parametrize("content", [b"", b"x"])
def test_emptied_database(tmp_path, content):
    """An empty database is refused beside a table of trials; else it is new."""
    folder = RunFolder(out=tmp_path, name="a")
    folder.make()
    check_database(folder)
    folder.file("optuna.db").write_bytes(content)
    check_database(folder)
    folder.file("trials.csv").write_text("number\n0\n")
    with pytest.raises(RunError, match=r"optuna\.db.*lost its trials.*Restore a copy"):
        check_database(folder)
    folder.file("optuna.db").write_bytes(b"SQLite format 3\0")
    check_database(folder)
