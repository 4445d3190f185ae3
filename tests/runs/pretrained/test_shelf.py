"""A search that starts from weights of the shelf, with Ray; and one without them."""

import json

import keras
import numpy as np
import pytest

from data_pipeline.system.errors import StudyError
from models.pretrained.fetching import is_kept, obtain
from models.pretrained.formats import backbone_layers
from models.pretrained.ports import read_port
from models.pretrained.shelf import ROWS
from search import run
from search.inputs.initial_weights import check_not_trained_on
from tests.factories.initial_weights import BACKBONES, DATA_SPEC, space
from tests.factories.runs import STUDY, run_main, searched, write_study

pytestmark = pytest.mark.slow

NAME = "mini_xception_fer2013"
FROM_SHELF = (
    STUDY.replace(
        '"residual_cnn"', f'"mini_xception"\n"backbone.weights" = "shelf:{NAME}"'
    )
    .replace('"backbone.blocks" = 1\n"backbone.filters" = 8\n', "")
    .replace(
        '"training.epochs" = 2', '"training.epochs" = 1\n"finetune.frozen_epochs" = 1'
    )
    .replace("trials = 2", "trials = 1")
)


def test_a_search_starts_from_the_shelf(tmp_path, coursework):
    """The tested model has the frozen weights of the file, and FER+ refuses it."""
    if not is_kept(ROWS[NAME]):
        pytest.skip(f"needs: python -m models.weights get {NAME}")
    study = write_study(tmp_path, text=FROM_SHELF)
    words = ("--study", study, "--data", coursework, "--out", tmp_path / "runs")
    answer = run_main(run.main, *map(str, words))
    folder = tmp_path / "runs" / "tiny-synthetic"

    assert (answer.code, answer.err) == (0, "")
    assert f"mini_xception loads all 36 layers of shelf:{NAME}" in answer.out
    layers = backbone_layers(keras.saving.load_model(folder / "model.keras"))
    names = [layer.name for layer in layers]
    given = read_port("mini_xception", obtain(ROWS[NAME]), names)
    assert len(layers) == len(given) == 36
    for layer in layers:
        for own, theirs in zip(layer.get_weights(), given[layer.name], strict=True):
            np.testing.assert_array_equal(own, theirs)
    started = json.loads((folder / "model.json").read_text())["start"]
    assert started["trained_on"][0]["dataset"] == "fer2013"
    later = space(f'"backbone.weights" = ["{folder / "model.keras"}"]\n', BACKBONES)
    with pytest.raises(StudyError, match=r"model\.keras.*images of ferplus"):
        check_not_trained_on(later, DATA_SPEC, dataset="ferplus", synthetic=False)


def test_a_search_without_the_file_ends_at_once(tmp_path, coursework, monkeypatch):
    """With no file and no network a search has one message, code 2 and no trial."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    study = write_study(tmp_path, text=FROM_SHELF)
    answer = searched(study, coursework, tmp_path / "runs")

    assert answer.code == 2
    assert answer.err.count("\n") == 1
    assert f"shelf:{NAME} is not in {tmp_path / 'home'}" in answer.err
    assert f"python -m models.weights get {NAME}" in answer.err
    assert "trial" not in answer.out
