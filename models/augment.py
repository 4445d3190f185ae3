"""Augmentation inside the model, in training only, drawn anew for each image.

Flip, rotation, shift and zoom are one affine resampling, because each resampling
of its own costs time and blurs. One knob in [0, 1] scales all of them; at 0 the
image passes through to the bit.
"""

from typing import Any

import keras
from keras import ops

from models.knobs import knob

FLIPPED = 0.5
"""Share of images flipped at full strength."""

ROTATION = 0.26
"""Largest angle in radians, about 15 degrees."""

SHIFT = 0.1
"""Largest shift as a share of the image side."""

ZOOM = 0.15
"""Largest change of size."""

BRIGHTNESS = 0.2 * 255
"""Largest addition, on the 0-255 scale."""

CONTRAST = 0.3
"""Largest change of contrast around the image's own mean."""

DRAWS = 7


class Augment(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Moves, flips and relights each training image.

    Shape: (B, S, S, C) in and out; range [0, 255] in and out.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Makes the layer; its strength is 0 until ``set_knobs``."""
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(seed=0)
        self.strength = knob(self, "strength")
        # TensorFlow has no XLA kernel for the resampling.
        self.supports_jit = keras.backend.backend() != "tensorflow"
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Augments in training; the identity at inference."""
        if not training:
            return inputs
        shape = (DRAWS, ops.shape(inputs)[0])
        draws = keras.random.uniform(shape, -1.0, 1.0, seed=self.seed_generator)
        moves = affine(draws[:5], self.strength, side=inputs.shape[1])
        moved = ops.image.affine_transform(
            inputs,
            moves,
            interpolation="bilinear",
            fill_mode="nearest",
            data_format="channels_last",
        )
        return relight(moved, draws[5:], self.strength)


def affine(draws: Any, strength: Any, side: int) -> Any:
    """Turns draws into the matrices of one resampling around the image's centre.

    Args:
        draws: shape (5, B), in [-1, 1]: flip, angle, zoom, shift across, shift down.
        strength: scalar in [0, 1].
        side: of the square images, in pixels.

    Returns:
        Shape (B, 8): rows of the matrix from output to input coordinates.
    """
    flipped = (draws[0] + 1) / 2 < FLIPPED * strength
    flip = ops.where(flipped, -1.0, 1.0)
    angle = ROTATION * strength * draws[1]
    scale = 1 + ZOOM * strength * draws[2]
    cosine, sine = scale * ops.cos(angle), scale * ops.sin(angle)
    centre = (side - 1) / 2
    # x' = A (x - centre) + centre + shift, with the flip in A's first column.
    a, b, c, d = cosine * flip, -sine, sine * flip, cosine
    across = centre - (a + b) * centre + SHIFT * strength * draws[3] * side
    down = centre - (c + d) * centre + SHIFT * strength * draws[4] * side
    none = ops.zeros_like(a)
    return ops.stack([a, b, across, c, d, down, none, none], axis=1)


def relight(images: Any, draws: Any, strength: Any) -> Any:
    """Changes brightness and contrast of each image.

    Args:
        images: shape (B, S, S, C), in [0, 255].
        draws: shape (2, B), in [-1, 1].
        strength: scalar in [0, 1].

    Returns:
        Shape (B, S, S, C), in [0, 255].
    """
    light = ops.reshape(BRIGHTNESS * strength * draws[0], (-1, 1, 1, 1))
    gain = ops.reshape(1 + CONTRAST * strength * draws[1], (-1, 1, 1, 1))
    mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
    # Not (x - mean) * gain + mean: at strength 0 that would round.
    return ops.clip(images * gain + (mean * (1 - gain) + light), 0.0, 255.0)
