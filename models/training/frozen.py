"""Training on features of a frozen backbone: what a trainer is given for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from models.config.config import GraphConfig, ModelConfig
from models.pretrained.sources import LoadedWeights


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Inputs:
    """What a model is trained on, and what it predicts.

    ``train`` has ``versions`` rows for each row of ``predict``, one after another: the
    image as it is, then its augmented copies. Pixels have one version.
    """

    train: np.ndarray
    predict: np.ndarray
    versions: int = 1


class FrozenBackbone(Protocol):
    """A backbone whose weights stay, and the features of images."""

    layers: list[Any]
    """Its layers, in the order of the whole model's."""

    loaded_weights: LoadedWeights | None
    """What it starts from, if not random."""

    def width(self, pooling: str) -> int:
        """Returns the length of a pooled vector."""

    def inputs(self, config: ModelConfig, images: np.ndarray) -> Inputs:
        """Returns the features of raw pixels, (N, S, S, C), and of their copies.

        The same array object comes back for the same arguments.
        """

    def pooled(self, images: np.ndarray, pooling: str) -> np.ndarray:
        """Computes features of raw pixels, (N, width); nothing is kept."""


FindBackbone = Callable[[GraphConfig], FrozenBackbone]
"""Returns the frozen backbone of a graph, the same one each time."""


def no_backbone(graph: GraphConfig) -> FrozenBackbone:
    """Stands for ``FindBackbone`` in a trainer of whole models only."""
    raise ValueError(f"no features are kept here, which {graph.backbone} needs")
