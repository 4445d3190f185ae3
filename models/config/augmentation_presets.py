"""Augmentations by name: each preset is a set of numbers, so one graph serves them all.

A configuration names a preset, its strength, and single numbers that replace the
preset's own; ``resolve`` combines them. A new preset is one entry of ``PRESETS``.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, fields, replace

KEY = "augmentation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """How far a training image may be changed; 0 turns that change off.

    ``probability`` is the share of images that are changed at all. ``strength``, in
    [0, 1], multiplies everything else: ``flip``, the share of changed images that are
    mirrored; ``rotation``, degrees to either side; ``scale``, larger and smaller;
    ``shift``, along each axis as a share of the side (a padded image's random crop);
    ``crop``, the share of the area that a resized crop cuts off; ``skew``, the tangent
    of the angle along each axis; ``brightness``, added, as a share of the whole range;
    ``contrast``, around the image's own mean; ``erasing``, the share of changed images
    that lose a rectangle.
    """

    strength: float = 1.0
    probability: float = 1.0
    flip: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0
    shift: float = 0.0
    crop: float = 0.0
    skew: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    erasing: float = 0.0

    def amounts(self) -> tuple[float, ...]:
        """Converts to the graph's units: radians, and pixels in [0, 255]."""
        radians = math.radians(self.rotation)
        brightness = 255 * self.brightness
        return astuple(replace(self, rotation=radians, brightness=brightness))


AMOUNTS: tuple[str, ...] = tuple(field.name for field in fields(Augmentation))
"""The names of ``Augmentation.amounts``, as the layer ``augment`` holds them."""

PRESETS: dict[str, Augmentation] = {
    "none": Augmentation(),
    # 0.26 radians, as in the runs before there were presets: equal to the bit.
    "standard": Augmentation(
        flip=0.5,
        rotation=math.degrees(0.26),
        scale=0.15,
        shift=0.1,
        brightness=0.2,
        contrast=0.3,
    ),
    # Two coursework projects on CK+ name these steps without numbers; ours are guesses.
    "pad_crop_flip_brightness": Augmentation(flip=0.5, shift=0.1, brightness=0.2),
    "angles_positions_lighting": Augmentation(rotation=10, shift=0.1, brightness=0.2),
    # A FER+ project: two rotations of up to 10 degrees in a row have the spread of one
    # of up to 14. Its detour through 40 x 40 pixels, a second resampling, is omitted.
    "ferplus_cnn": Augmentation(
        probability=0.5,
        flip=0.5,
        rotation=14,
        shift=0.1,
        crop=0.1,
        brightness=0.05,
        contrast=0.05,
    ),
    # Source: github.com/microsoft/FERPlus, img_util.py. There each axis has its own
    # scale, and pixels outside the image are mirrored.
    "ferplus_vgg13": Augmentation(
        flip=0.5, rotation=20, scale=0.05, shift=0.08, skew=0.05
    ),
    # Source: github.com/usef-kh/fer (FER2013, 73.7 %). Its crop takes .8 to 1.2 of the
    # area; a crop cannot exceed the image, so .8 to 1 remain. It rotates and shifts
    # every second image, and trains on ten crops of each.
    "fer_strong": Augmentation(flip=0.5, rotation=10, shift=0.2, crop=0.2, erasing=0.5),
    # Source: github.com/wagner-niklas/CAGE_expression_inference, without perspective,
    # hue and saturation.
    "affectnet_cage": Augmentation(
        flip=0.5, rotation=10, brightness=0.2, contrast=0.2, erasing=0.5
    ),
}


def resolve(given: Mapping[str, int | float | str]) -> Augmentation:
    """Returns the preset, its numbers replaced by those given.

    Without a preset it is ``"standard"`` where a strength is given, else ``"none"``.

    Example:
        >>> resolve({"augmentation.preset": "fer_strong", "augmentation.shift": 0.1})
        ... # doctest: +ELLIPSIS
        Augmentation(strength=1.0, probability=1.0, flip=0.5, ..., shift=0.1, ...)
    """
    own = {
        name: float(given[f"{KEY}.{name}"])
        for name in AMOUNTS
        if f"{KEY}.{name}" in given
    }
    return replace(PRESETS[_preset(given)], **own)


def changes_images(augmentation: Augmentation) -> bool:
    """Whether any image is changed.

    Example:
        >>> [changes_images(replace(PRESETS["standard"], strength=s)) for s in (0, 1)]
        [False, True]
    """
    still = replace(
        Augmentation(),
        strength=augmentation.strength,
        probability=augmentation.probability,
    )
    share = augmentation.strength * augmentation.probability
    return share > 0 and augmentation != still


def spell_out(given: Mapping[str, int | float | str]) -> dict[str, int | float | str]:
    """Lists every key that ``resolve`` reads; resolving them gives the same numbers."""
    numbers = {f"{KEY}.{name}": value for name, value in asdict(resolve(given)).items()}
    return {f"{KEY}.preset": _preset(given)} | numbers


def _preset(given: Mapping[str, int | float | str]) -> str:
    default = "standard" if f"{KEY}.strength" in given else "none"
    return str(given.get(f"{KEY}.preset", default))
