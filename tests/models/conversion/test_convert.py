"""Laws of conversion: a written model agrees with Keras, or nothing is written."""

import json

import keras
import numpy as np
import pytest

from data_pipeline.system.errors import InputError, RunError
from models.conversion import convert as conversion
from models.conversion import keras_file, onnx_file
from models.conversion.agreement import largest_difference
from models.conversion.formats import FORMATS
from models.conversion.saved_model import folder_digest
from models.inference.predictor import Predictor
from models.inference.sidecar import read_sidecar
from models.metrics.predictions import Predictions
from tests.factories.exported_model import SIZE, exported
from tests.factories.formats.converted import converted
from tests.factories.runs import contents

PIXELS = np.random.default_rng(2).integers(0, 256, (40, SIZE, SIZE, 1)).astype("u1")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny model."""
    return exported(tmp_path_factory.mktemp("model"))


@pytest.mark.slow
def test_a_quantized_model_tells_its_loss(model, tmp_path):
    """An 8-bit model is a quarter as large, near the other, and scored beside it."""

    def score(predictions):
        return {"mean": float(predictions.emotion[:, 0].mean())}

    path, found = converted(model, "litert-int8", tmp_path, PIXELS, score=score)
    before, after = (Predictor(each, cpus=1).predict(PIXELS) for each in (model, path))
    assert 1e-4 < found.difference < 0.1
    assert found.difference == pytest.approx(largest_difference(before, after))
    assert found.scores["mean"] == pytest.approx(
        (score(before)["mean"], score(after)["mean"])
    )
    sidecar = json.loads(path.with_suffix(".json").read_text())
    assert set(FORMATS["litert-int8"].packages) <= set(sidecar["versions"])
    assert sidecar["conversion"]["largest_difference"] == found.difference
    assert sidecar["conversion"]["scores"]["mean"] == list(found.scores["mean"])


@pytest.mark.slow
def test_constants_of_layers_are_kept(tmp_path):
    """Means that a layer holds as constants, as EfficientNets do, are in ONNX files."""
    pixels = keras.Input((8, 8, 1), name="pixels")
    layer = keras.layers.Normalization(mean=[100.0], variance=[50.0])
    mean = keras.layers.GlobalAveragePooling2D(name="emotion")(layer(pixels))
    source, to = tmp_path / "model.keras", tmp_path / "model.onnx"
    keras.Model(pixels, {"emotion": mean}).save(source)
    onnx_file.write(source, to, None)
    found, wanted = (
        Predictor(path, cpus=1).predict(PIXELS[:, :8, :8]) for path in (to, source)
    )
    assert largest_difference(found, wanted) < 1e-4


@pytest.mark.slow
def test_gelu_is_written(tmp_path):
    """The activation of ConvNeXt, which TensorFlow computes by erfc, is in files."""
    pixels = keras.Input((8, 8, 1), name="pixels")
    scaled = keras.layers.Rescaling(1 / 64, offset=-2)(pixels)
    mean = keras.layers.GlobalAveragePooling2D()(
        keras.layers.Activation("gelu")(scaled)
    )
    outputs = {"emotion": keras.layers.Rescaling(1.0, name="emotion")(mean)}
    source, to = tmp_path / "model.keras", tmp_path / "model.onnx"
    keras.Model(pixels, outputs).save(source)
    onnx_file.write(source, to, None)
    found, wanted = (
        Predictor(path, cpus=1).predict(PIXELS[:, :8, :8]) for path in (to, source)
    )
    assert largest_difference(found, wanted) < 1e-6


def test_a_network_without_a_place_in_a_format(model, tmp_path, monkeypatch):
    """A converter's error is one message with the way out, and no file stays."""

    def refuse(*_):
        raise ValueError("no such operation: Sorcery\nmore")

    monkeypatch.setattr(keras_file, "write", refuse)
    with pytest.raises(RunError, match=r"Sorcery; nothing was written; choose"):
        converted(model, "keras", tmp_path, PIXELS)
    assert contents(tmp_path) == {}


def test_the_run_s_own_file_is_copied(model, tmp_path):
    """The format keras gives the same bytes and the same sidecar."""
    path, found = converted(model, "keras", tmp_path, PIXELS)
    assert found.difference == 0
    assert path.read_bytes() == model.read_bytes()
    assert read_sidecar(path) == read_sidecar(model)


def test_a_difference_leaves_nothing(model, tmp_path, monkeypatch):
    """A model that differs too much is an error, and no file or folder stays."""
    monkeypatch.setattr(conversion, "TOLERANCE", -1.0)
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(RunError, match=r"differs from the Keras model.*nothing was"):
        converted(model, "keras", tmp_path, PIXELS)
    assert contents(tmp_path) == {"mine": b"mine"}
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("name", ["onnx", "litert"])
def test_a_missing_package_is_named(model, tmp_path, monkeypatch, name):
    """Without a package nothing begins, and the message has pip's command."""
    monkeypatch.setattr("models.engines.engine.find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"not installed; pip install") as error:
        converted(model, name, tmp_path, PIXELS)
    assert f'".[{name}]"' in str(error.value)


def test_differences_are_shares_of_a_range():
    """Intensities differ as a part of 5, ratings of 2; a number that is none, all."""
    one, other = np.array([[0.0, 1.0]]), np.array([[0.5, 1.0]])

    def of(**heads):
        return Predictions(**{"emotion": None, "action_units": None} | heads)

    for head, width in (
        ("action_units", 1),
        ("action_unit_intensities", 5),
        ("valence_arousal", 2),
    ):
        apart = largest_difference(of(**{head: one}), of(**{head: other}))
        assert apart == pytest.approx(0.5 / width)
    none = np.array([[np.nan, 1.0]])
    assert largest_difference(of(emotion=one), of(emotion=none)) == np.inf
    assert largest_difference(of(emotion=one), of()) == np.inf


def test_a_folder_s_digest_is_of_all_its_files(tmp_path):
    """A changed file, a new one or another name gives another digest."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_text("1")
    digests = {folder_digest(tmp_path)}
    (tmp_path / "a" / "b").write_text("2")
    digests.add(folder_digest(tmp_path))
    (tmp_path / "a" / "b").rename(tmp_path / "a" / "c")
    digests.add(folder_digest(tmp_path))
    (tmp_path / "d").write_text("")
    assert len(digests | {folder_digest(tmp_path)}) == 4
