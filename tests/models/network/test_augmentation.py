"""The augmentation inside the model."""

import numpy as np
import pytest
from keras import ops

from models.config.augmentation_presets import PRESETS, Augmentation, resolve
from models.network.augmentation import ERASED, Augment

SIDE = 24
ALONE = {
    "flip": 0.5,
    "rotation": 20.0,
    "scale": 0.2,
    "shift": 0.1,
    "crop": 0.3,
    "skew": 0.2,
    "brightness": 0.2,
    "contrast": 0.3,
    "erasing": 0.5,
}


@pytest.fixture(name="images")
def _images():
    generator = np.random.default_rng(2)
    return generator.integers(0, 256, (16, SIDE, SIDE, 3)).astype(np.float32)


def _augmented(images, augmentation, *, training=True, seed=3):
    layer = Augment()
    layer.amounts.assign(augmentation.amounts())
    layer.seed_generator.state.assign(np.array([seed, 0], "uint32"))
    return ops.convert_to_numpy(layer(images, training=training))


def _standard(strength):
    return resolve({"augmentation.strength": strength})


@pytest.mark.parametrize("name", PRESETS)
def test_strength_zero_is_the_identity(images, name):
    """At strength 0 every pixel passes through to the bit, and nothing is flipped."""
    still = resolve({"augmentation.preset": name, "augmentation.strength": 0.0})

    assert np.array_equal(_augmented(images, still), images)


@pytest.mark.parametrize("name", PRESETS)
def test_probability_zero_is_the_identity(images, name):
    """At probability 0 no image is changed."""
    never = resolve({"augmentation.preset": name, "augmentation.probability": 0.0})

    assert np.array_equal(_augmented(images, never), images)


def test_inference_is_the_identity(images):
    """Outside training no image changes, whatever the strength is."""
    same = _augmented(images, _standard(1.0), training=False)
    assert np.array_equal(same, images)


@pytest.mark.parametrize("name", ALONE)
def test_images_are_changed_one_by_one(images, name):
    """Each number has an effect, and a different one on each image."""
    copies = np.repeat(images[:1], 16, axis=0)
    changed = _augmented(copies, Augmentation(**{name: ALONE[name]}))
    different = len(np.unique(changed.reshape(16, -1), axis=0))

    assert not np.array_equal(changed, copies)
    assert different == 2 if name == "flip" else different > 4


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("channels", [1, 3])
def test_shape_type_and_range_stay(images, name, channels):
    """Changed images still hold finite pixels in [0, 255], as many as before."""
    changed = _augmented(images[..., :channels], PRESETS[name])

    assert changed.shape == (16, SIDE, SIDE, channels)
    assert changed.dtype == np.float32
    assert changed.min() >= 0
    assert changed.max() <= 255


def test_the_seed_decides(images):
    """Equal seed states change images equally, others do not."""
    once = _augmented(images, _standard(0.7))

    assert np.array_equal(once, _augmented(images, _standard(0.7)))
    assert not np.array_equal(once, _augmented(images, _standard(0.7), seed=4))


def test_the_amounts_do_not_move_the_draws(images):
    """Changing one number leaves the effect of the others unchanged."""
    lit = _augmented(np.full_like(images, 128), Augmentation(brightness=0.2))
    both = Augmentation(brightness=0.2, flip=1.0, rotation=30.0, crop=0.5)

    assert np.allclose(_augmented(np.full_like(images, 128), both), lit, atol=1e-3)


def test_probability_is_the_share_of_changed_images():
    """At .3 three of ten images are changed; the others pass through to the bit."""
    images = np.full((2000, 2, 2, 1), 100, np.float32)
    changed = _augmented(images, Augmentation(brightness=0.2, probability=0.3))
    share = np.mean((changed != images).any(axis=(1, 2, 3)))

    assert share == pytest.approx(0.3, abs=0.05)  # 5 standard deviations


def test_a_flip_mirrors_around_the_centre(images):
    """A flipped image without other moves is the mirrored image, to the bit."""
    mirrored = _augmented(images, Augmentation(flip=1.0))

    assert np.array_equal(mirrored, images[:, :, ::-1])


def test_light_comes_after_the_move(images):
    """Brightness adds to every pixel; contrast turns about the image's own mean."""
    grey = 100 + images[..., :1] / 10
    brighter = _augmented(grey, Augmentation(brightness=0.1))
    turned = _augmented(grey, Augmentation(contrast=0.5))
    added = brighter - grey
    mean = grey.mean(axis=(1, 2, 3), keepdims=True)
    gain = turned.std(axis=(1, 2, 3), keepdims=True) / grey.std(
        axis=(1, 2, 3), keepdims=True
    )

    assert np.ptp(added, axis=(1, 2, 3)).max() < 1e-3
    assert np.abs(added).max() <= 25.5 + 1e-3
    assert np.allclose(turned, mean + gain * (grey - mean), atol=1e-2)


def test_a_lost_rectangle_lies_inside_and_is_grey(images):
    """Erasing fills one rectangle with the image's mean."""
    for image, erased in zip(
        images, _augmented(images, Augmentation(erasing=1.0)), strict=True
    ):
        lost = (erased != image).any(axis=-1)
        rows, columns = np.flatnonzero(lost.any(1)), np.flatnonzero(lost.any(0))
        patch = erased[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]

        assert lost.sum() == patch[..., 0].size
        assert np.allclose(patch, image.mean(), atol=0.01)
        for side in patch.shape[:2]:
            assert ERASED[0] * SIDE - 1 <= side <= ERASED[1] * SIDE + 1
