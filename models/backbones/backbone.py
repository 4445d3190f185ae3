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
    project. The smallest image it fits stands in ``models.config.backbone_catalogue``.

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
        """Adds the whole of it.

        Args:
            pixels: raw pixels, shape (B, S, S, C), in [0, 255].
            graph: what the graph depends on.
            scale: another rule for pixels; ``None`` for its own.

        Returns:
            Features, shape (B, h, w, F).
        """
        if graph.resize_to is not None:
            pixels = shrink(pixels, graph.resize_to)
        return self.build((scale or self.scale)(pixels), graph)


def shrink(pixels: Tensor, side: int) -> Tensor:
    """Brings pictures to a smaller side, each pixel a mean of those that it replaces.

    Args:
        pixels: shape (B, S, S, C), in [0, 255].
        side: in pixels, less than S.

    Returns:
        Shape (B, side, side, C), in [0, 255].
    """
    # In whole floats, as pixels come: halves would round them.
    return layers.Resizing(side, side, antialias=True, dtype="float32", name="shrink")(
        pixels
    )
