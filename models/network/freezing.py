"""Which layers training leaves alone: all before the head, or those below some blocks.

A frozen batch normalisation also keeps its statistics, and uses them in training.
"""

import re
from typing import Any

from models.config.backbone_catalogue import BACKBONES
from models.config.config import GraphConfig
from models.keras_api import keras
from models.network.heads import POOL


def freeze(model: Any, graph: GraphConfig) -> None:
    """Freezes what a GraphConfig says; to be called before the model is compiled.

    Args:
        model: with every layer trained.
        graph: ``trained_blocks`` blocks of its backbone, and its batch normalisation.
    """
    backbone = backbone_of(model)
    if graph.trained_blocks is not None:
        kept = top_blocks(backbone, graph.backbone, graph.trained_blocks)
        for layer in backbone:
            layer.trainable = layer in kept
    if graph.freeze_batch_norm:
        for layer in backbone:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False


def backbone_of(model: Any) -> list[Any]:
    """Lists the layers before the head, in the graph's order."""
    names = [layer.name for layer in model.layers]
    return list(model.layers[: names.index(POOL)])


def top_blocks(layers: list[Any], backbone: str, count: int) -> list[Any]:
    """Finds the layers of a backbone's last blocks.

    A layer without a block's name belongs to the block before it; those before the
    first block, the stem, to none.

    Args:
        layers: of the backbone, in order.
        backbone: its name.
        count: of blocks; 0 for none, more than there are for all.

    Returns:
        The layers, in order.
    """
    pattern = re.compile(BACKBONES[backbone].block)
    names: list[str] = []
    members: list[list[Any]] = []
    for layer in layers:
        found = pattern.match(layer.name)
        if found and found["block"] not in names:
            names.append(found["block"])
            members.append([])
        if found:
            members[names.index(found["block"])].append(layer)
        elif members:
            members[-1].append(layer)
    below = max(0, len(members) - count)
    return [layer for block in members[below:] for layer in block]
