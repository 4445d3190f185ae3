"""The table of hyperparameters: each row sets one field, and every field has a row."""

from dataclasses import fields, replace

import pytest

from models.config.augmentation_presets import Augmentation
from models.config.backbone_catalogue import BACKBONES
from models.config.config import (
    DataSpec,
    GraphConfig,
    ModelConfig,
    RuntimeHyperparameters,
    SharedGraph,
    model_config,
)
from models.config.hyperparameters import HYPERPARAMETERS
from models.config.schedules import Schedule

PARTS = {
    "graph": GraphConfig,
    "runtime": RuntimeHyperparameters,
    "schedule": Schedule,
    "augmentation": Augmentation,
    "model": ModelConfig,
}
DERIVED = {
    "graph": {field.name for field in fields(DataSpec)} - {"models", "shared"}
    | {field.name for field in fields(SharedGraph)}
    | {"sizes"},
    "runtime": {"augmentation"},
    "schedule": {"epochs", "frozen_rate"},
    "augmentation": set(),
    "model": {"graph", "runtime", "schedule"},
}
"""Fields that the data or several rows decide."""
SPEC = DataSpec(image_size=64, channels=1, emotions=("a", "b"), action_units=("AU1",))
SWITCHES = {
    "training.ema",
    "training.sam_rho",
    "head.dense_units",
    "backbone.normalization",
}
"""Keys that change a configuration's graph, unless a space's graphs are shared."""
NEEDS = {
    "backbone.image_size": {},
    "finetune.copies": {"finetune.stage": "features"},
    "finetune.learning_rate": {"finetune.frozen_epochs": 1},
    "training.weight_decay": {"training.optimizer": "adamw"},
    "training.momentum": {"training.optimizer": "sgd"},
    "training.nesterov": {"training.optimizer": "sgd"},
    "training.precision": {"training.precision": "mixed_bfloat16"},
}


@pytest.mark.parametrize("part", PARTS)
def test_every_field_has_one_row(part):
    """Rows and data together set each field of the configuration exactly once."""
    rows = [row.field for row in HYPERPARAMETERS.values() if row.part == part]
    rows = [name for name in rows if (part, name) != ("augmentation", "preset")]

    assert sorted(rows) == sorted(set(rows))
    assert {*rows, *DERIVED[part]} == {field.name for field in fields(PARTS[part])}


def test_a_backbone_lists_its_own_hyperparameters(monkeypatch):
    """A size that a backbone's entry does not list has no effect on its graph."""
    entry = replace(BACKBONES["resnet18"], hyperparameters=("backbone.filters",))
    monkeypatch.setitem(BACKBONES, "another", entry)
    graphs = [
        model_config({"backbone.name": "another", **sizes}, SPEC).graph
        for sizes in ({}, {"backbone.blocks": 1}, {"backbone.filters": 8})
    ]

    assert graphs[0] == graphs[1]
    assert [graph.sizes for graph in graphs[1:]] == [
        (("filters", HYPERPARAMETERS["backbone.filters"].default),),
        (("filters", 8),),
    ]


@pytest.mark.parametrize("key", sorted(set(HYPERPARAMETERS) - {"backbone.weights"}))
def test_new_graph_holds(key):
    """Another value changes the graph exactly where the row has ``new_graph``."""
    row, given = HYPERPARAMETERS[key], NEEDS.get(key, {})
    if row.own is not None and key.startswith("loss."):
        other = "mine:loss"
    elif row.choices is not None:
        other = next(choice for choice in row.choices if choice != row.default)
    else:
        other = row.low if row.low != row.default else row.high
    if key == "backbone.image_size":
        other = 32
    before = model_config(given, SPEC)
    after = model_config(given | {key: other}, SPEC)

    assert after != before
    switched = key in SWITCHES
    assert (after.graph != before.graph) == (row.new_graph or switched)
    assert row.doc
