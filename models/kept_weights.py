"""The weights of a training in a file, to go back to: quick enough for every epoch.

A ``.keras`` file takes seconds to write for a deep network, most of them for its graph;
the numbers alone take a tenth of one.
"""

from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.files.atomic_write import written_aside
from models.averaging import averaged
from models.reset import refresh


def write_weights(model: Any, path: Path) -> None:
    """Writes what a model validates with: its averages, where it keeps any.

    Args:
        model: an ``ExpressionModel``.
        path: of a file that appears when it is whole.
    """
    with averaged(model):
        values = [value for layer in model.layers for value in layer.get_weights()]
    with written_aside(path) as part, part.open("wb") as file:
        np.savez(file, *values)


def read_weights(model: Any, path: Path) -> None:
    """Gives a model the weights of a file, which it then validates with.

    Args:
        model: of the Structure that they were written of, or of one that differs in
            what is frozen alone.
        path: of a file of ``write_weights``.
    """
    with np.load(path, allow_pickle=False) as file:
        # In the order in which they were written, whatever the archive's.
        values = iter([file[f"arr_{place}"] for place in range(len(file.files))])
    for layer in model.layers:
        layer.set_weights([next(values) for _ in layer.weights])
        refresh(layer)
    if model.average is not None:
        # Of nothing followed, the average is the present weights.
        model.average.clear()
