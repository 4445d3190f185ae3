"""An epoch is its steps: wherever it is cut or breaks off, the model has them all."""

import numpy as np
import pytest

from models.training.compiled_model import CompiledModel
from models.training.epoch import Part
from models.training.trainer import TrainingRows
from tests.factories.models import configured, pictures

ROWS, SEED = 22, 1
PART = Part(train=np.arange(ROWS), validation=None)
CONFIG = configured(
    training__ema=0.9,
    training__sam_rho=0.05,
    head__dropout=0.3,
    augmentation__strength=0.5,
)
CHANGED = {"moving_mean", "moving_variance", "seed_generator_state"}
"""Variables of layers that a step changes where weights do not move."""


@pytest.fixture(name="compiled", scope="module")
def _compiled():
    return CompiledModel(CONFIG.graph)


@pytest.fixture(name="batches", scope="module")
def _batches():
    # Of 8, 7 and 7 rows.
    return list(TrainingRows(pictures(ROWS), PART.train, CONFIG, SEED).batches(1))


def _fresh(compiled):
    compiled.reset(CONFIG.runtime, SEED)
    return compiled


def _states(compiled):
    """Returns weights, statistics, seeds, moments and the average, to the bit."""
    return [v.numpy().tobytes() for v in compiled.model.variables]


def _breaking(batches):
    yield from batches
    raise OSError("the disk is gone")


def test_an_epoch_is_its_steps(compiled, batches):
    """Batches trained as epochs of their own leave what one epoch of them leaves."""
    whole, _ = _fresh(compiled).train(batches)
    wanted = _states(compiled)
    _fresh(compiled)
    losses = [compiled.train([batch])[0] for batch in batches]

    assert _states(compiled) == wanted
    sizes = [len(images) for images, _ in batches]
    assert whole == np.average(losses, weights=sizes)


def test_an_epoch_that_breaks_off_keeps_its_steps(compiled, batches):
    """Where the batches fail, the steps before are taken, and training can go on."""
    _fresh(compiled).train(batches[:2])
    wanted = _states(compiled)
    with pytest.raises(OSError, match="disk"):
        _fresh(compiled).train(_breaking(batches[:2]))

    assert _states(compiled) == wanted


def test_the_way_up_leaves_no_trace(compiled, batches):
    """At a rate of 0 each step moves statistics and seeds alone, a sharp one too."""
    found = []
    for rho in (0.05, 0.0):
        _fresh(compiled).model.sharpness.rho.assign(rho)
        before = _layers(compiled)
        compiled.train(batches[:1], rate=0.0)
        once = _layers(compiled)
        compiled.train(batches[:1], rate=0.0)
        found.append(_layers(compiled))

        assert _moved(before, once) == _moved(once, found[-1]) == CHANGED
    assert found[0] == found[1]


def _layers(compiled):
    """Returns the variables of layers by layer and name."""
    layers = compiled.model.layers
    return {(x.name, v.name): v.numpy().tobytes() for x in layers for v in x.variables}


def _moved(before, after):
    """Names the variables that changed, each only if it did so in all layers."""
    changed = {name for _, name in before}
    return changed - {p[1] for p in before if before[p] == after[p]}
