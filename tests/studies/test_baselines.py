"""What studies try first: complete configurations that train on synthetic data."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from data_pipeline.files.study_files import STUDIES
from data_pipeline.images.decode_table import decode_all
from data_pipeline.synthetic.write import write_synthetic
from models.config.config import model_config
from models.network.model import ExpressionModel
from models.training.trainer import Arrays, Part, Trainer
from search.inputs.study_data import read_labels
from search.study.enqueued import params_in_space
from search.study.study import read_study

RECIPES = {
    "ckplus": {
        "backbone.name": "resnet18",
        "augmentation.mixup": 0.2,
        "augmentation.preset": "standard",
        "loss.focal_gamma": 2.0,
        "training.ema": 0.99,
    },
    "ckplus_imagenet": {
        "backbone.name": "resnet50",
        "finetune.frozen_epochs": 3,
        "finetune.learning_rate": 1e-4,
        "finetune.batch_norm": "frozen",
        "head.dropout": 0.5,
        "augmentation.preset": "standard",
    },
    # FER2013 at 73.7 %, and AffectNet by CAGE: sources in
    # models/config/augmentation_presets.py. Sharp steps are HSEmotion's,
    # on AffectNet too.
    "ferplus": {
        "backbone.name": "resnet18",
        "training.optimizer": "sgd",
        "training.learning_rate": 0.1,
        "training.batch_size": 128,
        "training.epochs": 60,
        "training.nesterov": "no",
        "training.schedule": "cosine",
        "loss.label_smoothing": 0.1,
        "augmentation.mixup": 1.0,
        "augmentation.preset": "fer_strong",
    },
    "affectnet": {
        "training.optimizer": "adamw",
        "training.learning_rate": 5e-5,
        "training.batch_size": 128,
        "training.epochs": 10,
        "training.sam_rho": 0.05,
        "loss.ccc_share": 0.25,
        "balance": "class_weights",
        "augmentation.preset": "affectnet_cage",
    },
}
"""Recipes that get further; the keys that others name have their defaults."""
LAYOUTS = {
    "ckplus": "coursework",
    "ckplus_imagenet": "coursework",
    "ferplus": "ferplus",
    "affectnet": "affectnet",
}
SMALL = (
    "data.image_size=32",
    "data.crop=none",
    "split.folds=1",
    "backbone.weights=none",  # ImageNet's would be downloaded
)
KNOWN = {
    name: [trial.name for trial in read_study(name).enqueued]
    for name in sorted(path.stem for path in STUDIES.glob("*.toml"))
}


def test_studies_try_what_was_done_before_them():
    """A study of data with a reader of their own begins with a published trial."""
    assert {name for name, stated in KNOWN.items() if stated} == set(LAYOUTS)


@pytest.mark.parametrize("name", RECIPES)
def test_spaces_hold_what_gets_further(name):
    """The best published recipe for a study's data is a point of its space."""
    smallest = {"regularization.l1": 1e-7, "regularization.l2": 1e-7}
    smallest["training.epochs"] = 30 if name == "ckplus" else 10
    params, why = params_in_space({**smallest, **RECIPES[name]}, read_study(name).space)
    assert why == []
    assert set(RECIPES[name]) <= set(params)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Reads the synthetic data of each study, once."""
    read = {}
    for name, layout in LAYOUTS.items():
        root = tmp_path_factory.mktemp(name) / "synthetic"
        write_synthetic(root, layout=layout, subjects=8, seed=3)
        study = read_study(name, settings=SMALL)
        labelled = read_labels(study, root, synthetic=True)
        pixels = decode_all(labelled.split.development, size=32)
        read[name] = (study, labelled, Arrays(images=pixels, targets=labelled.targets))
    return read


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "stated"), [(name, k) for name in LAYOUTS for k in KNOWN[name]]
)
def test_trains(prepared, name, stated, monkeypatch):
    """An enqueued configuration trains for an epoch, with its whole network.

    A few rows and eager steps: tracing these networks costs more than running them.
    """
    compile_model = ExpressionModel.compile

    def eagerly(self, *words, **options):
        return compile_model(self, *words, **options | {"run_eagerly": True})

    monkeypatch.setattr(ExpressionModel, "compile", eagerly)
    study, labelled, arrays = prepared[name]
    (params,) = (one.params for one in study.enqueued if one.name == stated)
    config = model_config(study.space.config(params), labelled.data_spec)
    part = Part(train=np.arange(6), validation=np.arange(6, 9))
    config = replace(config, epochs=1)
    (score,) = Trainer().fit(config, arrays, part, seed=1)
    keras.backend.clear_session()
    assert np.isfinite(score.loss)
    assert score.predictions.finite()
