"""The face descriptor of dlib: a ResNet of 29 convolutions, for faces of 150 pixels.

Source: King's ``dlib_face_recognition_resnet_model_v1``, as class
``FaceRecognitionNet`` of the package ``@vladmandic/face-api`` of npm computes it. Its
blocks are those of ResNet18, but where they halve the map they convolve without
padding and average the skip; zeros stand for pixels and channels that one of the two
lacks. Batch normalisation is folded into the convolutions, so there is none. The last
layer, to 128 numbers, is left out: the common head follows. Pixels are scaled by FACES.
Features: (B, h, h, 256); h is 2 for images of 150 pixels.
"""

from models.backbones.backbone import Backbone, Tensor
from models.backbones.layers import FACES
from models.keras_api import keras, layers

STEM, STEM_SIZE = 32, 7
STAGES = ((32, "sss"), (64, "hsss"), (128, "hss"), (256, "hssh"))
"""Filters and blocks of each stage: ``h`` halves the map, ``s`` keeps its size."""

BLOCKS = sum(len(kinds) for _, kinds in STAGES)


def build(pixels: Tensor) -> Tensor:
    """Adds the network to scaled pixels."""
    x = _convolution(pixels, STEM, "stem", size=STEM_SIZE, halves=True)
    x = layers.ReLU(name="stem_relu")(x)
    x = layers.MaxPooling2D(3, strides=2, name="stem_pool")(x)
    for stage, (filters, kinds) in enumerate(STAGES, start=1):
        for block, kind in enumerate(kinds, start=1):
            name = f"stage{stage}_block{block}"
            x = _block(x, filters, name, halves=kind == "h")
    return x


def _block(x: Tensor, filters: int, name: str, *, halves: bool) -> Tensor:
    y = _convolution(x, filters, f"{name}_first", halves=halves)
    y = layers.ReLU(name=f"{name}_first_relu")(y)
    # Without normalisation the sums of all blocks would add up.
    y = _convolution(y, filters, f"{name}_second", gain=2 / BLOCKS)
    if halves:
        x = layers.AveragePooling2D(2, name=f"{name}_skip")(x)
        if missing := x.shape[1] - y.shape[1]:
            pixels = ((0, missing), (0, missing))
            y = layers.ZeroPadding2D(pixels, name=f"{name}_second_pad")(y)
    if missing := filters - x.shape[-1]:
        x = _pad_channels(x, missing, f"{name}_skip_pad")
    x = layers.Add(name=f"{name}_add")([x, y])
    return layers.ReLU(name=f"{name}_relu")(x)


def _convolution(
    x: Tensor,
    filters: int,
    name: str,
    *,
    size: int = 3,
    halves: bool = False,
    gain: float = 2.0,
) -> Tensor:
    """Adds a convolution with bias; ``gain`` scales the variance at first."""
    return layers.Conv2D(
        filters,
        size,
        strides=2 if halves else 1,
        padding="valid" if halves else "same",
        kernel_initializer=keras.initializers.VarianceScaling(gain),
        name=f"{name}_conv",
    )(x)


def _pad_channels(x: Tensor, missing: int, name: str) -> Tensor:
    """Adds channels of zeros: columns, to a layer that takes rows for channels."""
    return layers.ZeroPadding2D(
        ((0, 0), (0, missing)), data_format="channels_first", name=name
    )(x)


BACKBONE = Backbone(own=FACES, build=build, colour=True)
