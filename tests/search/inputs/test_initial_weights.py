"""The initial weights of a study's backbones are checked when it is read."""

import tomllib
from dataclasses import replace

import pytest

from data_pipeline.system.errors import StudyError, WeightsError
from models.config.config import DataSpec
from search.inputs.initial_weights import (
    backbone_choices,
    check_buildable,
    graphs_to_check,
    study_models,
    weight_digests,
)
from search.study.study import check_study
from tests.factories.initial_weights import BACKBONES, DATA_SPEC, space, with_model
from tests.factories.runs import STUDY

WEIGHTS = '"backbone.weights" = ["none", "imagenet"]\n'
NORMALIZATION = '"backbone.normalization" = ["own", "development"]\n'


def test_every_combination_is_looked_at_once():
    """Conditions between backbone, weights and normalization are respected."""
    only_none = ', when = { "backbone.weights" = ["none"] } }\n'
    normalization = '"backbone.normalization" = { choices = ["own", "development"]'
    found = [
        tuple(sorted(start.values()))
        for start in backbone_choices(
            space(
                '"backbone.name" = ["mobilenet"]\n', WEIGHTS, normalization + only_none
            )
        )
    ]

    assert sorted(found) == [
        ("development", "mobilenet", "none"),
        ("imagenet", "mobilenet", "own"),
        ("mobilenet", "none", "own"),
    ]


def test_a_space_of_weights_that_do_not_exist_is_refused():
    """ImageNet weights in a space with a backbone that has none name the backbone."""
    with pytest.raises(WeightsError, match="none of resnet18"):
        check_buildable(space(BACKBONES, WEIGHTS), DATA_SPEC)


def test_a_space_of_two_scales_is_refused():
    """A normalization that does not suit ImageNet weights is refused early."""
    mobile = '"backbone.name" = ["mobilenet"]\n'

    check_buildable(space(BACKBONES, NORMALIZATION), DATA_SPEC)
    with pytest.raises(WeightsError, match=r"cannot go with.*imagenet"):
        check_buildable(space(mobile, WEIGHTS, NORMALIZATION), DATA_SPEC)


def test_images_too_small_for_one_backbone_are_refused():
    """One backbone of a space that needs larger images is named with its smallest."""
    data_spec = DataSpec(
        image_size=24, channels=1, emotions=("a", "b"), action_units=()
    )

    check_buildable(space('"backbone.name" = ["resnet18", "ferplus_cnn"]\n'), data_spec)
    with pytest.raises(StudyError, match=r"mobilenet needs images of at least 32"):
        check_buildable(space(BACKBONES), data_spec)


def test_a_study_starts_from_another(tmp_path):
    """A study's name means the model of its run; its digest is kept."""
    searched = with_model(tmp_path, "fer")
    models = study_models(searched, tmp_path, "small", synthetic=True)
    data_spec = replace(DATA_SPEC, models=models)

    assert dict(models) == {
        "study:fer": str(tmp_path / "fer-synthetic" / "model.keras")
    }
    check_buildable(searched, data_spec)
    before = weight_digests(searched, data_spec)
    assert list(before) == ["backbone.weights study:fer"]
    (tmp_path / "fer-synthetic" / "model.keras").write_text("others")
    assert weight_digests(searched, data_spec) != before


def test_a_study_without_a_model_is_refused(tmp_path):
    """The message has the command that trains it; drawn and real are kept apart."""
    searched = with_model(tmp_path, "fer")
    with pytest.raises(StudyError, match=r"no model of a study fer in.*fer --data DIR"):
        study_models(searched, tmp_path, "small", synthetic=False)
    (tmp_path / "fer-synthetic" / "model.json").unlink()
    with pytest.raises(StudyError, match=r"--study fer --data synthetic --out"):
        study_models(searched, tmp_path, "small", synthetic=True)
    with_model(tmp_path, "ferplus")
    with pytest.raises(StudyError, match=r"Available: ferplus; or train it first"):
        study_models(searched, tmp_path, "small", synthetic=True)
    (tmp_path / "ferplus-synthetic" / "model.keras").unlink()
    gone = space('"backbone.weights" = ["study:ferplus"]\n', BACKBONES)
    with pytest.raises(StudyError, match=r"ferplus-synthetic/model\.keras is missing"):
        study_models(gone, tmp_path, "small", synthetic=True)
    nameless = space('"backbone.weights" = ["study:"]\n', BACKBONES)
    with pytest.raises(StudyError, match=r"names no study; write study:NAME"):
        study_models(nameless, tmp_path, "small", synthetic=True)


def test_a_study_does_not_start_from_itself(tmp_path):
    """Its own model would have been chosen on its own validation."""
    searched = with_model(tmp_path, "small")
    with pytest.raises(StudyError, match="cannot start from its own model"):
        study_models(searched, tmp_path, "small", synthetic=True)


def test_the_ends_of_a_range_are_looked_at():
    """Also of a logarithmic one, which has no points of a grid."""
    mobile = '"backbone.name" = ["mobilenet"]\n'
    sizes = '"backbone.image_size" = { low = 8, high = 30, log = true }\n'
    with pytest.raises(StudyError, match=r"found backbone\.image_size = 8"):
        check_buildable(space(mobile, sizes), DATA_SPEC)
    sizes = '"backbone.image_size" = { low = 0, high = 32 }\n'
    with pytest.raises(StudyError, match=r"found backbone\.image_size = 1;"):
        check_buildable(space(mobile, sizes), DATA_SPEC)
    check_buildable(space(mobile, sizes.replace("32", "32, step = 32")), DATA_SPEC)
    text = STUDY.replace('"backbone.filters" = 8\n', "")
    filters = '"backbone.weights" = ["a.keras"]\n'
    filters += '"backbone.filters" = { low = 8, high = 16, log = true }\n'
    tables = tomllib.loads(text + filters)
    searched = check_study(tables, name="small", place="small.toml").space
    assert [
        dict(one.sizes)["filters"] for one in graphs_to_check(searched, DATA_SPEC)
    ] == [8, 16]


def test_starts_to_try_are_those_with_weights():
    """Each backbone and size with initial weights is tried exactly once."""
    sizes = '"backbone.filters" = { choices = [8, 16], when = { "backbone.name" = '
    sizes += '["residual_cnn"] } }\n'
    text = STUDY.replace('"backbone.name" = "residual_cnn"\n', "")
    text = text.replace('"backbone.filters" = 8\n', "")
    names = '"backbone.name" = ["mobilenet", "residual_cnn"]\n'
    weights = '"backbone.weights" = ["none", "a.keras"]\n'
    tables = tomllib.loads(text + names + weights + sizes)
    searched = check_study(tables, name="small", place="small.toml").space

    found = {
        (one.backbone, dict(one.sizes).get("filters"))
        for one in graphs_to_check(searched, DATA_SPEC)
    }
    assert found == {("mobilenet", None), ("residual_cnn", 8), ("residual_cnn", 16)}
    assert {one.weights for one in graphs_to_check(searched, DATA_SPEC)} == {"a.keras"}
