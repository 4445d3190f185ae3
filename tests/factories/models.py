"""Configurations for small learnable pictures."""

from models.config.config import (
    DataSpec,
    GraphConfig,
    ModelConfig,
    SharedGraph,
    model_config,
)
from models.conformance.pictures import EMOTIONS, SIDE, UNITS, pictures

__all__ = ["EMOTIONS", "SIDE", "UNITS", "pictures"]


def configured(  # noqa: PLR0913 - what a test does not name is as usual
    *,
    channels=1,
    side=SIDE,
    emotions=EMOTIONS,
    units=UNITS,
    intensities=(),
    dimensions=(),
    shared=None,
    **values,
):
    """Builds a small configuration; ``training__epochs`` stands for its dotted key."""
    spec = data_spec(
        image_size=side,
        channels=channels,
        emotions=emotions,
        action_units=units,
        intensities=intensities,
        dimensions=dimensions,
        shared=shared or SharedGraph(),
    )
    return model_config(small_values(**values), spec)


def data_spec(**values):
    """Describes the data of ``pictures``, or others."""
    small = {"emotions": EMOTIONS, "action_units": UNITS}
    return DataSpec(**{"image_size": SIDE, "channels": 1} | small | values)


def small_values(**values):
    """Returns the keys of a small configuration, some of them changed."""
    small = {
        "backbone.blocks": 1,
        "backbone.filters": 8,
        "head.dense_units": 8,
        "training.epochs": 2,
        "training.batch_size": 8,
    }
    return small | {key.replace("__", "."): value for key, value in values.items()}


def graph_config(**values) -> GraphConfig:
    """Builds the GraphConfig of a small configuration."""
    config: ModelConfig = configured(**values)
    return config.graph
