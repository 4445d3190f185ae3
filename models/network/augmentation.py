"""Augmentation inside the model, in training only, sampled anew for each image.

All that moves pixels is one affine resampling, because each further resampling costs
time and blurs; brightness and contrast follow, an erased rectangle comes last. Pixels
outside the image take its nearest edge: black corners occur in no photograph, and a
mirrored edge shows second eyes and ears. Where nothing is to change, the image passes
through to the bit.

Labels stay: a mirrored face has the same emotion and the same action units. Only units
coded for one side of the face (L12, R12) would have to change sides; no reader keeps
the side.
"""

from collections.abc import Mapping
from typing import Any

from models.config.augmentation_presets import AMOUNTS
from models.keras_api import keras, ops, untrained_weight

AUGMENT = "augment"
"""Name of the layer in a trained model; an export has none."""

DRAWS = (
    *("flip", "turn", "scale", "across", "down", "light", "gain"),
    *("change", "crop", "crop_across", "crop_down", "skew_across", "skew_down"),
    *("erase", "height", "width", "top", "left"),
)
"""One number each for an image. Append new ones: then the others stay as they were."""

ERASED = (0.14, 0.57)
"""Least and largest side of an erased rectangle: areas of about 2 to 33 %."""

Named = Mapping[str, Any]
"""Names of draws or amounts to arrays of one number an image, shape (B,)."""


class Augment(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """Moves, relights and erases parts of each training image.

    The samples depend on the seed state, the batch's size and the place in the batch,
    not on the images or the amounts.

    Shape: (B, S, S, C) in and out; range [0, 255] in and out.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Makes the layer with all amounts 0."""
        # Half floats would round angles and pixels.
        super().__init__(**{"dtype": "float32", "name": AUGMENT} | kwargs)
        self.seed_generator = keras.random.SeedGenerator(seed=0)
        self.amounts = untrained_weight(self, "amounts", shape=(len(AMOUNTS),))
        # TensorFlow has no XLA kernel for the resampling.
        self.supports_jit = keras.backend.backend() != "tensorflow"
        self.built = True

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Augments in training; the identity at inference."""
        if not training:
            return inputs
        shape, side = (len(DRAWS), ops.shape(inputs)[0]), inputs.shape[1]
        rows = keras.random.uniform(shape, -1.0, 1.0, seed=self.seed_generator)
        draws = {name: rows[row] for row, name in enumerate(DRAWS)}
        amounts = of_images(self.amounts, draws["change"])
        moved = ops.image.affine_transform(
            inputs,
            affine(draws, amounts, side=side),
            interpolation="bilinear",
            fill_mode="nearest",
            data_format="channels_last",
        )
        erased = erase(draws, amounts, side=side)
        return relight(moved, draws, amounts, erased=erased)


def happens(draw: Any, probability: Any) -> Any:
    """Whether a draw in [-1, 1) makes something of this probability happen."""
    return (draw + 1) / 2 < probability


def of_images(amounts: Any, change: Any) -> Named:
    """Gives each image its amounts: all 0 where it is not changed.

    ``amounts`` (A,) is in the order of ``AMOUNTS``; ``change`` (B,) are draws.
    """
    named = {name: amounts[place] for place, name in enumerate(AMOUNTS)}
    changed = ops.cast(happens(change, named.pop("probability")), amounts.dtype)
    strength = changed * named.pop("strength")
    return {name: amount * strength for name, amount in named.items()}


def affine(draws: Named, amounts: Named, side: int) -> Any:
    """Makes the matrices of one resampling around the image's centre.

    Returns rows of the matrix from output to input coordinates, shape (B, 8).
    """
    kept = ops.sqrt(1 - amounts["crop"] * (draws["crop"] + 1) / 2)
    scale = (1 + amounts["scale"] * draws["scale"]) * kept
    angle = amounts["rotation"] * draws["turn"]
    cosine, sine = scale * ops.cos(angle), scale * ops.sin(angle)
    flip = ops.where(happens(draws["flip"], amounts["flip"]), -1.0, 1.0)
    lean = amounts["skew"] * draws["skew_across"]
    rise = amounts["skew"] * draws["skew_down"]
    # A = scale, rotation, skew across, skew down; the flip in A's first column.
    a = (cosine * (1 + lean * rise) - sine * rise) * flip
    c = (sine * (1 + lean * rise) + cosine * rise) * flip
    b, d = cosine * lean - sine, sine * lean + cosine
    centre, free = (side - 1) / 2, (1 - kept) / 2 * side
    # x' = A (x - centre) + centre + shift, the crop lying anywhere inside the image.
    across = centre - (a + b) * centre + amounts["shift"] * draws["across"] * side
    down = centre - (c + d) * centre + amounts["shift"] * draws["down"] * side
    across = across + free * draws["crop_across"]
    down = down + free * draws["crop_down"]
    none = ops.zeros_like(a)
    return ops.stack([a, b, across, c, d, down, none, none], axis=1)


def erase(draws: Named, amounts: Named, side: int) -> Any:
    """Marks the rectangle that an image loses, wholly inside it; bool (B, S, S, 1)."""
    pixels = (ops.arange(side, dtype="float32") + 0.5) / side

    def inside(length: Any, start: Any) -> Any:
        size = ERASED[0] + (ERASED[1] - ERASED[0]) * (length + 1) / 2
        low = (1 - size) * (start + 1) / 2
        return (pixels >= low[:, None]) & (pixels < (low + size)[:, None])

    rows = inside(draws["height"], draws["top"])
    rows = rows & happens(draws["erase"], amounts["erasing"])[:, None]
    columns = inside(draws["width"], draws["left"])
    return rows[:, :, None, None] & columns[:, None, :, None]


def relight(images: Any, draws: Named, amounts: Named, erased: Any) -> Any:
    """Changes brightness and contrast; erased pixels take the image's mean.

    Shape: images (B, S, S, C) in and out, in [0, 255]; erased (B, S, S, 1).
    """
    light = ops.reshape(amounts["brightness"] * draws["light"], (-1, 1, 1, 1))
    gain = ops.reshape(1 + amounts["contrast"] * draws["gain"], (-1, 1, 1, 1))
    mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
    # Not (x - mean) * gain + mean: that would round where nothing changes. And the
    # choice is among gains and offsets, which have one channel, not among pixels.
    gains = ops.where(erased, 0.0, gain)
    offsets = ops.where(erased, mean + light, mean * (1 - gain) + light)
    return ops.clip(images * gains + offsets, 0.0, 255.0)
