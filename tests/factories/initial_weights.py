"""Spaces with initial weights, and stand-ins for the runs they come from."""

import json
import tomllib

from models.config.config import DataSpec
from search.study.study import check_study
from tests.factories.runs import STUDY

DATA_SPEC = DataSpec(image_size=32, channels=1, emotions=("a", "b"), action_units=())
BACKBONES = '"backbone.name" = ["mobilenet", "resnet18"]\n'


def space(*lines):
    """Reads a study's space with some keys more."""
    text = STUDY.replace('"backbone.name" = "residual_cnn"\n', "")
    tables = tomllib.loads(text + "".join(lines))
    return check_study(tables, name="small", place="small.toml").space


def with_model(runs, name, **described):
    """Writes a stand-in for a finished run on synthetic data, and a space from it."""
    folder = runs / f"{name}-synthetic"
    folder.mkdir(parents=True)
    (folder / "model.keras").write_text("weights")
    (folder / "model.json").write_text(json.dumps({"synthetic": True, **described}))
    return space(f'"backbone.weights" = ["none", "study:{name}"]\n', BACKBONES)
