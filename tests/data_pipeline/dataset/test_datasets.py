"""One entry adds a data set, and one an emotion level, from outside, too."""

import json

import pytest

from data_pipeline import check
from data_pipeline.dataset.datasets import DATASETS, DatasetEntry
from data_pipeline.labels.labels import EMOTION_LEVELS
from search.study.study import read_study
from tests.factories.runs import STUDY, run_main, searched, table, write_study
from tests.strategies.tables import write_image

CHANGES = (
    ('dataset = "ckplus"', 'dataset = "flat"\nemotions = "pair"'),
    ('targets = ["emotion", "action_units"]', 'targets = ["emotion"]'),
    ('"action_units.mean_auc" = 0.5\n', ""),
    ("trials = 2", "trials = 1"),
    ('"training.epochs" = 2', '"training.epochs" = 1'),
)


@pytest.fixture
def study(monkeypatch, tmp_path):
    """Registers a data set and a level of two emotions; gives a study of both."""
    entry = DatasetEntry(readers=("tests.fakes.reader",))
    monkeypatch.setitem(DATASETS, "flat", entry)
    monkeypatch.setitem(EMOTION_LEVELS, "pair", ("emotion", ("happiness", "sadness")))
    text = STUDY
    for old, new in CHANGES:
        assert old in text
        text = text.replace(old, new)
    return write_study(tmp_path, text=text)


@pytest.fixture
def root(tmp_path):
    """Gives a data folder of that data set: ten subjects with an image an emotion."""
    names = [
        f"S{subject:02d}_{emotion}"
        for subject in range(10)
        for emotion in ("happiness", "sadness")
    ]
    for number, name in enumerate(names):
        write_image(tmp_path / "flat" / f"{name}.png", number, size=(32, 32))
    return tmp_path / "flat"


def test_check(study, root):
    """A study may name what the entries add: its data are read, split and checked."""
    assert read_study(str(study)).data.dataset == "flat"
    answer = run_main(check.main, "--study", str(study), "--data", str(root))
    assert (answer.code, answer.err) == (0, "")
    assert "20 images; fold 1 8, fold 2 8, hold-out 4" in answer.out


@pytest.mark.slow
def test_search(study, root, tmp_path):
    """A search on it trains and tests a model with the two classes of the level."""
    answer = searched(study, root, tmp_path / "runs")
    assert (answer.code, answer.err) == (0, "")
    (row,) = table(tmp_path / "runs" / "tiny")
    assert row["state"] == "COMPLETE"
    card = json.loads((tmp_path / "runs/tiny/model.json").read_text())
    assert card["emotions"] == ["happiness", "sadness"]
