"""What a backbone is: a function from pixels to a map of features."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.config import Structure

Tensor = Any
"""A Keras tensor, symbolic or real: Keras has no type for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backbone:
    """One kind of network, without head.

    Attributes:
        build: adds its layers, its own preprocessing first, to a tensor of raw
            pixels (B, S, S, C) in [0, 255], and returns features (B, h, w, F).
            Only stock Keras layers, so that an export loads without this project.
        smallest: smallest image side in pixels.
        application: the function of ``keras.applications`` whose published weights
            fit, layer by layer; ``None`` where there are none.
        penalized: whether L1 and L2 also act on its convolution kernels.
    """

    build: Callable[[Tensor, Structure], Tensor]
    smallest: int
    application: Callable[..., Any] | None = None
    penalized: bool = False
