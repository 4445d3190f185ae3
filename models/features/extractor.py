"""A backbone whose weights stay: from raw pixels to the pooled vectors of its map.

Of a map (h, w, F) not the map is kept but every pooling of it, 6 F numbers: the map of
EfficientNet-Lite0 at 224 pixels has 49 F, 250 kB an image and version. Batch
normalisation uses its moving statistics.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from data_pipeline.system.seeds import child_seed
from models.backbones import load_backbone
from models.config.config import GraphConfig
from models.keras_api import keras, layers
from models.network.augmentation import Augment
from models.network.faster_layers import use_faster
from models.network.heads import PARTS, POOLED, pooled_parts
from models.pretrained.loading import initial_weights, loaded_weights
from models.training.initialization import SEED_STATE, initialize

SEED = 0
"""Of random weights and of augmented copies: equal in all trials and runs."""

AT_ONCE = 64


class Extractor:
    """The network of a graph up to its pooling.

    Attributes:
        layers: of the network, in the order of a whole model's.
        loaded_weights: what it starts from, if not random.
        digest: SHA-256 of its layers, of how they are joined and of its weights.
        widths: the length of each part of a vector.
    """

    def __init__(self, graph: GraphConfig) -> None:
        """Builds the network and sets its weights.

        Args:
            graph: its ``weights`` are loaded, or else drawn with one fixed seed.

        Raises:
            WeightsError: its weights cannot be had or do not fit.
        """
        side, channels = graph.image_size, graph.channels
        pixels = keras.Input((side, side, channels), name="pixels")
        maps = load_backbone(graph.backbone).features(pixels, graph)
        vectors = pooled_parts(maps, tuple(PARTS))
        self.widths = [int(vector.shape[-1]) for vector in vectors]
        self._model = keras.Model(pixels, layers.Concatenate()(vectors))
        given = initial_weights(self._model, graph)
        initialize(self._model, SEED, given, {})
        self.loaded_weights = loaded_weights(self._model, given) if given else None
        self.layers: list[Any] = list(self._model.layers)
        self.digest = _digest(self._model)
        use_faster(self.layers)
        self._model.compile(jit_compile=keras.backend.backend() != "tensorflow")
        self._augment = Augment()

    def part(self, pooling: str) -> slice:
        """Returns where in a vector a pooling is."""
        ends = np.cumsum([0, *self.widths]).tolist()
        first, last = (list(PARTS).index(POOLED[pooling][end]) for end in (0, -1))
        return slice(ends[first], ends[last + 1])

    def vectors(self, images: np.ndarray) -> np.ndarray:
        """Computes the vectors of raw pixels, (N, S, S, C): (N, sum of widths)."""
        found = [
            self._batch(np.asarray(images[start : start + AT_ONCE], np.float32))
            for start in range(0, max(len(images), 1), AT_ONCE)
        ]
        return np.concatenate(found)

    def versions(
        self, images: np.ndarray, *, amounts: tuple[float, ...], copies: int, first: int
    ) -> np.ndarray:
        """Computes the vectors of images and of augmented copies.

        Args:
            images: raw pixels, (N, S, S, C).
            amounts: of augmentation, as a graph holds them.
            copies: of each image.
            first: row of the first image; copies of a row are the same each time it
                is computed with these neighbours.

        Returns:
            (N, 1 + copies, sum of widths): each image as it is, then its copies.
        """
        pixels = np.asarray(images, np.float32)
        changed = (
            self._changed(pixels, amounts, copy, first) for copy in range(copies)
        )
        return np.stack([self.vectors(each) for each in (pixels, *changed)], axis=1)

    def _changed(
        self, pixels: np.ndarray, amounts: tuple[float, ...], copy: int, first: int
    ) -> np.ndarray:
        """Augments images as a graph does in training, with draws of their own."""
        seed = child_seed(SEED, "copy", copy, first)
        state = self._augment.seed_generator.state
        state.assign(np.array([seed, 0], dtype="uint32"))
        self._augment.amounts.assign(amounts)
        changed = self._augment(pixels, training=True)
        return np.asarray(keras.ops.convert_to_numpy(changed))

    def _batch(self, pixels: np.ndarray) -> np.ndarray:
        """Computes a batch, padded to one shape with black images."""
        padded = np.zeros((AT_ONCE, *pixels.shape[1:]), np.float32)
        padded[: len(pixels)] = pixels
        return np.asarray(self._model.predict_on_batch(padded))[: len(pixels)]


def _digest(model: Any) -> str:
    """Digests layers and weights by place: Keras's own names differ by process."""
    names = {each.name: str(place) for place, each in enumerate(model.operations)}
    config = _renamed(json.loads(model.to_json()), {**names, model.name: ""})
    total = hashlib.sha256(json.dumps(config, sort_keys=True).encode())
    for place, layer in enumerate(model.layers):
        for weight, values in zip(layer.weights, layer.get_weights(), strict=True):
            if weight.name != SEED_STATE:
                total.update(f"{place} {weight.name} {values.shape} ".encode())
                total.update(np.ascontiguousarray(values, "<f4").tobytes())
    return total.hexdigest()


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Replaces names in a nested configuration."""
    if isinstance(value, dict):
        return {key: _renamed(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value
