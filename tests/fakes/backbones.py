"""Own backbones, ``tests.fakes.backbones:NAME``: a sound one, others with a flaw."""

from itertools import count

from models.backbones.layers import convolution, residual
from models.keras_api import layers, ops

FLAW = 0.1
_builds = count()


def sound(pixels):
    """Has random layers of its own, which only training changes."""
    x = convolution(pixels, 8, stride=2, name="stem")
    x = layers.GaussianNoise(0.5)(layers.SpatialDropout2D(0.2)(x))
    return residual(x, 8, stride=2, name="block")


def mixing(pixels):
    """Takes from each image a tenth of the batch's mean."""
    x = sound(pixels)
    return x - FLAW * ops.mean(x, axis=0, keepdims=True)


def drifting(pixels):
    """Is another network with each build, so that an export is not the trained one."""
    x = sound(pixels)
    return ops.clip(x, 0.0, 1.0 + FLAW * next(_builds))


def endless(pixels):
    """Is a hundred convolutions in a row, which magnify how floats are rounded."""
    x = convolution(pixels, 8, stride=4, name="stem")
    for place in range(100):
        x = layers.ReLU()(convolution(x, 8, name=f"place{place}"))
    return x
