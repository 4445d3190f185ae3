"""Weights of the shelf in a study: what trained them is known."""

import pytest

from data_pipeline.system.errors import StudyError, WeightsError
from models.pretrained.provenance import write_provenance
from models.pretrained.shelf import ROWS
from models.pretrained.sources import LoadedWeights
from search.inputs.initial_weights import (
    check_buildable,
    check_not_trained_on,
    provenance_warnings,
    sidecar_entry,
    weight_digests,
)
from tests.factories.initial_weights import BACKBONES, DATA_SPEC, space
from tests.factories.shelf import small_row

NAME = "shelf:mini_xception_fer2013"
SEARCHED = space(
    f'"backbone.weights" = ["none", "{NAME}"]\n',
    '"backbone.name" = ["mini_xception"]\n',
)
MIXED = "shelf:faceapi_cnn_expressions"
MANY = space(
    f'"backbone.weights" = ["{MIXED}"]\n', '"backbone.name" = ["faceapi_cnn"]\n'
)


@pytest.mark.parametrize("dataset", ["fer2013", "ferplus"])
def test_weights_of_fer2013_are_refused_for_its_images(dataset):
    """Whatever the labels; drawn faces and other data sets are allowed."""
    with pytest.raises(StudyError, match=rf"{NAME}: .*fer 25.*the images of {dataset}"):
        check_not_trained_on(SEARCHED, DATA_SPEC, dataset=dataset, synthetic=False)
    check_not_trained_on(SEARCHED, DATA_SPEC, dataset=dataset, synthetic=True)
    check_not_trained_on(SEARCHED, DATA_SPEC, dataset="ckplus", synthetic=False)


@pytest.mark.parametrize("dataset", ["ckplus", "ferplus", "fer2013", "own: KDEF"])
def test_a_network_of_several_sets_is_refused_for_each(dataset):
    """Also for a user's own data that are named after one of them."""
    with pytest.raises(StudyError, match=rf"{MIXED}: .*face-api.*images of {dataset}"):
        check_not_trained_on(MANY, DATA_SPEC, dataset=dataset, synthetic=False)


def test_sets_that_nobody_names_are_a_warning():
    """A network that saw more images is allowed elsewhere; start and sidecar say so."""
    check_not_trained_on(MANY, DATA_SPEC, dataset="affectnet", synthetic=False)
    (said,) = provenance_warnings(MANY, DATA_SPEC)
    loaded = LoadedWeights(loaded=("a",), skipped=())

    assert said.startswith(f"backbone.weights {MIXED}: these weights were trained on ")
    assert "kdef, imfdb, images from the web, of which no list is published" in said
    assert sidecar_entry(MIXED, DATA_SPEC, loaded)["start"]["unknown"] is True
    assert "unknown" not in sidecar_entry(NAME, DATA_SPEC, loaded)["start"]


def test_they_are_known_without_their_file():
    """Digest and training data are the row's: nothing is fetched for the checks."""
    digest = ROWS["mini_xception_fer2013"].sha256
    check_buildable(SEARCHED, DATA_SPEC)

    assert weight_digests(SEARCHED, DATA_SPEC) == {f"backbone.weights {NAME}": digest}
    assert provenance_warnings(SEARCHED, DATA_SPEC) == []


def test_a_model_that_started_from_them_is_refused_too(tmp_path):
    """Its sidecar has the shelf's training data, which count as its own."""
    sidecar = sidecar_entry(NAME, DATA_SPEC, LoadedWeights(loaded=("a",), skipped=()))
    path = tmp_path / "mine.keras"
    path.write_bytes(b"PK\5\6" + bytes(18))
    described = {"data": {"dataset": "ckplus", "hold_out": "x"}, "synthetic": False}
    write_provenance(path, described | sidecar)
    searched = space(f'"backbone.weights" = ["{path}"]\n', BACKBONES)

    check_not_trained_on(searched, DATA_SPEC, dataset="affectnet", synthetic=False)
    for dataset in ("ckplus", "ferplus"):
        with pytest.raises(StudyError, match=r"mine\.keras.*trained on"):
            check_not_trained_on(searched, DATA_SPEC, dataset=dataset, synthetic=False)


def test_a_copy_of_their_file_is_recognized(tmp_path, monkeypatch):
    """Under another name the digest tells which weights they are."""
    monkeypatch.setitem(ROWS, "small", small_row(b"copied numbers"))
    path = tmp_path / "mine.h5"
    path.write_bytes(b"copied numbers")
    searched = space(f'"backbone.weights" = ["{path}"]\n', BACKBONES)

    assert provenance_warnings(searched, DATA_SPEC) == []
    with pytest.raises(StudyError, match=r"mine\.h5.*the images of ferplus"):
        check_not_trained_on(searched, DATA_SPEC, dataset="ferplus", synthetic=False)


def test_a_space_with_another_backbone_is_refused():
    """Without a condition between the two, the message has it."""
    both = space(
        f'"backbone.weights" = ["{NAME}"]\n',
        '"backbone.name" = ["mini_xception", "resnet18"]\n',
    )
    with pytest.raises(WeightsError, match=r'found resnet18; .*when = \{ "backbone'):
        check_buildable(both, DATA_SPEC)
