"""The augmentation inside the model."""

import numpy as np
import pytest
from keras import ops

from models.augment import Augment, affine


@pytest.fixture(name="images")
def _images():
    generator = np.random.default_rng(2)
    return generator.integers(0, 256, (16, 24, 24, 3)).astype(np.float32)


def _augmented(images, strength, *, training=True, seed=3):
    layer = Augment()
    layer.strength.assign(strength)
    layer.seed_generator.state.assign(np.array([seed, 0], "uint32"))
    return ops.convert_to_numpy(layer(images, training=training))


def test_strength_zero_is_the_identity(images):
    """At strength 0 every pixel passes through to the bit, and nothing is flipped."""
    assert np.array_equal(_augmented(images, 0.0), images)


def test_inference_is_the_identity(images):
    """Outside training no image changes, whatever the strength is."""
    assert np.array_equal(_augmented(images, 1.0, training=False), images)


def test_images_are_moved_one_by_one(images):
    """Copies of one image in a batch come out different from each other."""
    copies = np.repeat(images[:1], 16, axis=0)
    moved = _augmented(copies, 1.0)

    assert len(np.unique(moved.reshape(16, -1), axis=0)) == 16


def test_pixels_stay_in_range(images):
    """Lighter and darker images still hold pixels in [0, 255]."""
    moved = _augmented(images, 1.0)

    assert moved.min() >= 0
    assert moved.max() <= 255


def test_the_seed_decides(images):
    """Equal seed states move images equally, others do not."""
    assert np.array_equal(_augmented(images, 0.7), _augmented(images, 0.7))
    assert not np.array_equal(_augmented(images, 0.7), _augmented(images, 0.7, seed=4))


def test_half_of_the_images_flip_at_full_strength():
    """A draw below the share mirrors an image: its matrix has a negative scale."""
    draws = np.zeros((5, 200), np.float32)
    draws[0] = np.linspace(-1, 1, 200)
    scales = ops.convert_to_numpy(affine(draws, 1.0, side=24))[:, 0]

    assert (scales < 0).sum() == 100


def test_a_flip_mirrors_around_the_centre():
    """A flipped image without other moves is the mirrored image, to the bit."""
    draws = np.array([[-1.0], [0], [0], [0], [0]], np.float32)
    matrix = affine(draws, 1.0, side=8)
    image = np.arange(64, dtype=np.float32).reshape(1, 8, 8, 1)
    moved = ops.image.affine_transform(image, matrix, data_format="channels_last")

    assert np.array_equal(ops.convert_to_numpy(moved), image[:, :, ::-1])
