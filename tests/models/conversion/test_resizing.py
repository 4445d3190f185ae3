"""Laws of resizing by matrices: Keras's own numbers, without its layer."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.conversion.resizing import MatrixResizing, with_matrix_resizing
from models.inference.ensemble import average_of
from models.training.saving import plain_model
from tests.factories.exported_model import exported
from tests.factories.formats.converted import converted
from tests.factories.models import configured

SIDE, SMALL = 32, 20


def raw(count, side=SIDE, channels=1):
    """Draws raw pixels."""
    shape = (count, side, side, channels)
    return np.random.default_rng(count).integers(0, 256, shape).astype(np.float32)


def resized(seed=1):
    """Builds a small model that resizes its images."""
    keras.utils.set_random_seed(seed)
    return plain_model(configured(side=SIDE, backbone__image_size=SMALL))


@given(st.integers(17, 60), st.integers(16, 60), st.sampled_from([1, 3]))
@settings(deadline=None, max_examples=10)
def test_matrices_resize_as_keras_does(side, to, channels):
    """Any images become what ``Resizing`` makes of them, but for rounding."""
    layer = keras.layers.Resizing(to, to, antialias=True, dtype="float32")
    images = raw(2, side, channels)
    found = MatrixResizing(layer, images.shape[1:])(images)
    wanted = layer(images, training=False)
    np.testing.assert_allclose(np.asarray(found), np.asarray(wanted), atol=1e-3)


def test_a_model_that_does_not_resize_stays():
    """It is not copied."""
    model = plain_model(configured(side=SIDE))
    assert with_matrix_resizing(model) is model


def test_a_copy_predicts_the_same():
    """The networks of an ensemble are copied too, with their weights."""
    model = average_of([resized(1), resized(2)])
    copy, images = with_matrix_resizing(model), raw(3)
    kinds = {type(layer) for part in copy.layers[1:3] for layer in part.layers}
    assert MatrixResizing in kinds
    assert keras.layers.Resizing not in kinds
    found, wanted = (one.predict_on_batch(images) for one in (copy, model))
    for head in wanted:
        np.testing.assert_allclose(found[head], wanted[head], atol=1e-5)


@pytest.mark.slow
def test_formats_resize(tmp_path):
    """A model that resizes its images is written in formats that cannot."""
    path = exported(tmp_path, size=SIDE, backbone__image_size=SMALL)
    for name in ("onnx", "litert", "savedmodel"):
        _, found = converted(path, name, tmp_path, raw(3).astype(np.uint8))
        assert found.difference < 1e-4
