"""What a backbone is: a function from pixels to a map of features."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.backbones.pixel_scale import ChannelStatistics
from models.config.backbone_sizes import BLOCK, SMALLEST
from models.config.config import GraphConfig
from models.keras_api import keras, layers, ops

RGB = 3
RANK = 4
"""Axes of pixels and of features."""

Tensor = Any
"""A Keras tensor, symbolic or real: Keras has no type for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backbone:
    """One kind of network, without head.

    It adds stock Keras layers only, so that an export loads without this project.

    Attributes:
        own: its own rule for raw pixels, channels in the order red, green, blue.
        build: adds its layers to scaled pixels, of 1 or 3 channels, and returns
            features (B, h, w, F). It takes the backbone's sizes by name.
        colour: whether it takes three channels, equal ones for grey pixels.
        bgr: whether its channels are in the order blue, green, red.
        divisor: what it divides pixels by itself, which is then its own rule.
        application: the function of ``keras.applications`` whose published weights
            fit, layer by layer; ``None`` where there are none.
        penalized: whether L1 and L2 also act on its convolution kernels; not on those
            of a large network, which starts from published weights.
        smallest: the smallest image that an own backbone fits, in pixels a side.
        block: pattern of the names of an own backbone's blocks, see ``BackboneEntry``.
    """

    own: ChannelStatistics
    build: Callable[..., Tensor]
    colour: bool = False
    bgr: bool = False
    divisor: float = 1.0
    application: Callable[..., Any] | None = None
    penalized: bool = False
    smallest: int = SMALLEST
    block: str = BLOCK

    def features(
        self,
        pixels: Tensor,
        graph: GraphConfig,
        rule: Callable[[Tensor], Tensor] | None = None,
    ) -> Tensor:
        """Adds resizing, scaling and network to raw pixels, (B, S, S, C) in [0, 255].

        ``rule`` replaces the backbone's own. Returns features (B, h, w, F).
        """
        if graph.resize_to is not None:
            pixels = shrink(pixels, graph.resize_to)
        return self.build(self.scale(pixels, rule), **dict(graph.sizes))

    def scale(
        self, pixels: Tensor, rule: Callable[[Tensor], Tensor] | None = None
    ) -> Tensor:
        """Scales raw pixels by its own rule or another, and orders channels."""
        if self.colour:
            pixels = rgb(pixels)
        if rule is not None:
            pixels = rule(pixels)
        elif self.divisor == 1.0:
            pixels = self.own.rescaling("scale")(pixels)
        if rule is not None and self.divisor != 1.0:
            pixels = layers.Rescaling(self.divisor, name="undo_rescaling")(pixels)
        return ops.flip(pixels, axis=-1) if self.bgr else pixels


def rgb(pixels: Tensor) -> Tensor:
    """Repeats a grey channel to the three that stock networks expect; (B, S, S, 3)."""
    if pixels.shape[-1] == RGB:
        return pixels
    return layers.Concatenate(name="grey_to_rgb")([pixels] * RGB)


def shrink(pixels: Tensor, side: int) -> Tensor:
    """Resizes images to a smaller side; each pixel is a mean of those it replaces."""
    # In float32, as pixels come: half floats would round them.
    resizing = layers.Resizing(
        side, side, antialias=True, dtype="float32", name="shrink"
    )
    # Its own default is training, which it hands on to all layers behind it.
    return resizing(pixels, training=False)


def network_problem(pixels: Tensor, features: Tensor) -> str | None:
    """Describes why symbolic features cannot be those of a backbone; ``None`` if not.

    ``pixels`` is what the network was given.
    """
    shape = getattr(features, "shape", ())
    if len(shape) != RANK or not all(shape[1:]):
        return f"it must return a map of features (B, h, w, F), found {features!r:.60}"
    try:
        found = keras.Model(pixels, features).layers
    except ValueError:
        return "its features do not come from its pixels"
    for layer in found:
        foreign = not type(layer).__module__.startswith("keras.")
        if foreign or isinstance(layer, layers.Lambda):
            return (
                f"its layer {layer.name} is a {type(layer).__name__}: use Keras's own "
                "layers and operations, so that an export loads without this code"
            )
    return None
