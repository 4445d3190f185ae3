"""The laws of a backbone, on one model of it, which is built once.

A model's variables decide all that it computes, so the laws compare variables; the
first step traces its graph, which the others use.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from data_pipeline.own_code.laws import Law, must
from data_pipeline.targets.class_balance import balance
from models.backbones import load_backbone
from models.backbones.backbone import network_problem
from models.config.backbone_sizes import backbone_entry
from models.config.config import DataSpec, model_config
from models.config.hyperparameters import Value
from models.conformance.pictures import EMOTIONS, UNITS, faces, pictures
from models.conformance.rows import (
    assert_exported,
    assert_rows_apart,
    logits,
    rounding_named,
    settle,
)
from models.keras_api import keras
from models.training.batches import pack
from models.training.compiled_model import CompiledModel

ROWS = 5
QUICK = 0.9
"""Largest momentum of a batch normalisation that follows a short training."""

SMALL: dict[str, Value] = {
    "head.dense_units": 8,
    "training.epochs": 2,
    "training.batch_size": 8,
    "augmentation.strength": 0.5,
}


LAWS = (
    "returns_features",
    "reset_is_fresh",
    "seed_decides",
    "step_moves_everything",
    "rows_are_apart",
    "statistics_are_quick",
    "export_is_stock_keras",
)
"""Names of the methods of ``BackboneBench`` that each check a law."""


class BackboneBench:
    """A backbone's model at the smallest image it fits, in grey, and some rows."""

    def __init__(self, name: str, sizes: Mapping[str, Value] | None = None) -> None:
        """Builds the model once; the laws reset it where they need to."""
        self.name = name
        self._is_settled = False
        side = backbone_entry(name).smallest
        spec = DataSpec(
            image_size=side, channels=1, emotions=EMOTIONS, action_units=UNITS
        )
        values = {"backbone.name": name, **SMALL, **(sizes or {})}
        self.config = model_config(values, spec)
        self.images, targets = faces(ROWS, side), pictures(ROWS).targets
        self.packed = pack(targets, balance(targets, np.arange(ROWS), "none", 1))
        self.compiled = CompiledModel(self.config.graph)
        self.model = self.compiled.model

    def laws(self) -> tuple[Law, ...]:
        """Lists what holds for each backbone."""
        return tuple(getattr(self, law) for law in LAWS)

    def returns_features(self) -> None:
        """Grey and colour images give a map of features, of Keras's own layers."""
        side = self.config.graph.image_size
        for channels in (1, 3):
            pixels = keras.Input((side, side, channels))
            features = load_backbone(self.name).features(pixels, self.config.graph)
            problem = network_problem(pixels, features)
            must(problem is None, str(problem))

    def reset_is_fresh(self) -> None:
        """A reset model is a fresh one, after a ruined training, to the last bit."""
        fresh, outputs = self.fresh(), logits(self.model, self.images)
        spec = DataSpec(
            image_size=self.config.graph.image_size,
            channels=1,
            emotions=EMOTIONS,
            action_units=UNITS,
        )
        ruin: dict[str, Value] = {"training.learning_rate": 1e3, "head.dropout": 0.5}
        self.compiled.reset(model_config(SMALL | ruin, spec).runtime, 2)
        self.step()
        must(_equal(self.fresh(), fresh), "other variables than before")
        again = logits(self.model, self.images).values()
        must(_equal(list(again), list(outputs.values())), "other outputs than before")

    def seed_decides(self) -> None:
        """Another seed draws every kernel anew that is not a constant."""
        kernels = [x.kernel for x in self.model.layers if hasattr(x, "kernel")]
        self.fresh(seed=1)
        first = [kernel.numpy() for kernel in kernels]
        self.fresh(seed=2)
        same = [
            kernel.path
            for kernel, before in zip(kernels, first, strict=True)
            if np.ptp(before) > 0 and np.array_equal(kernel.numpy(), before)
        ]
        must(not same, f"unchanged: {', '.join(same)}")

    def step_moves_everything(self) -> None:
        """A step's loss is finite and moves every weight and batch statistic."""
        self.fresh()
        moving = [
            variable
            for variable in self.model.variables
            if variable.trainable or variable.name.startswith("moving_")
        ]
        before = [variable.numpy() for variable in moving]
        loss = self.step()
        still = [
            variable.path
            for variable, old in zip(moving, before, strict=True)
            if np.array_equal(variable.numpy(), old)
        ]
        must(np.isfinite(loss), f"a loss of {loss}")
        must(not still, f"unmoved: {', '.join(still)}")

    def rows_are_apart(self) -> None:
        """A row's output is the same by itself, in a batch, and in any order."""
        model = self._settled()
        with rounding_named(model, self.images):
            assert_rows_apart(model, self.images, alone=[0, ROWS - 1])

    def statistics_are_quick(self) -> None:
        """Every batch normalisation follows a short training: momentum 0.9 or less."""
        slow = [
            f"{layer.name} has {layer.momentum}"
            for layer in self.model.layers
            if isinstance(layer, keras.layers.BatchNormalization)
            and layer.momentum > QUICK
        ]
        must(not slow, ", ".join(slow))

    def export_is_stock_keras(self) -> None:
        """An export has Keras's layers only, takes raw pixels, predicts the same."""
        model = self._settled()
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model.keras"
            with rounding_named(model, self.images):
                assert_exported(model, self.config, self.images, path)

    def fresh(self, seed: int = 1) -> list[Any]:
        """Resets the model; returns all its variables, the optimizer's too."""
        self._is_settled = False
        self.compiled.reset(self.config.runtime, seed)
        return [variable.numpy() for variable in self.model.variables]

    def step(self) -> float:
        """Trains on all rows once; returns the loss."""
        self._is_settled = False
        loss, _ = self.compiled.train([(self.images, self.packed)])
        return loss

    def _settled(self) -> Any:
        """Returns the model with outputs that differ by row."""
        if not self._is_settled:
            self.fresh()
            settle(self.model)
            self._is_settled = True
        return self.model


def _equal(first: list[Any], second: list[Any]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
