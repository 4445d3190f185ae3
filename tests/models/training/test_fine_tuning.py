"""Fine-tuning: frozen weights do not move, and two stages are one training."""

import keras
import numpy as np
import pytest

from models.network.freezing import backbone_of, top_blocks
from models.training.compiled_model import CompiledModel
from models.training.epoch import Part
from models.training.trainer import Trainer
from tests.factories.models import configured, graph_config, pictures

ARRAYS = pictures(24)
PART = Part(train=np.arange(16), validation=np.arange(16, 24))
TWO_STAGES = {
    "training__epochs": 3,
    "finetune__frozen_epochs": 1,
    "finetune__blocks": 1,
    "finetune__batch_norm": "frozen",
    "finetune__learning_rate": 0.02,
}


@pytest.fixture(name="trainer", scope="module")
def _trainer():
    return Trainer()


def _states(layers):
    return [[variable.numpy() for variable in layer.weights] for layer in layers]


def _moved(layers, before, after):
    """Names the layers of which a weight or a statistic changed by a bit."""
    return {
        layer.name
        for layer, old, new in zip(layers, before, after, strict=True)
        if any(not np.array_equal(a, b) for a, b in zip(old, new, strict=True))
    }


def test_what_is_frozen_does_not_move(trainer):
    """First only the head moves, then the last block too, never a normalisation."""
    config = configured(**TWO_STAGES)
    fresh = CompiledModel(config.graph)
    stream = trainer.fit(config, ARRAYS, PART, seed=1)
    graphs = []
    for score in stream:
        model = trainer._current.model  # noqa: SLF001
        graphs.append(_states(model.layers))
        if score.epoch == 1:
            first = model
    layers = model.layers
    backbone = {layer.name for layer in backbone_of(model)}
    last = {layer.name for layer in top_blocks(backbone_of(model), "residual_cnn", 1)}
    norms = {x.name for x in layers if isinstance(x, keras.layers.BatchNormalization)}

    assert first is not model
    assert _moved(layers, graphs[0], graphs[-1]) - backbone >= {"dense", "emotion"}
    moved = _moved(layers, graphs[0], graphs[-1]) & backbone
    assert moved
    assert moved == {name for name in last - norms if name.endswith("conv")}
    started = _moved(layers, _initial(fresh, config), graphs[0])
    assert started & backbone == set()
    assert started >= {"dense", "emotion"}


def _initial(compiled, config):
    """Returns the weights that a training with seed 1 starts from."""
    from data_pipeline.system.seeds import child_seed  # noqa: PLC0415

    compiled.reset(config.runtime, child_seed(1, "model"))
    return _states(compiled.model.layers)


def test_weights_are_handed_over_exactly(trainer):
    """The second stage starts where the first ended: weights, statistics and seeds."""
    config = configured(**TWO_STAGES)
    next(trainer.fit(config, ARRAYS, PART, seed=3))
    first = trainer._current  # noqa: SLF001
    second = CompiledModel(config.graph)
    second.reset(config.runtime, 5)
    second.continue_from(first)

    for own, theirs in zip(second.model.layers, first.model.layers, strict=True):
        for variable, given in zip(own.variables, theirs.variables, strict=True):
            assert np.array_equal(variable.numpy(), given.numpy())
    images = ARRAYS.images[PART.validation]
    assert np.array_equal(second.predict(images).emotion, first.predict(images).emotion)


def test_two_stages_repeat_to_the_bit(trainer):
    """After another training, on graphs that exist, the same numbers come again."""

    def numbers(seed):
        scores = trainer.fit(configured(**TWO_STAGES), ARRAYS, PART, seed=seed)
        return [(s.loss, s.predictions.emotion.tobytes()) for s in scores]

    first = numbers(1)
    numbers(2)
    assert numbers(1) == first
    assert trainer.timings.built == trainer.timings.traced == 0.0


def test_rates_of_both_stages(trainer):
    """The head has the first rate; the rest anneals from its own rate."""
    two = list(trainer.fit(configured(**TWO_STAGES), ARRAYS, PART, seed=1))
    rates = [score.learning_rate for score in two]

    assert rates[:2] == [1e-3, 0.02]
    assert rates[2] == pytest.approx(0.02 * (0.01 + 0.99 / 2))


def test_a_training_may_end_in_its_first_stage(trainer):
    """Then predictions and export are those of the frozen network's head."""
    config = configured(**TWO_STAGES)
    score = list(trainer.fit(config, ARRAYS, PART, seed=1, stop_after=1))[-1]
    found = trainer.predict(config, ARRAYS.images[PART.validation])

    assert np.array_equal(found.emotion, score.predictions.emotion)
    head = config.graph_at(1)
    assert (head.trained_blocks, head.freeze_batch_norm) == (0, False)
    model = CompiledModel(graph_config()).model
    assert trainer.parameters == model.parameters(8)


def test_configurations_of_one_kind_share_the_first_stage():
    """However much is trained later, the head's graph is one and the same."""
    kinds = [{"finetune__blocks": 2}, {"finetune__batch_norm": "frozen"}, {}]
    heads = {
        configured(finetune__frozen_epochs=2, **kind).graph_at(1) for kind in kinds
    }
    assert len(heads) == 1
    assert configured().graph_at(1) == configured().graph
