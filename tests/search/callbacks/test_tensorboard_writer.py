"""Curves for TensorBoard: their content, their place, and the command."""

import errno
import math
import os
import threading
from dataclasses import replace

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from data_pipeline.system.errors import RunError
from models.metrics.scores import scores
from search import tensorboard
from search.callbacks.tensorboard_writer import TensorBoardWriter
from search.pipeline.tensorboard_server import curves_folder
from search.trial.evaluator import SHOWN
from search.trial.generalization_gap import classify_fit
from search.trial.messages import Curves, TrialRequest
from search.trial.trial import run_trial
from tests.factories.ledger import begin, complete, prune, report, small
from tests.factories.runs import run_main
from tests.fakes.trainer import (
    CONFIG,
    EPOCHS,
    OBJECTIVE,
    FakeTrainer,
    follow,
    trial,
)


def drawn(folder):
    """Reads the curves of a folder: name -> the values at each epoch."""
    found = EventAccumulator(str(folder)).Reload()
    tags = found.Tags()["scalars"]
    return {tag: [(e.step, e.value) for e in found.Scalars(tag)] for tag in tags}


def test_what_a_report_shows():
    """Each epoch shows metrics of each head on validation and on training rows."""
    job, tables, folds = trial()
    watched = [
        [
            replace(s, training_sample=s.predictions) for s in fold
        ]  # as many rows as validate
        for fold in folds
    ]
    reports, _ = follow(run_trial(FakeTrainer(watched), None, job, CONFIG, 7))
    rows = job.folds[0].validation
    table = scores(job.scoring_targets.take(rows), tables[1].take(rows))
    shown = reports[1].curves
    assert shown.validation["objective"] == pytest.approx(reports[1].value)
    for name in OBJECTIVE:
        assert shown.validation[name.replace(".", "/")] == table[name]
    assert shown.training["training/loss"] == 0.5
    assert shown.training["training/learning_rate"] == 1e-3
    assert shown.validation.keys() <= shown.training.keys()
    assert all(math.isfinite(value) for value in shown.training.values())
    heads = {name.partition("/")[0] for name in shown.validation}
    assert heads == {"objective", "emotion", "action_units"}
    assert {name.partition(".")[0] for name in SHOWN} > heads - {"objective"}
    assert len(reports) == EPOCHS * len(folds)


def test_files(tmp_path):
    """A trial's folder has one folder a fold; training and validation share names."""
    files = TensorBoardWriter(tmp_path / "tensorboard")
    ledger = begin(tmp_path, small(('"random"', '"qmc"')), callbacks=[files])
    first, second, third = (ledger.ask().number for _ in range(3))
    for fold, step, value in ((0, 1, 0.1), (0, 2, 0.2), (1, 4, 0.3)):
        curves = Curves(training={"loss": 1.0}, validation={"objective": value})
        epoch = 1 if step == 4 else step
        sent = replace(report(step, value), fold=fold, epoch=epoch, curves=curves)
        ledger.report(first, sent)
        ledger.report(second, sent)
    gap = classify_fit(0.5, trained=0.75, baseline=0.25)
    ledger.tell(first, replace(complete(0.5), gap=gap))
    ledger.tell(second, prune())
    files.on_search_end()
    folder = tmp_path / "tensorboard" / "trial-0000"
    assert drawn(folder / "fold-1" / "validation") == {
        "objective": [(1, pytest.approx(0.1)), (2, pytest.approx(0.2))]
    }
    assert drawn(folder / "fold-2" / "training") == {"loss": [(1, 1.0)]}
    assert drawn(folder) == {"value": [(2, 0.5)], "gap": [(2, 0.25)]}
    assert drawn(tmp_path / "tensorboard" / "trial-0001") == {}
    assert not (tmp_path / "tensorboard" / f"trial-{third:04}").exists()


def test_hyperparameters(tmp_path):
    """A trial's folder holds its settings, for TensorBoard's table."""
    files = TensorBoardWriter(tmp_path)
    values = {"training.optimizer": "adam", "training.learning_rate": 0.01}
    counts = begin(tmp_path).counts()
    request = TrialRequest(number=3, seed=1, values=values, seconds=0.0)
    files.on_trial_start(request, counts)
    files.on_trial_end(3, complete(0.5), counts)
    found = EventAccumulator(str(tmp_path / "trial-0003")).Reload()
    text = found.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    assert b"training.optimizer" in text
    assert b"adam" in text


def test_nothing_to_serve(tmp_path):
    """A run that does not exist or has no curves is refused in one line."""
    answer = run_main(tensorboard.main, "--study", "smoke", "--out", str(tmp_path))
    assert answer.code == 2
    assert "no runs yet" in answer.err
    run = tmp_path / "tiny-synthetic"
    run.mkdir()
    (run / "study.toml").write_text("")
    answer = run_main(tensorboard.main, "--study", "tiny", "--out", str(tmp_path))
    assert answer.code == 2
    assert "[search] tensorboard = false" in answer.err
    (run / "tensorboard").mkdir()
    assert curves_folder(tmp_path, "tiny") == run / "tensorboard"


@pytest.mark.parametrize("port", ["-1", "99999", "\u00b2", "http"])
def test_a_port_that_cannot_be(tmp_path, port):
    """An invalid port is refused with the range before a run is read."""
    words = ("--study", "smoke", "--out", str(tmp_path), "--port", port)
    answer = run_main(tensorboard.main, *words)
    assert (answer.code, answer.out) == (2, "")
    assert f"must be 0 to 65535, found {port}" in answer.err


def test_a_full_disk(tmp_path, monkeypatch):
    """An error while writing curves names their folder; closing raises nothing."""
    before = threading.active_count()
    curves = TensorBoardWriter(tmp_path / "tensorboard")
    ledger = begin(tmp_path, callbacks=[curves])
    request = ledger.ask()
    ledger.report(request.number, report(1, 0.5))

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match=r"tensorboard: the curves .*\(No space .*room"):
        ledger.report(request.number, report(2, 0.5))
    with pytest.raises(RunError, match="curves cannot be written"):
        ledger.tell(request.number, complete(0.5))
    ledger.close()
    assert threading.active_count() == before
