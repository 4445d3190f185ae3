"""A training without validation replays the learning rates that a validation found."""

from dataclasses import replace

import numpy as np
import pytest

from data_pipeline.system.errors import RunError
from models.config.config import DataSpec
from models.network.model import ExpressionModel
from models.training.trainer import Trainer
from search.final.exported_config import config_text
from search.ledger.records import TrialRecord
from search.pipeline.train_seeds import train_seeds
from search.study.study import read_study
from search.trial import worker
from search.trial.messages import Failed, Retrained, RetrainRequest
from tests.factories.models import EMOTIONS, SIDE, UNITS, pictures
from tests.factories.runs import write_study
from tests.fakes.trainer import job_of

RATES = (1e-3, 5e-4, 5e-4, 2e-5, 1e-6)
VALUES = {
    "backbone.blocks": 1,
    "backbone.filters": 8,
    "head.dense_units": 8,
    "training.epochs": 5,
    "training.batch_size": 8,
    "training.schedule": "plateau",
}


class Watched(Trainer):
    """A trainer that notes the rate of which each epoch's steps were."""

    def __init__(self, **options):
        """Starts without rates."""
        super().__init__(**options)
        self.used = []

    def fit(self, *words, **options):
        """Trains as usual."""
        for score in super().fit(*words, **options):
            self.used.append(float(self._current.model.optimizer.learning_rate))
            yield score


class Refusing:
    """A worker that trains nothing and records its requests."""

    def __init__(self, orders):
        """Takes the list to keep them in."""
        self._orders = orders

    def retrain(self, order):
        """Keeps the order."""
        self._orders.append(order)
        return Failed(reason="nothing was trained")


def test_a_worker_trains_at_the_rates_of_its_order(tmp_path, monkeypatch):
    """Each epoch has the order's rate, where its schedule would lower none."""
    compile_model = ExpressionModel.compile

    def eagerly(self, *words, **options):
        return compile_model(self, *words, **options | {"run_eagerly": True})

    monkeypatch.setattr(ExpressionModel, "compile", eagerly)
    monkeypatch.setattr(worker, "Trainer", Watched)
    arrays = pictures(8)
    np.save(tmp_path / "pixels.npy", arrays.images)
    data_spec = DataSpec(
        image_size=SIDE, channels=1, emotions=EMOTIONS, action_units=UNITS
    )
    job = replace(
        job_of(arrays.targets),
        images=str(tmp_path / "pixels.npy"),
        rows=np.arange(8),
        data_spec=data_spec,
    )
    path = tmp_path / "model.keras"
    order = RetrainRequest(
        values=VALUES, seed=1, stop_after=4, path=str(path), rates=RATES
    )
    own = worker.Worker(job)
    done = own.retrain(order)

    assert isinstance(done, Retrained)
    assert path.exists()
    assert own._trainer.used == pytest.approx(RATES[:4])  # noqa: SLF001


def test_training_by_seeds_orders_the_exported_rates(tmp_path, coursework, monkeypatch):
    """``search.train`` requests the learning rates of an exported plateau."""
    orders = []
    monkeypatch.setattr(worker, "Worker", lambda _, **__: Refusing(orders))
    found = TrialRecord(
        number=0,
        state="COMPLETE",
        reason="",
        value=0.5,
        values=VALUES,
        curve={},
        attributes={"epoch": 4, "thresholds": {}, "learning_rates": list(RATES)},
    )
    config = tmp_path / "best.toml"
    study = read_study(str(write_study(tmp_path)))
    config.write_text(config_text(study, found, synthetic=True), encoding="utf-8")

    with pytest.raises(RunError, match="nothing was trained"):
        list(train_seeds(config, str(coursework), tmp_path / "runs", seeds=1))
    assert [order.rates for order in orders] == [RATES[:4]]
