"""``--set section.key=VALUE``: values, places, and messages about wrong texts."""

from copy import deepcopy

import pytest

from data_pipeline.system.errors import StudyError
from search.study.overrides import override, read_value
from search.study.study import read_study

WHEN = {"backbone.name": ["residual_cnn"]}
RAW = {
    "search": {"trials": 60},
    "objective": {"emotion.macro_f1": 0.5},
    "fixed": {"training.epochs": 30},
    "space": {
        "backbone.name": ["residual_cnn", "resnet50"],
        "backbone.filters": {"choices": [64, 128], "when": WHEN},
    },
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("tpe", "tpe"),
        ('"tpe"', "tpe"),
        ("successive_halving", "successive_halving"),
        ("/data/weights.keras", "/data/weights.keras"),
        ("6", 6),
        ("1e-3", 0.001),
        ("true", True),
        ("[16, 32]", [16, 32]),
        ('["adam"]', ["adam"]),
        ("{ low = 1, high = 3 }", {"low": 1, "high": 3}),
        ("", ""),
        ("a b", "a b"),
    ],
)
def test_values(text, value):
    """A value is TOML; other text is a string."""
    assert read_value(text) == value


@pytest.mark.parametrize(
    ("text", "section", "key", "value"),
    [
        ("search.trials=6", "search", "trials", 6),
        ("search.sampler=random", "search", "sampler", "random"),
        ("split.folds = 2", "split", "folds", 2),
        ("data.targets=['emotion']", "data", "targets", ["emotion"]),
        ("objective.emotion.macro_f1=1", "objective", "emotion.macro_f1", 1),
        (
            "objective.action_units.mean_auc=0.1",
            "objective",
            "action_units.mean_auc",
            0.1,
        ),
        ("training.epochs=5", "fixed", "training.epochs", 5),
        ("fixed.training.epochs=5", "fixed", "training.epochs", 5),
        ("balance=oversample", "fixed", "balance", "oversample"),
        ("backbone.name=resnet50", "fixed", "backbone.name", "resnet50"),
        ("space.backbone.name=resnet50", "fixed", "backbone.name", "resnet50"),
        ("training.epochs=[3, 5]", "space", "training.epochs", {"choices": [3, 5]}),
        (
            "head.dropout={low = 0, high = 0.5}",
            "space",
            "head.dropout",
            {"low": 0, "high": 0.5},
        ),
    ],
)
def test_finds_its_key(text, section, key, value):
    """A key is found by its own name, and is then in one place only."""
    tables = override(RAW, [text])
    assert tables[section][key] == value
    assert [name for name in tables if key in tables[name]] == [section]


def test_a_list_keeps_the_condition():
    """A list or a range on a conditional key changes its domain, not its condition."""
    tables = override(RAW, ["backbone.filters=[32]"])
    assert tables["space"]["backbone.filters"] == {"choices": [32], "when": WHEN}
    tables = override(RAW, ["backbone.filters={low = 8, high = 16}"])
    assert tables["space"]["backbone.filters"]["when"] == WHEN


def test_a_condition_can_be_set():
    """A table with its own condition replaces the old one."""
    text = "backbone.filters={choices = [32], when = {balance = ['none']}}"
    entry = override(RAW, [text])["space"]["backbone.filters"]
    assert entry["when"] == {"balance": ["none"]}


def test_later_texts_win():
    """Texts are applied in order."""
    tables = override(RAW, ["search.trials=1", "search.trials=2"])
    assert tables["search"] == {"trials": 2}


@pytest.mark.parametrize(
    ("text", "section", "key"),
    [
        ("search.trials=", "search", "trials"),
        ("objective.emotion.macro_f1=", "objective", "emotion.macro_f1"),
        ("training.epochs=", "fixed", "training.epochs"),
        ("backbone.filters =  ", "space", "backbone.filters"),
        ("fixed.backbone.filters=", "space", "backbone.filters"),
    ],
)
def test_nothing_drops_a_key(text, section, key):
    """An empty value after ``=`` removes the key, and no other."""
    tables = override(RAW, [text])
    assert tables[section] == {k: v for k, v in RAW[section].items() if k != key}
    assert {k: v for k, v in tables.items() if k != section} == {
        k: v for k, v in RAW.items() if k != section
    }


def test_a_default_is_dropped_already():
    """An optional key that is not there can be dropped; an unknown one cannot."""
    assert override(RAW, ["search.sampler="])["search"] == RAW["search"]
    for wrong in ("search.sampel=", "objective.emotion.kappa=", "training.epoch="):
        with pytest.raises(StudyError, match="unknown key"):
            override(RAW, [wrong])


def test_folds_in_place_of_a_validation_part():
    """A study with a validation part can be cross-validated by two words."""
    study = read_study("affectnet", settings=["split.validation=", "split.folds=5"])
    assert (study.split.validation, study.split.folds) == (None, 5)


def test_nothing_is_changed_in_place():
    """The tables given are left as they were."""
    before = deepcopy(RAW)
    texts = ["backbone.name=resnet50", "search.trials=1", "split.folds=2"]
    override(RAW, [*texts, "training.epochs="])
    assert before == RAW


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("search.trials", ["--set takes KEY=VALUE", "'search.trials'"]),
        ("=3", ["--set takes KEY=VALUE"]),
        ("serch.trials=3", ["unknown key", "did you mean search.trials?"]),
        ("training.epoch=3", ["unknown key", "did you mean training.epochs?"]),
        ("trials=3", ["--set trials: unknown key", "search.trials"]),
        ("search=3", ["--set search: unknown key"]),
    ],
)
def test_wrong_texts(text, words):
    """A wrong text is refused with what was found and the nearest right key."""
    with pytest.raises(StudyError) as refused:
        override(RAW, [text])
    assert [word for word in words if word not in str(refused.value)] == []


@pytest.mark.parametrize("text", ["search.trials=1", "balance=none"])
def test_sections_that_are_none(text):
    """A value in place of a section is refused."""
    with pytest.raises(StudyError, match="must be a section, found 3"):
        override({"search": 3, "fixed": 3}, [text])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("search.trial=3", ["[search] trial: unknown key", "did you mean trials?"]),
        ("search.trials=many", ["[search] trials: must be", "'many'"]),
        ("training.epochs=[]", ['"training.epochs": needs at least one choice']),
        ("backbone.name=[resnet50]", ["'[resnet50]'", "did you mean resnet50?"]),
        ("head.dropout=2", ['[fixed] "head.dropout": must be from 0 to 0.95, found 2']),
        ("objective.emotion.f1=1", ['[objective] "emotion.f1": unknown metric']),
    ],
)
def test_wrong_values(text, words):
    """A wrong value is refused as in a study file, with file and key."""
    with pytest.raises(StudyError) as refused:
        read_study("ckplus", settings=[text])
    missing = [
        w
        for w in ["ckplus.toml with --set or --seed: ", *words]
        if w not in str(refused.value)
    ]
    assert missing == []


def test_the_issues_own_line():
    """The line that shows a small run works: keys of [space], [fixed], [data]."""
    study = read_study(
        "ckplus",
        settings=[
            "search.trials=6",
            "data.image_size=48",
            'backbone.name=["residual_cnn"]',
            "training.epochs=5",
        ],
    )
    assert (study.search.trials, study.data.image_size) == (6, 48)
    assert study.stride == 5
    names = {p.key: p.domain for p in study.space.parameters}
    assert names["backbone.name"].values == ("residual_cnn",)
    assert "backbone.filters" in names
