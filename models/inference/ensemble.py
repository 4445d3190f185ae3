"""One Keras model that averages what several models predict."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.engines.keras_engine import load_exported


def export_ensemble(paths: Sequence[Path], to: Path, *, cpus: int) -> None:
    """Writes one model whose outputs are the means of several models' outputs.

    It has stock layers only: each model is one, ``seed_1`` and so on.

    Args:
        paths: ``.keras`` files of at least two models of one graph.
        to: the file to write; ends in ``.keras``.
        cpus: threads it may use, where this process has not begun to compute.

    Raises:
        ModelError: a file is refused, or the installed Keras cannot load it.
    """
    average_of([load_exported(path, cpus=cpus) for path in paths]).save(to)


def average_of(models: Sequence[Any]) -> Any:
    """Builds the model, from raw pixels to a dict of outputs as each of them has."""
    from models.keras_api import keras  # noqa: PLC0415 - after its environment

    pixels = keras.Input(models[0].input_shape[1:], name="pixels")
    outputs = [
        keras.Model(model.input, model.output, name=f"seed_{number}")(pixels)
        for number, model in enumerate(models, start=1)
    ]
    means = {
        head: keras.layers.Average(name=head)([output[head] for output in outputs])
        for head in outputs[0]
    }
    return keras.Model(pixels, means, name="ensemble")
