"""The matrices and rectangles of the augmentation, from draws that are given."""

import numpy as np
import pytest
from keras import ops
from scipy import ndimage

from models.config.augmentation_presets import AMOUNTS, resolve
from models.network.augmentation import DRAWS, affine, erase, of_images

SIDE = 24


def _draws(rows=1, **given):
    """Draws of 0, the middle, apart from those given."""
    draws = {name: np.zeros(rows, np.float32) for name in DRAWS}
    draws |= {name: np.asarray(value, np.float32) for name, value in given.items()}
    return draws


def _amounts(rows=1, **given):
    amounts = dict.fromkeys(AMOUNTS, 0.0) | given
    return {name: np.full(rows, amount, np.float32) for name, amount in amounts.items()}


def _matrix(draws, amounts, side=SIDE):
    """The 2 x 3 matrix from output to input coordinates, across before down."""
    return ops.convert_to_numpy(affine(draws, amounts, side))[0, :6].reshape(2, 3)


def test_strength_multiplies_all_but_the_probability():
    """At half the strength an image that is changed has half of each amount."""
    whole = resolve({"augmentation.preset": "ferplus_cnn"}).amounts()
    half = resolve({"augmentation.preset": "ferplus_cnn", "augmentation.strength": 0.5})
    changes = np.array([-0.9, 0.9], np.float32)
    full = of_images(np.array(whole, np.float32), changes)
    weak = of_images(np.array(half.amounts(), np.float32), changes)

    for name in set(AMOUNTS) - {"strength", "probability"}:
        amount = whole[AMOUNTS.index(name)]
        assert np.allclose(full[name], [amount, 0])
        assert np.allclose(weak[name], [amount / 2, 0])


def test_half_of_the_images_flip():
    """A draw below the share mirrors an image: its matrix has a negative scale."""
    draws = _draws(200, flip=np.linspace(-1, 1, 200))
    matrices = ops.convert_to_numpy(affine(draws, _amounts(200, flip=0.5), SIDE))

    assert (matrices[:, 0] < 0).sum() == 100


def test_the_matrix_is_the_product_of_its_parts():
    """Scale, rotation, skew across, skew down, flip: multiplied in double precision."""
    draws = _draws(turn=[0.5], scale=[0.4], skew_across=[0.7], skew_down=[-0.6])
    amounts = _amounts(rotation=0.6, scale=0.2, skew=0.3, flip=1.0)
    cosine, sine = np.cos(0.3), np.sin(0.3)
    product = (
        1.08
        * np.array([[cosine, -sine], [sine, cosine]])
        @ np.array([[1, 0.21], [0, 1]])
        @ np.array([[1, 0], [-0.18, 1]])
        @ np.diag([-1, 1])
    )
    matrix = _matrix(draws, amounts)
    centre = np.full(2, (SIDE - 1) / 2)

    assert np.allclose(matrix[:, :2], product, atol=1e-6)
    assert np.allclose(matrix[:, :2] @ centre + matrix[:, 2], centre, atol=1e-5)


def test_a_shift_moves_the_centre():
    """A shift is a share of the side, along its own axis, whatever else happens."""
    draws = _draws(turn=[1.0], across=[0.5], down=[-1.0])
    matrix = _matrix(draws, _amounts(shift=0.2, rotation=0.5))
    centre = np.full(2, (SIDE - 1) / 2)
    moved = matrix[:, :2] @ centre + matrix[:, 2] - centre

    assert np.allclose(moved, [0.1 * SIDE, -0.2 * SIDE], atol=1e-5)


@pytest.mark.parametrize(("place", "start"), [(-1, 0), (0, 3), (1, 6)])
def test_a_resized_crop_lies_inside_the_image(place, start):
    """A crop of 9/16 of the area shows 3/4 of each side, from edge to edge."""
    draws = _draws(crop=[1.0], crop_across=[place], crop_down=[place])
    matrix = _matrix(draws, _amounts(crop=7 / 16))
    # Edges lie half a pixel outside the outermost centres.
    ends = matrix[0, 0] * np.array([-0.5, SIDE - 0.5]) + matrix[0, 2] + 0.5

    assert np.allclose(ends, [start, start + 18], atol=1e-4)


def test_one_resampling_agrees_with_scipy():
    """The resampled image is SciPy's with the same matrix, edges repeated."""
    draws = _draws(turn=[0.7], scale=[-0.5], across=[0.3], down=[0.8], skew_down=[1.0])
    amounts = _amounts(rotation=0.5, scale=0.2, shift=0.2, skew=0.2)
    flat = affine(draws, amounts, SIDE)
    generator = np.random.default_rng(2)
    image = generator.integers(0, 256, (SIDE, SIDE)).astype(np.float32)
    ours = ops.image.affine_transform(
        image[None, ..., None], flat, fill_mode="nearest", data_format="channels_last"
    )
    # SciPy's coordinates are down before across.
    linear, moved = np.split(_matrix(draws, amounts)[::-1], [2], axis=1)
    theirs = ndimage.affine_transform(
        image, linear[:, ::-1], moved[:, 0], order=1, mode="nearest"
    )

    assert np.allclose(ops.convert_to_numpy(ours)[0, ..., 0], theirs, atol=0.1)


def test_the_corners_can_be_lost():
    """The largest rectangle reaches every edge; above the share there is none."""
    ends = np.array([-1, 1, -1, 1], np.float32)
    draws = _draws(4, height=[1] * 4, width=[1] * 4, top=ends, left=ends)
    draws["erase"] = np.array([-1, -1, 0.9, 0.9], np.float32)
    lost = ops.convert_to_numpy(erase(draws, _amounts(4, erasing=0.5), SIDE))[..., 0]

    assert lost[0, 0, 0]
    assert lost[1, -1, -1]
    assert not lost[2:].any()
