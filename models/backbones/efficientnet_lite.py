"""EfficientNet-Lite0 to Lite2: EfficientNets for plain processors. Keras has none.

Source: Tan 2020, "Higher accuracy on vision models with EfficientNet-Lite", and the
code it describes: no squeeze-and-excitation, ReLU6 in place of SiLU, and a stem, first
and last block and head of one size for all. Skips are dropped at random in training,
up to a fifth of them, as in EfficientNet. Pixels are less 127, by 128: ``MEAN_RGB`` and
``STDDEV_RGB`` of ``lite/efficientnet_lite_builder.py`` in the authors' repository
(tensorflow/tpu, commit 22d5cab). The package of the weights, a port to PyTorch, gives
no rule for Lite: the mean and deviation in its README are of another EfficientNet.
Features: (B, ceil(S/32), ceil(S/32), 1280).
"""

import math
from dataclasses import dataclass
from string import ascii_lowercase

from models.backbones.backbone import Backbone, Tensor
from models.backbones.layers import MOMENTUM, convolution, depthwise
from models.backbones.pixel_scale import ChannelStatistics
from models.keras_api import layers

PIXELS = ChannelStatistics(mean=(127.0,), deviation=(128.0,))
STEM, TOP = 32, 1280
DROPPED = 0.2
"""Share of rows whose last skipped block is dropped; earlier ones have less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Blocks of one size; the first has the stride."""

    blocks: int
    size: int
    stride: int
    filters: int
    expansion: int = 6


STAGES = (
    Stage(blocks=1, size=3, stride=1, filters=16, expansion=1),
    Stage(blocks=2, size=3, stride=2, filters=24),
    Stage(blocks=2, size=5, stride=2, filters=40),
    Stage(blocks=3, size=3, stride=2, filters=80),
    Stage(blocks=3, size=5, stride=1, filters=112),
    Stage(blocks=4, size=5, stride=2, filters=192),
    Stage(blocks=1, size=3, stride=1, filters=320),
)
"""Of Lite0; the others multiply filters, and blocks except at both ends."""


def _lite(width: float, depth: float) -> Backbone:
    stages = [_scaled(number, width, depth) for number in range(len(STAGES))]
    total = sum(stage.blocks for stage in stages)

    def build(pixels: Tensor) -> Tensor:
        x = _active(convolution(pixels, STEM, stride=2, name="stem"), "stem")
        before = 0
        for number, stage in enumerate(stages, start=1):
            for place in range(stage.blocks):
                name = f"block{number}{ascii_lowercase[place]}"
                stride = 1 if place else stage.stride
                dropped = DROPPED * before / total
                x = _block(x, stage, stride=stride, dropped=dropped, name=name)
                before += 1
        return _active(convolution(x, TOP, size=1, name="top"), "top")

    return Backbone(own=PIXELS, build=build, colour=True)


def _scaled(number: int, width: float, depth: float) -> Stage:
    stage = STAGES[number]
    is_end = number in (0, len(STAGES) - 1)
    return Stage(
        blocks=stage.blocks if is_end else math.ceil(depth * stage.blocks),
        size=stage.size,
        stride=stage.stride,
        filters=_rounded(width * stage.filters),
        expansion=stage.expansion,
    )


def _rounded(filters: float) -> int:
    """Rounds to a multiple of 8, and not down by more than a tenth."""
    near = max(8, int(filters + 4) // 8 * 8)
    return near if near >= 0.9 * filters else near + 8


def _block(
    x: Tensor, stage: Stage, *, stride: int, dropped: float, name: str
) -> Tensor:
    y = x
    if stage.expansion > 1:
        wide = x.shape[-1] * stage.expansion
        y = convolution(y, wide, size=1, name=f"{name}_expand")
        y = _active(y, f"{name}_expand")
    y = depthwise(y, size=stage.size, stride=stride, name=f"{name}_dwconv")
    y = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_dw_bn")(y)
    y = _active(y, f"{name}_dw")
    y = convolution(y, stage.filters, size=1, name=f"{name}_project")
    if stride > 1 or x.shape[-1] != stage.filters:
        return y
    if dropped:
        shape = (None, 1, 1, 1)
        y = layers.Dropout(dropped, noise_shape=shape, name=f"{name}_drop")(y)
    return layers.Add(name=f"{name}_add")([y, x])


def _active(x: Tensor, name: str) -> Tensor:
    return layers.ReLU(6.0, name=f"{name}_relu")(x)


LITE0 = _lite(1.0, 1.0)
LITE1 = _lite(1.0, 1.1)
LITE2 = _lite(1.1, 1.2)
