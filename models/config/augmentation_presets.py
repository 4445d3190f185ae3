"""Augmentations by name: each preset is a set of numbers, so one graph serves them all.

Keys of a configuration say a preset, its strength, and single numbers that replace the
preset's own; ``resolve`` makes one set of numbers of them.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, fields, replace

KEY = "augmentation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """How far a training image may be changed; 0 leaves that part of it alone.

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
        """Lists the numbers in the graph's units: radians, and pixels in [0, 255]."""
        turned = math.radians(self.rotation)
        lit = 255 * self.brightness
        return astuple(replace(self, rotation=turned, brightness=lit))


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
    # Two coursework projects on CK+ name these steps and no numbers: those are ours.
    "pad_crop_flip_brightness": Augmentation(flip=0.5, shift=0.1, brightness=0.2),
    "angles_positions_lighting": Augmentation(rotation=10, shift=0.1, brightness=0.2),
    # A FER+ project: two turns of up to 10 degrees, one after the other, have the
    # spread of one of up to 14. Its way through 40 x 40 pixels is left out: it would
    # be a second resampling.
    "ferplus_cnn": Augmentation(
        probability=0.5,
        flip=0.5,
        rotation=14,
        shift=0.1,
        crop=0.1,
        brightness=0.05,
        contrast=0.05,
    ),
    # Source: github.com/microsoft/FERPlus, img_util.py. There each axis has its scale,
    # and what lies outside is mirrored.
    "ferplus_vgg13": Augmentation(
        flip=0.5, rotation=20, scale=0.05, shift=0.08, skew=0.05
    ),
    # Source: github.com/usef-kh/fer (FER2013, 73.7 %). A crop cannot be larger than
    # the image: of its area of .8 to 1.2, .8 to 1 is what happens. There every second
    # image is turned and every second shifted, and ten crops of each are trained on.
    "fer_strong": Augmentation(flip=0.5, rotation=10, shift=0.2, crop=0.2, erasing=0.5),
    # Source: github.com/wagner-niklas/CAGE_expression_inference. Perspective, hue and
    # saturation are left out.
    "affectnet_cage": Augmentation(
        flip=0.5, rotation=10, brightness=0.2, contrast=0.2, erasing=0.5
    ),
}


def resolve(given: Mapping[str, int | float | str]) -> Augmentation:
    """Makes one set of numbers of a configuration's keys.

    Args:
        given: checked keys of a configuration, those of the augmentation among them.

    Returns:
        The preset with the numbers that are given in place of its own. Where no preset
        is given it is ``"standard"`` beside a strength, else ``"none"``.

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


def spelled(given: Mapping[str, int | float | str]) -> dict[str, int | float | str]:
    """Spells out every key that ``resolve`` reads; resolving them changes nothing."""
    numbers = {f"{KEY}.{name}": value for name, value in asdict(resolve(given)).items()}
    return {f"{KEY}.preset": _preset(given)} | numbers


def _preset(given: Mapping[str, int | float | str]) -> str:
    alone = "standard" if f"{KEY}.strength" in given else "none"
    return str(given.get(f"{KEY}.preset", alone))
