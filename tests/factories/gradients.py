"""Gradients of losses, by the backend's own differentiation."""

import keras

from models.backend import differentiated, value_and_gradients


def gradient(loss, at):
    """Differentiates a loss by one array.

    Args:
        loss: of a tensor or a variable, to a scalar.
        at: float32.

    Returns:
        An array of the same shape.
    """
    if keras.backend.backend() == "jax":
        _, found = value_and_gradients(lambda values: (loss(values), None))(at)
    else:
        variable = keras.Variable(at)
        _, (found,) = differentiated(lambda: (loss(variable), None), [variable])
    return keras.ops.convert_to_numpy(found)
