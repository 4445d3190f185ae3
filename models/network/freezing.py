"""Which layers are not trained: all before the head, or those below the last blocks.

A frozen batch normalisation also keeps its statistics, and uses them in training.
"""

import re
from typing import Any

from models.config.backbone_sizes import backbone_entry
from models.config.config import GraphConfig
from models.keras_api import keras
from models.network.heads import POOL


def freeze(model: Any, graph: GraphConfig) -> None:
    """Freezes layers of a fully trainable model; to be called before compiling it."""
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
    """Lists the layers of a backbone's last ``count`` blocks, in order.

    A layer without a block's name belongs to the block before it; those before the
    first block, the stem, to none.
    """
    pattern = re.compile(backbone_entry(backbone).block)
    names: list[str] = []
    members: list[list[Any]] = []
    for layer in layers:
        match = pattern.match(layer.name)
        if match and match["block"] not in names:
            names.append(match["block"])
            members.append([])
        if match:
            members[names.index(match["block"])].append(layer)
        elif members:
            members[-1].append(layer)
    below = max(0, len(members) - count)
    return [layer for block in members[below:] for layer in block]
