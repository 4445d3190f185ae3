"""Predictions of backbones, for larger images and the ends of their sizes.

One build serves both laws, because building takes longer than either.
"""

import numpy as np
import pytest

from data_pipeline.labels.labels import DIMENSIONS
from models.config.backbone_catalogue import BACKBONES
from models.config.hyperparameters import HYPERPARAMETERS
from models.conformance.rows import (
    assert_exported,
    assert_rows_apart,
    faces,
    numbers,
    settle_apart,
)
from models.network.model import assemble
from models.training.compiled_model import CompiledModel
from models.training.saving import plain_model
from tests.factories.models import configured

ROWS = 3
GREY, RGB = (48, 1), (96, 3)
CASES = [
    ("residual_cnn", *RGB),
    ("resnet18", *RGB),
    ("resnet50", *RGB),
    ("mobilenet", *GREY),
    ("ferplus_cnn", *RGB),
    ("efficientnet_b0", 48, 3),
    ("mini_xception", *RGB),
]
"""From 96 pixels on the first two have another stem; resnet50 turns RGB to BGR."""

ENDS = [
    {key: getattr(HYPERPARAMETERS[key], end) for key in keys}
    for keys in (("backbone.blocks", "backbone.filters"), ("head.dense_units",))
    for end in ("low", "high")
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "side", "channels"), CASES)
def test_rows_are_apart_and_exported(name, side, channels, tmp_path):
    """Rows do not affect each other; a reloaded export predicts the same."""
    # Of all optimizers this one keeps the fewest variables.
    values = {"backbone__name": name, "training__optimizer": "sgd"}
    config = configured(side=side, channels=channels, **values)
    compiled = CompiledModel(config.graph)
    images = faces(ROWS, side, channels)
    settle_apart(compiled, config, images)

    assert_rows_apart(compiled.model, images, alone=[ROWS - 1])
    assert_exported(compiled.model, config, images, tmp_path / "model.keras")


@pytest.mark.parametrize("values", [*ENDS, {"head.dense_units": 1}])
@pytest.mark.parametrize("build", ["trained", "exported"])
def test_the_ends_answer_in_whole_floats(values, build):
    """The least and the most that may be set give a row of float32 for each image."""
    side = BACKBONES["residual_cnn"].smallest
    # Of all optimizers this one keeps the least memory for a large network.
    values = {"training.optimizer": "sgd"} | values
    config = configured(side=side, dimensions=DIMENSIONS, **values)
    model = assemble(config.graph) if build == "trained" else plain_model(config)
    found = numbers(model(faces(2, side).astype(np.float32), training=False))
    dense = [layer.units for layer in model.layers if layer.name == "dense"]
    wanted = config.graph

    assert {name: (rows.shape, rows.dtype) for name, rows in found.items()} == {
        "emotion": ((2, 3), np.float32),
        "action_units": ((2, 2), np.float32),
        "valence_arousal": ((2, len(DIMENSIONS)), np.float32),
    }
    assert all(np.isfinite(rows).all() for rows in found.values())
    assert dense == ([wanted.dense_width] if wanted.dense_width else [])
    assert model.get_layer("pool").input.shape == (
        None,
        2,
        2,
        dict(wanted.sizes)["filters"],
    )
