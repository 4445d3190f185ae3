"""Laws of a model's sidecar: it is this model's, whole, and cut alike here."""

import json

import pytest

from tests.factories.data.faces import drawn, drawn_rows
from tests.factories.exported_model import SIZE, exported, is_refused, predicted


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny model that looks for no face."""
    return exported(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A drawn face."""
    path = tmp_path_factory.mktemp("pictures") / "a.png"
    drawn(drawn_rows(1)[0])[0].save(path)
    return path


def described(model, folder, **changes):
    """Copies a model to a folder with a changed description; returns its file."""
    message = json.loads(model.with_suffix(".json").read_text()) | changes
    path = folder / "model.keras"
    path.write_bytes(model.read_bytes())
    path.with_suffix(".json").write_text(json.dumps(message))
    return path


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sha256": "0" * 64}, ["describes another model", "SHA-256"]),
        ({"thresholds": {}}, ["no threshold for AU1, AU12"]),
        ({"input": {"size": 32}}, ["input.channels", "input.crop"]),
        (
            {"input": {"size": 32, "channels": 1, "crop": {"kind": "x"}}},
            ["none, cropped, detect, landmarks"],
        ),
        (
            {"input": {"size": 32, "channels": 1, "crop": {"kind": "landmarks"}}},
            ["trained on faces cut with", "install the versions"],
        ),
    ],
)
def test_a_wrong_description_is_refused(model, pictures, tmp_path, changes, words):
    """A sidecar of another model, or an incomplete one, is refused with the reason."""
    path = described(model, tmp_path, **changes)
    assert is_refused(predicted(path, pictures)[0], *words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"emotions": ["a"]}, ["outputs action_units (2), emotion (1)", "emotion (3)"]),
        ({"action_units": [], "thresholds": {}}, ["the outputs emotion (3), but"]),
        ({"dimensions": ["valence", "arousal"]}, ["valence_arousal (2), but the"]),
        (
            {"input": {"size": 48, "channels": 1, "crop": "centre_square"}},
            ["describes images of 48 x 48 x 1, but the model takes 32 x 32 x 1"],
        ),
        (
            {"input": {"size": 32, "channels": 3, "crop": "centre_square"}},
            ["32 x 32 x 3, but the model takes 32 x 32 x 1"],
        ),
    ],
)
def test_a_description_of_other_outputs_is_refused(
    model, pictures, tmp_path, changes, words
):
    """Inputs and outputs of sidecar and model are compared before predicting."""
    path = described(model, tmp_path, **changes)
    answer = predicted(path, pictures)[0]
    assert is_refused(answer, "model.json", "copy both files again", *words), answer


def test_models_that_cannot_be_used(model, pictures, tmp_path):
    """A missing sidecar, no JSON, and a file that Keras cannot load are refused."""
    path = described(model, tmp_path)
    path.with_suffix(".json").write_text("{")
    assert is_refused(predicted(path, pictures)[0], "is not JSON", "copy both files")
    path.with_suffix(".json").unlink()
    assert is_refused(predicted(path, pictures)[0], "model.json is missing")
    path.write_bytes(b"none")
    digest = "140bedbf9c3f6d56a9846d2ba7088798683f4da0c248231336e6a05679e4fdfe"
    path = described(model, tmp_path, sha256=digest)
    path.write_bytes(b"none")
    assert is_refused(predicted(path, pictures)[0], "cannot be read as a .keras file")


def test_first_models_are_read(model, pictures, tmp_path):
    """A description of the first runs names the centre square in one word."""
    wanted = {"size": SIZE, "channels": 1, "crop": "centre_square"}
    path = described(model, tmp_path, input=wanted)
    assert predicted(path, pictures)[1] == predicted(model, pictures)[1]
