"""What several backbones do to raw pixels first."""

from models.backbones.kind import Tensor
from models.pinned import layers

RGB = 3


def signed(pixels: Tensor) -> Tensor:
    """Brings raw pixels to [-1, 1].

    Args:
        pixels: shape (B, S, S, C), in [0, 255].

    Returns:
        The same shape, in [-1, 1].
    """
    return layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(pixels)


def rgb(pixels: Tensor) -> Tensor:
    """Repeats a grey channel to the three that stock networks were made for.

    Args:
        pixels: shape (B, S, S, 1) or (B, S, S, 3).

    Returns:
        Shape (B, S, S, 3).
    """
    if pixels.shape[-1] == RGB:
        return pixels
    return layers.Concatenate(name="grey_to_rgb")([pixels] * RGB)
