"""What the backbones of a study may start from is known when the study is read."""

import tomllib

import pytest

from data_pipeline.errors import StudyError, WeightsError
from models.config import Frame
from search.starts import check_space, starts
from search.study import check_study
from tests.strategies_runs import STUDY

FRAME = Frame(image_size=32, channels=1, emotions=("a", "b"), action_units=())
WEIGHTS = '"backbone.weights" = ["none", "imagenet"]\n'
NORMALIZATION = '"backbone.normalization" = ["own", "development"]\n'
BACKBONES = '"backbone.name" = ["mobilenet", "resnet18"]\n'


def space(*lines):
    """Reads a study's space with some keys more."""
    text = STUDY.replace('"backbone.name" = "residual_cnn"\n', "")
    tables = tomllib.loads(text + "".join(lines))
    return check_study(tables, name="small", place="small.toml").space


def test_every_combination_is_looked_at_once():
    """Conditions between backbone, weights and normalization are respected."""
    only_none = ', when = { "backbone.weights" = ["none"] } }\n'
    normalization = '"backbone.normalization" = { choices = ["own", "development"]'
    found = [
        tuple(sorted(start.values()))
        for start in starts(
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
        check_space(space(BACKBONES, WEIGHTS), FRAME)


def test_a_space_of_two_scales_is_refused():
    """A normalization that may meet ImageNet weights is refused before any training."""
    mobile = '"backbone.name" = ["mobilenet"]\n'

    check_space(space(BACKBONES, NORMALIZATION), FRAME)
    with pytest.raises(WeightsError, match=r"cannot go with.*imagenet"):
        check_space(space(mobile, WEIGHTS, NORMALIZATION), FRAME)


def test_images_too_small_for_one_backbone_are_refused():
    """One backbone of a space that needs larger images is named with its smallest."""
    frame = Frame(image_size=24, channels=1, emotions=("a", "b"), action_units=())

    check_space(space('"backbone.name" = ["resnet18", "ferplus_cnn"]\n'), frame)
    with pytest.raises(StudyError, match=r"mobilenet needs images of at least 32"):
        check_space(space(BACKBONES), frame)
