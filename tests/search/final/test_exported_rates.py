"""Learning rates that a validation decided are exported with the configuration."""

import re
from dataclasses import replace

import pytest

from data_pipeline.system.errors import StudyError
from search.final.exported_config import config_text, read_exported
from search.final.retraining import retrain_requests
from search.inputs.run import Run
from search.ledger.records import TrialRecord
from search.run_folder import RunFolder
from search.study.study import read_study
from tests.factories.ledger import begin, complete

RATES = [1e-3, 1e-3, 1e-4, 1e-4, 1e-5]


def _record(schedule="plateau", **attributes):
    """Makes the record of a trial of five epochs whose fourth was the best."""
    return TrialRecord(
        number=3,
        state="COMPLETE",
        reason="",
        value=0.5,
        values={"training.epochs": 5, "training.schedule": schedule},
        curve={},
        attributes={"epoch": 4, "thresholds": {}, **attributes},
    )


def _study(schedule="plateau"):
    settings = ["training.epochs=5", f"training.schedule={schedule}"]
    return read_study("ckplus", settings=settings)


def _text(schedule="plateau"):
    record = _record(schedule, learning_rates=RATES)
    return config_text(_study(schedule), record, synthetic=True)


def _read(tmp_path, text):
    path = tmp_path / "best.toml"
    path.write_text(text, encoding="utf-8")
    return read_exported(path)


@pytest.mark.parametrize("schedule", ["plateau", "cosine"])
def test_retraining_replays_what_the_search_recorded(tmp_path, schedule):
    """The order holds each epoch's rate; a run from before they were kept has none."""
    # The folder holds no model that would have to be of these labels.
    folder = RunFolder(out=tmp_path, name="run")
    run = Run(study=_study(schedule), data=None, folder=folder)
    best, first = _record(schedule, learning_rates=RATES), _record(schedule)
    order, *_ = retrain_requests(run, best, tested=False)

    assert (order.stop_after, order.rates) == (4, tuple(RATES))
    order, *_ = retrain_requests(run, first, tested=False)
    assert order.rates == ()


def test_the_ledger_keeps_the_rates(tmp_path):
    """A completed trial's attributes hold the rate of each epoch, to the bit."""
    ledger = begin(tmp_path)
    request = ledger.ask()
    outcome = replace(complete(0.5), learning_rates=tuple(RATES))
    ledger.tell(request.number, outcome)

    assert ledger.records()[0].attributes["learning_rates"] == RATES


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
    """Too few rates, or an invalid one, are refused with their place."""
    text = re.sub(r"learning_rates = \[[^]]*\]", found, _text())
    with pytest.raises(StudyError, match=r"\[origin\] learning_rates") as caught:
        _read(tmp_path, text)
    assert wanted in str(caught.value)
