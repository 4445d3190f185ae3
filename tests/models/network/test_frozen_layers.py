"""Frozen layers stay to the bit: under weight decay, penalties and averages too."""

import keras
import numpy as np
import pytest

from data_pipeline.targets.class_balance import balance
from models.network.freezing import backbone_of, top_blocks
from models.network.model import ExpressionModel
from models.optimization.ema import averaged
from models.training.batches import Batches, pack
from models.training.compiled_model import CompiledModel
from models.training.feeding import FileImages
from tests.factories.models import configured, pictures

ARRAYS = pictures(4)
ROWS = np.arange(4)
PULLED = {
    "training__optimizer": "adamw",
    "training__weight_decay": 0.5,
    "training__learning_rate": 0.01,
    "training__ema": 0.9,
    "regularization__l2": 0.1,
    "finetune__frozen_epochs": 1,
    "finetune__blocks": 1,
}
"""Whatever pulls at weights that no gradient moves."""


def states(layers):
    """Copies the weights and statistics of layers."""
    return {x.name: [variable.numpy() for variable in x.weights] for x in layers}


def _norms(layers):
    return [x for x in layers if isinstance(x, keras.layers.BatchNormalization)]


def moved(before, after):
    """Names the layers of which a number changed by a bit."""
    return {
        name
        for name, old in before.items()
        if not all(map(np.array_equal, old, after[name]))
    }


def one_step(graph, runtime):
    """Trains a step; returns the model, and what moved in it and in its average.

    It is eager: tracing these networks costs more than running them.
    """
    compiled = CompiledModel(graph)
    compiled.reset(runtime, 1)
    for layer in _norms(compiled.model.layers):
        for statistic in (layer.moving_mean, layer.moving_variance):
            # Any but those of a fresh layer, which averaging gives back exactly.
            values = np.random.default_rng(1).uniform(0.5, 1.5, statistic.shape)
            statistic.assign(values)
    compiled.model.optimizer.learning_rate.assign(runtime.learning_rate)
    before = states(compiled.model.layers)
    packed = pack(ARRAYS.targets, balance(ARRAYS.targets, ROWS, "none", 1))
    compiled.train(Batches(FileImages(ARRAYS.images), packed, [ROWS]))
    own = moved(before, states(compiled.model.layers))
    with averaged(compiled.model):
        mean = moved(before, states(compiled.model.layers))
    return compiled.model, own, mean


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["mobilenet_v3_small", "mini_xception", "convnext_tiny"]
)
@pytest.mark.parametrize("kind", ["head", "trained", "frozen"])
def test_a_frozen_layer_does_not_move(name, kind, monkeypatch):
    """The head moves, and the last block where it is trained; all others never do."""
    compile_model = ExpressionModel.compile

    def eagerly(self, *words, **options):
        return compile_model(self, *words, **options | {"run_eagerly": True})

    monkeypatch.setattr(ExpressionModel, "compile", eagerly)
    norm = "trained" if kind == "head" else kind
    config = configured(backbone__name=name, finetune__batch_norm=norm, **PULLED)
    graph = config.graph_at(1 if kind == "head" else 2)
    model, own, mean = one_step(graph, config.runtime)
    backbone = backbone_of(model)
    last = [] if kind == "head" else top_blocks(backbone, name, 1)
    kept = _norms(backbone) if kind == "frozen" else []
    free = {layer.name for layer in last if layer.weights and layer not in kept}
    head = {"dense", "emotion", "action_units"}
    keras.backend.clear_session()

    assert own & {layer.name for layer in backbone} == free
    assert mean & {layer.name for layer in backbone} == free
    assert head <= own
    assert head <= mean
