"""Learning rates that a validation decided are exported with the configuration."""

import re

import pytest

from data_pipeline.errors import StudyError
from search.exported import exported, read_exported
from search.records import TrialRecord
from search.study import read_study

RATES = [1e-3, 1e-3, 1e-4, 1e-4, 1e-5]


def _text(schedule="plateau"):
    """Exports a trial of five epochs whose fourth was the best."""
    settings = ["training.epochs=5", f"training.schedule={schedule}"]
    record = TrialRecord(
        number=3,
        state="COMPLETE",
        reason="",
        value=0.5,
        values={"training.epochs": 5, "training.schedule": schedule},
        curve={},
        attributes={"epoch": 4, "thresholds": {}, "learning_rates": RATES},
    )
    study = read_study("ckplus", settings=settings)
    return exported(study, record, drawn=True)


def _read(tmp_path, text):
    path = tmp_path / "best.toml"
    path.write_text(text, encoding="utf-8")
    return read_exported(path)


def test_a_plateau_is_written_down(tmp_path):
    """The rates up to the best epoch are read back to the bit; a curve needs none."""
    assert _read(tmp_path, _text()).origin.learning_rates == RATES[:4]
    assert "learning_rates" not in _text("cosine")


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ("learning_rates = []", "must reach epoch 4; found 0"),
        ("learning_rates = [0.1]", "must reach epoch 4; found 1"),
        ("learning_rates = [0.1, 0.1, 0.0, 0.1]", "greater than 0"),
    ],
)
def test_rates_that_cannot_be(tmp_path, found, wanted):
    """Too few of them, or one that is no rate, are told with their place."""
    text = re.sub(r"learning_rates = \[[^]]*\]", found, _text())
    with pytest.raises(StudyError, match=r"\[origin\] learning_rates") as caught:
        _read(tmp_path, text)
    assert wanted in str(caught.value)
