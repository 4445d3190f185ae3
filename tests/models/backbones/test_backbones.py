"""The conformance suite of every backbone: one model each, never traced.

A model's variables decide all that it computes, so the laws compare variables, and
take single steps without compiling: tracing their graphs would take minutes. One
backbone is compiled too, the one with random layers of its own. Of networks that
differ in sizes alone one stands for all; their rows, other images and the ends of what
may be set are in ``test_rows``, the images that each fits in ``test_sizes``.
"""

from dataclasses import replace

import keras
import numpy as np
import pytest

from data_pipeline.system.errors import StudyError
from data_pipeline.targets.class_balance import balance
from models.backbones import load_backbone
from models.config.backbone_catalogue import BACKBONES
from models.config.hyperparameters import HYPERPARAMETERS
from models.pretrained.sources import check_graph
from models.training.batches import pack
from models.training.compiled_model import CompiledModel
from models.training.epoch import Part
from models.training.trainer import Trainer
from tests.factories.backbones import (
    assert_exported,
    assert_rows_apart,
    faces,
    logits,
    settle,
)
from tests.factories.models import configured, graph_config, pictures

ROWS = 5
OTHER_SIZES = {f"efficientnet_{size}" for size in ("b1", "b2", "b3")}
OTHER_SIZES |= {f"efficientnet_v2_{size}" for size in ("b1", "b2", "b3")}
OTHER_SIZES |= {"efficientnet_lite1", "efficientnet_lite2", "mobilenet_v3_large"}
NAMES = [name for name in BACKBONES if name not in OTHER_SIZES]
PENALIZED = {"residual_cnn", "resnet18", "ferplus_cnn", "mini_xception", "faceapi_cnn"}
"""Networks that are small enough to be trained from nothing."""
UNNORMALIZED = {"convnext_tiny", "faceapi_cnn", "dlib_resnet"}
"""Networks without batch normalisation."""


class Bench:
    """A backbone's model at the smallest image it fits, in grey, and some rows."""

    def __init__(self, name):
        """Builds the model once; tests reset it."""
        self.name = name
        side = BACKBONES[name].smallest
        self.config = configured(
            backbone__name=name, side=side, augmentation__strength=0.5
        )
        self.images, targets = faces(ROWS, side), pictures(ROWS).targets
        self.packed = pack(targets, balance(targets, np.arange(ROWS), "none", 1))
        self.compiled = CompiledModel(self.config.graph)
        self.model = self.compiled.model

    def fresh(self, seed=1):
        """Resets the model; returns all its variables, the optimizer's too."""
        self.compiled.reset(self.config.runtime, seed)
        return self.variables()

    def variables(self):
        """Copies the variables of the model, its optimizer's among them."""
        return [variable.numpy() for variable in self.model.variables]

    def step(self):
        """Trains on all rows once; returns the loss."""
        loss, _ = self.compiled.train([(self.images, self.packed)])
        return loss


@pytest.fixture(name="bench", scope="module", params=NAMES)
def _bench(request):
    return Bench(request.param)


def _equal(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_backbone_is_one_entry(monkeypatch):
    """An entry added from outside is built, checked and allowed in a study."""
    entry = replace(BACKBONES["ferplus_cnn"], smallest=24)
    monkeypatch.setitem(BACKBONES, "another", entry)

    assert "another" in HYPERPARAMETERS["backbone.name"].choices
    assert load_backbone("another") is load_backbone("ferplus_cnn")
    with pytest.raises(StudyError, match="another needs images of at least 24"):
        check_graph(graph_config(backbone__name="another", side=16))


@pytest.mark.slow
class TestBackboneLaws:
    """What holds for each backbone."""

    def test_a_reset_model_is_a_fresh_one(self, bench):
        """After other numbers, another seed and a ruined training, to the last bit."""
        fresh, outputs = bench.fresh(), logits(bench.model, bench.images)
        ruin = configured(training__learning_rate=1e3, head__dropout=0.5).runtime
        bench.compiled.reset(ruin, 2)
        bench.step()

        assert _equal(bench.fresh(), fresh)
        assert _equal(logits(bench.model, bench.images).values(), outputs.values())

    def test_the_seed_decides_the_weights(self, bench):
        """Another seed draws every kernel anew; ConvNeXt's scales are constants."""
        kernels = [
            layer.kernel
            for layer in bench.model.layers
            if hasattr(layer, "kernel") and not layer.name.endswith("_layer_scale")
        ]
        bench.fresh(seed=1)
        first = [kernel.numpy() for kernel in kernels]
        bench.fresh(seed=2)

        assert not any(
            np.array_equal(kernel.numpy(), before)
            for kernel, before in zip(kernels, first, strict=True)
        )

    def test_a_step_moves_everything(self, bench):
        """The loss reaches every weight, and every batch statistic moves."""
        bench.fresh()
        moving = [
            variable
            for variable in bench.model.variables
            if variable.trainable or variable.name.startswith("moving_")
        ]
        before = [variable.numpy() for variable in moving]
        loss = bench.step()

        assert np.isfinite(loss)
        assert [
            variable.path
            for variable, old in zip(moving, before, strict=True)
            if np.array_equal(variable.numpy(), old)
        ] == []

    def test_rows_do_not_affect_each_other(self, bench):
        """A row's output is the same by itself, in a batch, and in any order."""
        bench.fresh()
        settle(bench.model)

        assert_rows_apart(bench.model, bench.images, alone=range(ROWS))

    def test_batch_statistics_are_quick(self, bench):
        """Every batch normalisation follows a short training: momentum 0.9."""
        found = {
            layer.momentum
            for layer in bench.model.layers
            if isinstance(layer, keras.layers.BatchNormalization)
        }
        assert found == (set() if bench.name in UNNORMALIZED else {0.9})

    def test_penalties_spare_large_networks(self, bench):
        """L1 and L2 act on the head's kernels, and on small networks' convolutions."""
        dense = {"dense/kernel", "emotion/kernel", "action_units/kernel"}
        convolutions = {
            layer.kernel.path
            for layer in bench.model.layers
            if isinstance(layer, keras.layers.Conv2D)
        }
        found = {kernel.path for kernel in bench.model.kernels}

        assert found == (dense | convolutions if bench.name in PENALIZED else dense)

    def test_an_export_is_stock_keras(self, bench, tmp_path):
        """It holds Keras's own layers only, takes raw pixels, and predicts the same."""
        bench.fresh()
        settle(bench.model)

        assert_exported(bench.model, bench.config, bench.images, tmp_path / "a.keras")


@pytest.mark.slow
def test_a_compiled_training_repeats():
    """A reused graph with random layers repeats the fit of a fresh one."""
    trainer, part = Trainer(), Part(train=np.arange(4), validation=None)
    config = configured(
        backbone__name="efficientnet_b0",
        training__batch_size=4,
        augmentation__strength=0.5,
    )
    first, again = (
        [score.loss for score in trainer.fit(config, pictures(4), part, seed=1)]
        for _ in range(2)
    )

    assert first == again
    assert trainer.timings.built == trainer.timings.traced == 0.0
