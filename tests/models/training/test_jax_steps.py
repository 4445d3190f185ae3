"""What a failed step leaves, where steps take the memory of their variables."""

from importlib import import_module
from types import SimpleNamespace

import keras
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="a step of JAX uses up its values"
)


def test_a_failed_step_leaves_the_values_before_the_epoch():
    """A step that runs out of memory spoils no variable; the error is its own."""
    trained, other = keras.Variable([1.0, 2.0]), keras.Variable([3.0])
    model = SimpleNamespace(trained=[trained], variables=[trained, other])
    steps = import_module("models.training.jax_steps").Steps(model)

    def failing(weights, others, *_):
        for value in (*weights, *others):
            value.delete()  # as a step does that was given them
        raise RuntimeError("RESOURCE_EXHAUSTED")

    steps._train = failing  # noqa: SLF001
    with pytest.raises(RuntimeError, match="RESOURCE_EXHAUSTED"):
        list(steps.train([(np.zeros(2), {})]))

    assert trained.numpy().tolist() == [1.0, 2.0]
    assert other.numpy().tolist() == [3.0]
