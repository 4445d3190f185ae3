"""The training data of initial weights: refused, or reported."""

import hashlib
import json
import tomllib
import zipfile
from dataclasses import replace

import pytest

from data_pipeline.system.errors import StudyError
from models.pretrained.provenance import write_provenance
from models.pretrained.sources import LoadedWeights
from search.inputs.initial_weights import (
    check_not_trained_on,
    provenance_warnings,
    report_entry,
    sidecar_entry,
    study_models,
)
from search.inputs.provenance import check_digest
from search.inputs.study_data import read_labels
from search.study.study import check_study
from tests.factories.initial_weights import BACKBONES, DATA_SPEC, space, with_model
from tests.factories.runs import STUDY


def sha256_of(text):
    """Digests a text."""
    return hashlib.sha256(text.encode()).hexdigest()


CKPLUS = {"dataset": "ckplus", "hold_out": "other"}


@pytest.mark.parametrize(
    "described",
    [
        {"data": CKPLUS},
        {
            "data": {"dataset": "fer"},
            "start": {"trained_on": [CKPLUS | {"synthetic": True}]},
        },
    ],
    ids=["itself", "what it started from"],
)
def test_a_model_that_learned_from_these_data_is_refused(tmp_path, described):
    """Weights are refused if they, or their own start, were trained on our data."""
    searched = with_model(tmp_path, "fer", **described)
    models = study_models(searched, tmp_path, "small", synthetic=True)
    frame = replace(DATA_SPEC, models=models)

    check_not_trained_on(searched, frame, dataset="affectnet", synthetic=True)
    check_not_trained_on(searched, frame, dataset="ckplus", synthetic=False)
    with pytest.raises(StudyError, match=r"study:fer.*trained on.*of ckplus"):
        check_not_trained_on(searched, frame, dataset="ckplus", synthetic=True)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("ferplus", "fer2013"), ("fer2013", "ferplus"), ("synthetic", "ckplus")],
)
def test_other_labels_of_the_same_images_are_the_same_data(tmp_path, theirs, ours):
    """FER+ votes on FER2013's images, and synthetic faces are laid out as CK+."""
    data = {"dataset": theirs, "hold_out": "other"}
    searched = with_model(tmp_path, "theirs", data=data)
    models = study_models(searched, tmp_path, "small", synthetic=True)
    with pytest.raises(StudyError, match=rf"trained on the images of {ours}"):
        check_not_trained_on(
            searched, replace(DATA_SPEC, models=models), dataset=ours, synthetic=True
        )


@pytest.mark.parametrize("same", [True, False], ids=["same split", "another"])
def test_labels_are_not_read_for_a_start_that_saw_them(tmp_path, coursework, same):
    """Weights trained on the study's faces are refused, whatever the split."""
    tables = tomllib.loads(STUDY)
    free = check_study(tables, name="small", place="small.toml")
    held = read_labels(free, coursework, synthetic=True).split.hold_out.key
    tables["fixed"]["backbone.weights"] = "study:fer"
    study = check_study(tables, name="small", place="small.toml")
    data = CKPLUS | ({"hold_out": held} if same else {})
    with_model(tmp_path / "trained", "fer", data=data)
    with_model(tmp_path / "new", "fer", data={"dataset": "fer", "hold_out": held})

    read_labels(study, coursework, synthetic=True, runs=tmp_path / "new")
    with pytest.raises(StudyError, match=r"study:fer.*validate trials here"):
        read_labels(study, coursework, synthetic=True, runs=tmp_path / "trained")


def file_of(path, **described):
    """Writes a stand-in for a model file, with or without a description beside it."""
    path.write_text("weights")
    if described:
        path.with_suffix(".json").write_text(json.dumps(described))
    return space(f'"backbone.weights" = ["{path}"]\n', BACKBONES)


def test_an_unreadable_description_is_refused(tmp_path):
    """A description that cannot be read is refused, not ignored."""
    path = tmp_path / "model.keras"
    path.write_bytes(b"a model")
    for text in ("", '{"data": ', "[" * 100_000):
        path.with_suffix(".json").write_text(text)
        with pytest.raises(
            StudyError, match=r"model\.json .*move the description away"
        ):
            check_digest("model.keras", path)
    path.with_suffix(".json").write_text('{"somebody": "else"}')
    check_digest("model.keras", path)


def test_a_description_of_another_model_is_refused(tmp_path):
    """A description belongs to a model with the same digest."""
    path = tmp_path / "copied.keras"
    searched = file_of(path, data=CKPLUS, synthetic=True, sha256=sha256_of("others"))
    words = {"dataset": "ferplus", "synthetic": True}
    with pytest.raises(StudyError, match=r"copied\.json describes another model"):
        check_not_trained_on(searched, DATA_SPEC, **words)
    searched = file_of(path, data=CKPLUS, synthetic=True, sha256=sha256_of("weights"))
    check_not_trained_on(searched, DATA_SPEC, **words)
    assert provenance_warnings(searched, DATA_SPEC) == []


@pytest.mark.parametrize(
    "described",
    [
        {},
        {"data": {"dataset": "fer"}, "start": {"unknown": True, "trained_on": []}},
        {"data": {}, "start": None},
        {"data": {"dataset": "fer"}, "start": {"trained_on": None}},
        {"data": [1, 2]},
    ],
    ids=["itself", "what it started from", "foreign", "no list", "another's"],
)
def test_unknown_training_data_give_a_warning(tmp_path, described):
    """Weights with unknown training data give a warning at start and end."""
    path = tmp_path / "found.keras"
    (line,) = provenance_warnings(file_of(path, **described), DATA_SPEC)
    assert str(path) in line
    sidecar = sidecar_entry(
        str(path), DATA_SPEC, LoadedWeights(loaded=("a", "b"), skipped=("c",))
    )
    assert sidecar["start"]["unknown"] is True
    message = {"weights": str(path), "loaded": 2, "skipped": 1, "unknown": True}
    assert report_entry(sidecar) == {"start": message}


def archive_of(path, sidecar):
    """Writes a stand-in for a model file with a description inside."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("config.json", "{}")
    write_provenance(path, sidecar)
    return space(f'"backbone.weights" = ["{path}"]\n', BACKBONES)


def test_a_copy_without_its_description_is_refused(tmp_path):
    """The description inside a file and the one beside it both count."""
    path = tmp_path / "copied.keras"
    searched = archive_of(path, {"data": CKPLUS, "synthetic": True})
    assert provenance_warnings(searched, DATA_SPEC) == []
    check_not_trained_on(searched, DATA_SPEC, dataset="ferplus", synthetic=True)
    with pytest.raises(StudyError, match=r"copied\.keras.*trained on.*of ckplus"):
        check_not_trained_on(searched, DATA_SPEC, dataset="ckplus", synthetic=True)
    other = {"data": {"dataset": "ferplus"}, "synthetic": True}
    path.with_suffix(".json").write_text(json.dumps(other))
    for dataset in ("ckplus", "fer2013"):
        with pytest.raises(StudyError, match="trained on the images"):
            check_not_trained_on(searched, DATA_SPEC, dataset=dataset, synthetic=True)


def test_a_model_that_was_tested_on_these_people_is_refused(tmp_path):
    """A receipt has its digest, so it is refused whatever its description."""
    path = tmp_path / "stripped.keras"
    searched = file_of(path)
    words = {"dataset": "ckplus", "synthetic": True}
    check_not_trained_on(
        searched, DATA_SPEC, **words, tested={sha256_of("others"): "tiny"}
    )
    with pytest.raises(StudyError, match=r"\(the model of run tiny\) was trained"):
        check_not_trained_on(
            searched, DATA_SPEC, **words, tested={sha256_of("weights"): "tiny"}
        )
