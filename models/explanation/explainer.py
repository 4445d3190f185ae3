"""Explains a Keras model's outputs for a face by a map each."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from models.backend import differentiated
from models.explanation.explanation import Explanation
from models.explanation.grad_cam.maps import enlarged, weighted_maps
from models.explanation.grad_cam.network import (
    CutNetwork,
    cut_network,
    head_names,
    networks_in,
)
from models.explanation.integrated_gradients import integrate, without_contrast
from models.explanation.methods import GRAD_CAM, INTEGRATED_GRADIENTS
from models.explanation.outputs import Output
from models.keras_api import ops


class Explainer:
    """An exported Keras model, an ensemble or one that a test built.

    Attributes:
        method: the method in use; integrated gradients where the network has no
            convolutional map that says where something is.
    """

    def __init__(
        self, model: Any, outputs: Sequence[Output], method: str = GRAD_CAM
    ) -> None:
        """Prepares gradients; ``outputs`` name the model's, in order."""
        self._model = model
        self._names = head_names(model)
        self._outputs = tuple(outputs)
        cuts = [cut_network(each) for each in networks_in(model)]
        found = [cut for cut in cuts if cut is not None]
        usable = method == GRAD_CAM and len(found) == len(cuts)
        self.method = GRAD_CAM if usable else INTEGRATED_GRADIENTS
        self._parts = [_grad_cam(cut) for cut in found]
        self._whole = differentiated(self._joined)

    def explain(self, pixels: np.ndarray) -> Explanation:
        """Explains one face.

        Args:
            pixels: raw pixels in [0, 255], shape (S, S, C).

        Returns:
            Its maps, of every output.
        """
        face = pixels.astype(np.float32)
        values = np.asarray(ops.convert_to_numpy(self._joined(face[None])))[0]
        maps, gap = self._maps(face)
        return Explanation(
            pixels=pixels,
            outputs=self._outputs,
            values=values,
            maps=maps.astype(np.float32),
            method=self.method,
            gap=gap,
        )

    def _maps(self, face: np.ndarray) -> tuple[np.ndarray, float]:
        if self.method == INTEGRATED_GRADIENTS:
            found = integrate(self._whole, face, without_contrast(face))
            return found.maps, found.gap
        # Those of an ensemble's networks are averaged.
        return np.mean([one(face) for one in self._parts], axis=0), 0.0

    def _joined(self, pixels: Any) -> Any:
        """Returns the outputs of all heads, (B, K)."""
        outputs = self._model(pixels, training=False)
        return ops.concatenate([outputs[name] for name in self._names], axis=1)


def _grad_cam(cut: CutNetwork) -> Callable[[np.ndarray], np.ndarray]:
    """Makes the function from a face (S, S, C) to its maps, (K, S, S)."""
    back = differentiated(lambda maps: cut.back(maps, training=False))

    def maps(face: np.ndarray) -> np.ndarray:
        features = ops.convert_to_numpy(cut.front(face[None], training=False))
        _, gradients = back(features)
        found = weighted_maps(features[0], gradients[:, 0])
        return enlarged(found, len(face), cut.shift)

    return maps
