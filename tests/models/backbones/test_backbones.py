"""The conformance suite of every backbone: one model each, traced at most once.

A model's variables decide all that it computes, so the laws compare variables, and
share the model, its first step's trace and its settled statistics. Of networks that
differ in sizes alone the smallest takes the steps for all, which cost most; rows,
export, seeds and statistics are those of each. Larger images and the ends of what may
be set are in ``test_rows``, the images that each fits in ``test_sizes``, what the
suite itself finds in ``test_conformance``.
"""

from dataclasses import replace

import keras
import numpy as np
import pytest

from data_pipeline.system.errors import StudyError
from models.backbones import load_backbone
from models.config.backbone_catalogue import BACKBONES
from models.config.hyperparameters import HYPERPARAMETERS
from models.conformance.backbones import LAWS, BackboneBench
from models.pretrained.sources import check_graph
from models.training.epoch import Part
from models.training.trainer import Trainer
from tests.factories.models import configured, graph_config, pictures

PENALIZED = {"residual_cnn", "resnet18", "ferplus_cnn", "mini_xception", "faceapi_cnn"}
"""Networks that are small enough to be trained from nothing."""


LARGER = {
    *("efficientnet_b1", "efficientnet_b2", "efficientnet_b3"),
    *("efficientnet_v2_b1", "efficientnet_v2_b2", "efficientnet_v2_b3"),
    *("efficientnet_lite1", "efficientnet_lite2", "mobilenet_v3_large"),
}
"""Networks that are a smaller one with more and wider layers."""

STEPS = {"reset_is_fresh", "step_moves_everything"}
"""The laws that train."""

CASES = [
    (name, law)
    for name in BACKBONES
    for law in LAWS
    # Of each, test_sizes builds the map of features, on larger colour images.
    if law != "returns_features" and not (name in LARGER and law in STEPS)
]


@pytest.fixture(name="bench", scope="module")
def _bench(request):
    sizes = {"backbone.blocks": 1, "backbone.filters": 8}
    return BackboneBench(request.param, sizes)


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

    # The scope keeps one bench for all laws of a name.
    @pytest.mark.parametrize(
        ("bench", "law"), CASES, indirect=["bench"], scope="module"
    )
    def test_it_keeps_the_law(self, bench, law):
        """The laws of the suite by which users check their own backbones."""
        getattr(bench, law)()

    @pytest.mark.parametrize("bench", BACKBONES, indirect=True)
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
