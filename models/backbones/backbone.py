"""What a backbone is: a function from pixels to a map of features."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.config.config import GraphConfig
from models.keras_api import layers

Tensor = Any
"""A Keras tensor, symbolic or real: Keras has no type for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backbone:
    """One kind of network, without head.

    Both functions add stock Keras layers only, so that an export loads without this
    project.

    Attributes:
        scale: its own rule for raw pixels (B, S, S, C) in [0, 255].
        build: adds its layers to scaled pixels, of 1 or 3 channels, and returns
            features (B, h, w, F).
        application: the function of ``keras.applications`` whose published weights
            fit, layer by layer; ``None`` where there are none.
        penalized: whether L1 and L2 also act on its convolution kernels.
    """

    scale: Callable[[Tensor], Tensor]
    build: Callable[[Tensor, GraphConfig], Tensor]
    application: Callable[..., Any] | None = None
    penalized: bool = False

    def features(
        self,
        pixels: Tensor,
        graph: GraphConfig,
        scale: Callable[[Tensor], Tensor] | None = None,
    ) -> Tensor:
        """Adds resizing, scaling and network to raw pixels, (B, S, S, C) in [0, 255].

        ``scale`` replaces the backbone's own rule. Returns features (B, h, w, F).
        """
        if graph.resize_to is not None:
            pixels = shrink(pixels, graph.resize_to)
        return self.build((scale or self.scale)(pixels), graph)


def shrink(pixels: Tensor, side: int) -> Tensor:
    """Resizes images to a smaller side; each pixel is a mean of those it replaces."""
    # In float32, as pixels come: half floats would round them.
    return layers.Resizing(side, side, antialias=True, dtype="float32", name="shrink")(
        pixels
    )
