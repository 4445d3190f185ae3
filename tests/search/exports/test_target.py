"""Which format is written where: format and ending fit, and nothing is overwritten."""

from pathlib import Path

import pytest

from data_pipeline.system.errors import InputError
from search.export import FORMATS
from search.exports.target import ENDINGS, chosen_format, model_target


def test_the_command_offers_every_format():
    """Its list, which ``--help`` reads without an import, is that of the formats."""
    assert tuple(ENDINGS) == FORMATS


@pytest.mark.parametrize("name", ENDINGS)
def test_a_format_takes_its_own_ending(name):
    """A named format is accepted with its ending, and without a file."""
    assert chosen_format(name, Path(f"folder.d/c{ENDINGS[name]}")) == name
    assert chosen_format(name, None) == name


@pytest.mark.parametrize(
    ("to", "name"),
    [("c.toml", "toml"), ("c.keras", "keras"), ("c.onnx", "onnx")],
)
def test_an_ending_says_the_format(to, name):
    """Without a format the ending decides."""
    assert chosen_format(None, Path(to)) == name


@pytest.mark.parametrize(
    ("name", "to", "words"),
    [
        ("onnx", "c.toml", r"ends in \.onnx, found \.toml; name --to c\.onnx"),
        ("toml", "c.onnx", r"ends in \.toml, found \.onnx; name --to c\.toml"),
        ("savedmodel", "c.pb", r"a folder, found \.pb; name --to c, or another"),
        ("keras", "c", r"ends in \.keras, found no ending"),
        (None, "c.h5", r"one of \.toml, \.keras, \.onnx, \.tflite, found \.h5"),
        (None, "c", "found none; or add --format"),
        (None, None, "add --format, one of toml, keras"),
        ("pickle", None, "--format pickle: is one of toml"),
    ],
)
def test_what_does_not_fit_is_refused(name, to, words):
    """The message has the format, the ending that was found, and the way out."""
    with pytest.raises(InputError, match=words):
        chosen_format(name, None if to is None else Path(to))


def test_models_lie_in_a_folder_of_their_format(tmp_path):
    """By default formats of one ending, and the run's own sidecar, are apart."""
    names = [name for name in ENDINGS if name != "toml"]
    targets = [model_target(tmp_path, name, None) for name in names]
    assert len({target.parent for target in targets}) == len(names)
    assert targets[0] == tmp_path / "keras" / "model.keras"


@pytest.mark.parametrize("there", ["c.onnx", "c.json"])
def test_nothing_is_overwritten(tmp_path, there):
    """Neither a model nor the sidecar beside it."""
    (tmp_path / there).write_text("mine")
    with pytest.raises(InputError, match="not overwritten"):
        model_target(tmp_path, "onnx", tmp_path / "c.onnx")
    with pytest.raises(InputError, match="create it"):
        model_target(tmp_path, "onnx", tmp_path / "none" / "c.onnx")
