"""Studies contain the configurations that earlier projects used and tried.

Each value here is stated in a project's text, except where a comment says otherwise.
"""

from dataclasses import dataclass, field

import pytest

from data_pipeline.files.study_files import STUDIES
from models.config.augmentation_presets import resolve
from models.config.config import complete
from search.study.enqueued import params_in_space
from search.study.study import read_study


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What a project says.

    ``stated`` is in the configuration tried first. So is something else than
    ``without``, where the text names a means and no amount. Each value of ``tried`` is
    a point of the space beside all others of the configuration. ``set`` lists words
    that bring the rest of its set-up.
    """

    study: str
    enqueued: str
    stated: dict
    without: dict = field(default_factory=dict)
    tried: dict
    set: tuple = ()


DENSENET = Project(
    study="ckplus",
    enqueued="DenseNet121, oversampled",
    stated={
        "backbone.name": "densenet121",
        "backbone.weights": "none",
        "backbone.normalization": "development",
        "head.dense_units": 256,
        "head.dropout": 0.2,
        "training.optimizer": "adamw",
        "training.learning_rate": 1e-3,
        "training.batch_size": 32,
        "balance": "oversample",
    },
    without={
        "regularization.l1": 1e-7,
        "regularization.l2": 1e-7,
        "training.patience": 0,
        "training.schedule": "constant",
        "augmentation.preset": "none",
    },
    tried={"head.dense_units": (256,), "balance": ("none", "oversample")},
    set=("split.folds=1", "split.hold_out=0.15", "split.validation=0.15"),
)
RESNET50 = Project(
    study="ckplus_imagenet",
    enqueued="ResNet50, class weights",
    stated={
        "backbone.name": "resnet50",
        "backbone.weights": "imagenet",
        "head.dense_units": 256,
        "balance": "class_weights",
        "augmentation.preset": "pad_crop_flip_brightness",
    },
    without={"training.patience": 0, "training.schedule": "constant"},
    # It changed the last four, and says not to what: to any other, then.
    tried={
        "balance": ("none", "class_weights"),
        "training.optimizer": ("adam", "adamw", "sgd"),
        "training.batch_size": (16, 32, 64),
        "head.dense_units": (64, 128, 256),
        "finetune.frozen_epochs": (0,),
    },
)
FROM_SCRATCH = Project(
    study="ckplus",
    enqueued="ResNet50, class weights, from scratch",
    stated=RESNET50.stated | {"backbone.weights": "none"},
    without=RESNET50.without,
    tried=RESNET50.tried | {"finetune.frozen_epochs": ()},
)
RESIDUAL = Project(
    study="ckplus",
    enqueued="residual CNN of 12 blocks",
    stated={
        "backbone.name": "residual_cnn",
        "backbone.blocks": 6,
        "backbone.filters": 256,
        "backbone.weights": "none",
        "backbone.normalization": "development",
        "head.dense_units": 0,
        "regularization.l2": 1e-4,
        "training.epochs": 50,
        "training.optimizer": "adam",
        "training.learning_rate": 1e-3,
        "training.batch_size": 16,
        "augmentation.preset": "angles_positions_lighting",
    },
    without={"training.schedule": "constant"},
    tried={
        "backbone.blocks": (3, 4, 6),
        "backbone.filters": (64, 128, 256),
        "regularization.l2": (1e-5, 1e-4, 1e-2, 1e-1),
        "training.epochs": (15, 50, 75),
        "training.batch_size": (16, 32),
    },
    # It gave up 100 epochs: the study does not search them.
    set=(
        "data.image_size=490",
        "split.folds=1",
        "split.hold_out=0.2",
        "split.validation=0.2",
    ),
)
FERPLUS = Project(
    study="ferplus",
    enqueued="five blocks of convolutions",
    stated={
        "backbone.name": "ferplus_cnn",
        "backbone.weights": "none",
        "regularization.l2": 1e-7,
        "training.patience": 8,
        "training.batch_size": 64,
        "augmentation.preset": "ferplus_cnn",
        # From its notebook, as the study file states.
        "head.dense_units": 256,
        "head.dropout": 0.4,
        "training.epochs": 20,
        "training.learning_rate": 1e-2,
    },
    # It adjusted all four, and names the last value of three.
    tried={
        "training.learning_rate": (1e-4, 1e-3, 1e-2),
        "head.dropout": (0.0, 0.4, 0.5),
        "training.patience": (0, 8),
        "training.batch_size": (32, 64, 128),
    },
    set=("data.labels=strict",),
)
RATED = {
    "backbone.weights": "none",
    # An output layer for emotions and one for ratings, each on the pooled features.
    "head.dense_units": 0,
}
RESNET18 = Project(
    study="affectnet",
    enqueued="ResNet18, 10 epochs",
    stated=RATED | {"backbone.name": "resnet18", "training.epochs": 10},
    without={"training.patience": 0},
    tried={"training.epochs": (10,)},
    set=("split.validation=0.2",),
)
EFFICIENTNET = Project(
    study="affectnet",
    enqueued="EfficientNetB0, 20 epochs",
    stated=RATED | {"backbone.name": "efficientnet_b0", "training.epochs": 20},
    tried={"training.epochs": (10, 20)},
    set=("split.validation=0.2",),
)
PROJECTS = (
    DENSENET,
    RESNET50,
    FROM_SCRATCH,
    RESIDUAL,
    FERPLUS,
    RESNET18,
    EFFICIENTNET,
)
EACH = pytest.mark.parametrize("project", PROJECTS, ids=lambda p: p.enqueued)
DATA = {
    "ckplus": ("ckplus", ("emotion", "action_units"), "high_level", 224),
    "ckplus_imagenet": ("ckplus", ("emotion", "action_units"), "high_level", 224),
    "ferplus": ("ferplus", ("emotion",), "ferplus", 48),
    "affectnet": ("affectnet", ("emotion", "valence_arousal"), "affectnet", 224),
}


def configuration(project, study):
    """Returns the whole configuration that a study enqueues for a project."""
    (params,) = (one.params for one in study.enqueued if one.name == project.enqueued)
    return study.space.config(params)


@EACH
def test_what_a_project_states_is_tried_first(project):
    """Each value that its text gives is in its configuration; no means is missing."""
    found = complete(configuration(project, read_study(project.study)))

    assert {key: found[key] for key in project.stated} == project.stated
    assert [key for key, value in project.without.items() if found[key] == value] == []


@EACH
def test_what_a_project_tried_is_in_the_space(project):
    """Each value that it went through is a point of the space beside the others."""
    study = read_study(project.study)
    config = configuration(project, study)
    for key, values in project.tried.items():
        for value in values:
            params, why = params_in_space({**config, key: value}, study.space)
            assert (params.get(key), why) == (value, [])


@EACH
def test_the_rest_of_its_set_up_is_set(project):
    """The rest of its set-up is reached with --set, which keeps the configuration."""
    study = read_study(project.study, settings=project.set)
    assert project.enqueued in [one.name for one in study.enqueued]


@pytest.mark.parametrize("name", DATA)
def test_data_of_the_projects(name):
    """Their data set, their outputs, their classes and the size of their images."""
    data = read_study(name).data
    found = (data.dataset, data.targets, data.emotions, data.image_size)
    assert found == DATA[name]


def test_every_enqueued_configuration_is_a_projects():
    """Every enqueued configuration is from a project in the table above."""
    names = sorted(path.stem for path in STUDIES.glob("*.toml"))
    enqueued = {(name, one.name) for name in names for one in read_study(name).enqueued}
    assert enqueued == {(project.study, project.enqueued) for project in PROJECTS}


def test_the_augmentation_that_one_gives_in_numbers():
    """FER+: half of the images, turned twice by 10 degrees, and changed by little."""
    found = resolve(configuration(FERPLUS, read_study(FERPLUS.study)))
    assert (found.strength, found.probability, found.flip) == (1.0, 0.5, 0.5)
    assert (found.brightness, found.contrast) == (0.05, 0.05)
    assert (found.crop, found.shift) == (0.1, 0.1)
    assert found.rotation == pytest.approx(10 * 2**0.5, abs=0.2)
