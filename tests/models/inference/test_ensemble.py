"""One Keras model that averages what several models predict."""

import keras
import numpy as np
import pytest

from models.inference.ensemble import export_ensemble
from models.inference.predictor import Predictor
from models.network.standardization import STANDARDIZE, is_standardized
from models.pretrained.formats import backbone_layers
from models.training.saving import plain_model
from tests.factories.models import configured


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Two models with other weights, and their ensemble."""
    folder = tmp_path_factory.mktemp("models")
    config = configured(side=32, channels=1, dimensions=("valence", "arousal"))
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        plain_model(config).save(folder / f"{seed}.keras")
    found = [folder / f"{seed}.keras" for seed in (1, 2)]
    export_ensemble(found, folder / "both.keras", cpus=1)
    return [*found, folder / "both.keras"]


def test_each_output_is_the_mean(paths):
    """Of every head, row by row, after the file was written and read."""
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 1))
    heads = [Predictor(path, cpus=1).predict(pixels).heads() for path in paths]
    for first, second, both in zip(*heads, strict=True):
        if both is not None:
            assert np.abs(first - second).max() > 1e-4
            np.testing.assert_allclose(both, (first + second) / 2, atol=1e-6)


def test_a_backbone_can_start_from_it(paths):
    """It has the layers of the first model's backbone, by name."""
    first, _, both = map(keras.saving.load_model, paths)
    names = [layer.name for layer in backbone_layers(first)]
    assert [layer.name for layer in backbone_layers(both)] == names
    for one, other in zip(backbone_layers(first), backbone_layers(both), strict=True):
        np.testing.assert_equal(one.get_weights(), other.get_weights())


def test_standardized_pixels_are_found_in_its_models():
    """What its models do with pixels is what it does."""
    pixels = keras.Input((4, 4, 1))
    inner = keras.Model(pixels, keras.layers.Rescaling(2.0, name=STANDARDIZE)(pixels))
    outer = keras.Model(pixels, inner(pixels))
    assert is_standardized(outer)
    assert not is_standardized(keras.Model(pixels, keras.layers.ReLU()(pixels)))
