"""The frozen backbones of one table of pixels, each with its cached features."""

from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.own_code.named_code import digest, is_own
from models.config.backbone_catalogue import OWN_BACKBONE
from models.config.config import GraphConfig, ModelConfig
from models.features.cache import FeatureKey, cached_features
from models.features.extractor import Extractor
from models.pretrained.sources import LoadedWeights
from models.training.frozen import Inputs

NETWORK_FIELDS = (
    "backbone",
    "sizes",
    "weights",
    "image_size",
    "channels",
    "resize_to",
)
"""Fields of a graph that features depend on."""


class Backbones:
    """Finds the frozen backbone of a graph; builds each once."""

    def __init__(self, images: Path) -> None:
        """Takes the path of the cached pixels, beside which features are kept."""
        self._images = images
        self._found: dict[GraphConfig, CachedBackbone] = {}

    def find(self, graph: GraphConfig) -> "CachedBackbone":
        """Returns the backbone of a graph.

        Raises:
            WeightsError: its weights cannot be had or do not fit.
        """
        fields = {name: getattr(graph, name) for name in NETWORK_FIELDS}
        network = GraphConfig(**fields, dense_width=0, emotions=(), action_units=())
        if network not in self._found:
            self._found[network] = CachedBackbone(network, self._images)
        return self._found[network]


class CachedBackbone:
    """One frozen backbone, ``models.training.frozen.FrozenBackbone``."""

    def __init__(self, network: GraphConfig, images: Path) -> None:
        """Builds the backbone of a graph without head."""
        self._extractor = Extractor(network)
        self._network, self._images = network, images
        self._inputs: dict[tuple[Any, ...], Inputs] = {}
        self.layers: list[Any] = self._extractor.layers
        self.loaded_weights: LoadedWeights | None = self._extractor.loaded_weights

    def width(self, pooling: str) -> int:
        """Returns the length of a pooled vector."""
        part = self._extractor.part(pooling)
        return int(part.stop - part.start)

    def inputs(self, config: ModelConfig, images: np.ndarray) -> Inputs:
        """Returns the features of raw pixels, (N, S, S, C), and of their copies.

        Raises:
            RunError: they cannot be kept.
        """
        amounts = config.runtime.augmentation if config.copies else ()
        pooling = config.graph.pooling
        key = (pooling, config.copies, amounts)
        if key not in self._inputs:
            found = self._cached(images, amounts, config.copies)
            whole = found.reshape(-1, found.shape[-1])[:, self._extractor.part(pooling)]
            versions = 1 + config.copies
            self._inputs[key] = Inputs(
                train=whole, predict=whole[::versions], versions=versions
            )
        return self._inputs[key]

    def kept(self, images: np.ndarray, pooling: str) -> np.ndarray:
        """Returns the features of the table's raw pixels, (N, width), without copies.

        Raises:
            RunError: they cannot be kept.
        """
        whole = self._cached(images, (), 0)
        return whole[:, 0, self._extractor.part(pooling)]

    def pooled(self, images: np.ndarray, pooling: str) -> np.ndarray:
        """Computes features of raw pixels, (N, width); nothing is kept."""
        return self._extractor.vectors(images)[:, self._extractor.part(pooling)]

    def _cached(
        self, images: np.ndarray, amounts: tuple[float, ...], copies: int
    ) -> np.ndarray:
        """Maps the features of all images, (N, 1 + copies, numbers)."""

        def compute(rows: range) -> np.ndarray:
            return self._extractor.versions(
                images[rows.start : rows.stop],
                amounts=amounts,
                copies=copies,
                first=rows.start,
            )

        fields = {name: getattr(self._network, name) for name in NETWORK_FIELDS}
        # The network stands for its names: files may change under them.
        fields["weights"] = self._extractor.digest
        if is_own(OWN_BACKBONE, self._network.backbone):
            fields["code"] = digest(OWN_BACKBONE, self._network.backbone)
        key = FeatureKey(
            pixels=self._images.stem,
            network=repr(sorted(fields.items())),
            copies=copies,
            augmentation=amounts,
        )
        shape = (len(images), 1 + copies, sum(self._extractor.widths))
        return cached_features(self._images.parent, key, shape=shape, compute=compute)
