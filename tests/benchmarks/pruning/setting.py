"""What the bank is of: its space, its configurations, and its synthetic people."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna

from data_pipeline.images.cache import read_images
from data_pipeline.images.decode_table import decode_all
from data_pipeline.readers import read
from data_pipeline.split.split import split
from data_pipeline.synthetic.write import write_synthetic
from data_pipeline.targets.targets import read_targets
from models.config.config import DataSpec, model_config
from search.study.study import check_study

FOLDS, STRIDE = 5, 12
"""Folds, and the epochs of a fold that has the most."""

WANTED = {"wanted": ("emotion", "action_units"), "emotions": "high_level"}
OTHERS = 300
"""People of no fold, on whom a configuration's true score is measured."""

TEXT = """
[data]
dataset = "synthetic"
targets = ["emotion", "action_units"]
emotions = "high_level"
image_size = 24

[split]
folds = 5
hold_out = 0.2

[objective]
"emotion.macro_f1" = 0.5
"action_units.mean_auc" = 0.5

[search]
trials = 100000

[fixed]
"training.batch_size" = 64
"backbone.name" = "residual_cnn"
"backbone.blocks" = 1
"head.dense_units" = 32

[space]
"backbone.filters" = [8, 16, 24]
"training.epochs" = [8, 12]
"training.learning_rate" = { low = 2e-3, high = 4e-2, log = true }
"training.optimizer" = ["adam", "adamw"]
"head.dropout" = { low = 0.0, high = 0.5, step = 0.1 }
"regularization.l2" = { low = 1e-6, high = 1e-3, log = true }
"loss.au_weight" = { low = 0.25, high = 4.0, log = true }
"balance" = ["none", "class_weights", "oversample"]
"augmentation.strength" = { low = 0.0, high = 0.5 }
"""

STUDY = check_study(tomllib.loads(TEXT), name="pruning", place="pruning.toml")
OBJECTIVE = dict(STUDY.objective)


def configurations(count):
    """Samples the bank's configurations at random: a longer bank begins like this."""
    drawn = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    return [STUDY.space.suggest(drawn.ask()) for _ in range(count)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class People:
    """The development rows in folds, and rows of other people.

    ``images`` is (N, S, S, 1), uint8; ``subjects`` names each row's person.
    """

    targets: Any
    subjects: Any
    folds: tuple[Any, ...]
    images: Any
    others: Any
    other_images: Any

    @property
    def data_spec(self):
        """What the data decide about a model."""
        return DataSpec(
            image_size=STUDY.data.image_size,
            channels=1,
            emotions=self.targets.emotions,
            action_units=self.targets.action_units,
        )

    def config(self, values):
        """Builds a configuration's model."""
        return model_config(values, self.data_spec)


def draw(work: Path):
    """Draws the faces of both groups where they do not exist, and reads them."""
    write_synthetic(work / "faces")
    write_synthetic(work / "others", subjects=OTHERS, seed=2)
    table = read(work / "others", "synthetic")
    parts = split(read(work / "faces", "synthetic"), STUDY.split)
    development, size = parts.development, STUDY.data.image_size
    return People(
        targets=read_targets(development, **WANTED),
        subjects=development.frame["subject"].to_numpy(dtype=str),
        folds=parts.folds,
        images=read_images(development, size=size, cache=work / "cache").array,
        others=read_targets(table, **WANTED),
        other_images=_cached(work / "others.npy", lambda: decode_all(table, size=size)),
    )


def _cached(path, decode):
    if not path.exists():
        np.save(path, decode())
    return np.load(path)
