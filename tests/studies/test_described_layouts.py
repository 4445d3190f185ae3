"""Studies of documented layouts read drawn faces in them, with every command."""

import csv
import json

import pytest

from data_pipeline import check, explore
from data_pipeline.config.study_data import read_study_data
from data_pipeline.development import read_table
from models import predict
from tests.factories.data.layouts import CODED, JAFFE, LAYOUTS, WOMEN, WORDS
from tests.factories.runs import run_main, searched

SMALL = (
    *("search.trials=1", "search.pruner=none", "data.image_size=32", "data.crop=none"),
    *("backbone.name=residual_cnn", "backbone.blocks=1", "backbone.filters=8"),
    *("head.dense_units=8", "training.epochs=1", "training.batch_size=16"),
    *("split.folds=1", "search.tensorboard=false", "search.baselines=false"),
)
"""Settings with which one trial takes seconds."""
SEARCHED = {"rafdb": "partition", "emotionet": "image"}
"""Studies that are searched too, and what their splits guarantee."""


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """Writes each layout, once."""
    folder = tmp_path_factory.mktemp("trees")
    return {name: write(folder / name) for name, write in LAYOUTS.items()}


def read(name, trees):
    """Reads a tree as its study does."""
    return read_table(trees[name], read_study_data(name).data, lambda *_: None)


@pytest.mark.parametrize("name", LAYOUTS)
def test_check(name, trees):
    """The check of a study's own layout finds nothing wrong."""
    words = ("--study", name, "--data", str(trees[name]))
    answer = run_main(check.main, *words)
    assert (answer.code, answer.err) == (0, ""), answer.out
    leaky = "Warning: split by image" in answer.out
    assert leaky == (name == "emotionet")


@pytest.mark.parametrize("name", ["rafdb", "rafdb_folders"])
def test_rafdb(name, trees):
    """Both layouts of RAF-DB have the same labels and parts, and one name."""
    table = read(name, trees)
    assert table.frame["emotion"].value_counts().to_dict() == dict.fromkeys(WORDS, 8)
    counts = table.frame["partition"].value_counts().to_dict()
    assert counts == {"train": 42, "test": 14}
    for image, word in zip(table.frame["image"], table.frame["emotion"], strict=True):
        number = int(image.rpartition("/")[2].split("_")[1])
        each = 6 if "train_" in image else 2
        assert WORDS[word] == 1 + (number - 1) // each
    assert read_study_data(name).data.name == "rafdb"


def test_kdef(trees):
    """Of KDEF frontal pictures are read; an actor's two sessions are one subject."""
    table = read("kdef", trees)
    assert set(table.frame["subject"]) == {
        f"{s}0{n}" for s in "FM" for n in range(1, 6)
    }
    assert set(table.frame.groupby("subject").size()) == {14}
    assert all(image.endswith("S.JPG") for image in table.frame["image"])
    wrong = table.frame[table.frame["image"].str.contains("AFS")]["emotion"]
    assert set(wrong) == {"fear"}


def test_jaffe(trees):
    """JAFFE's file names give woman and expression; its notes are no picture."""
    table = read("jaffe", trees)
    assert set(table.frame["subject"]) == set(WOMEN)
    assert set(table.frame["emotion"]) == set(JAFFE.values())
    assert table.channels == 1
    assert len(table) == 140


def test_emotionet(trees):
    """EmotioNet's addresses become paths, and 999 is unknown, not a label."""
    table = read("emotionet", trees)
    assert table.action_units == tuple(f"AU{unit}" for unit in CODED)
    assert table.frame["AU1"].isna().sum() == 9
    assert all((table.root / image).is_file() for image in table.frame["image"])


def test_explore(trees, tmp_path):
    """The page of a described layout shows its units."""
    out = tmp_path / "out"
    words = ("--study", "emotionet", "--data", str(trees["emotionet"]))
    answer = run_main(explore.main, *words, "--out", str(out))
    assert (answer.code, answer.err) == (0, "")
    assert "AU43" in (out / "index.html").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("name", SEARCHED)
def test_search_and_predict(name, trees, tmp_path):
    """A ready study searches its layout, tests once, and its model predicts."""
    sets = [word for text in SMALL for word in ("--set", text)]
    answer = searched(name, trees[name], tmp_path / "runs", *sets)
    assert (answer.code, answer.err) == (0, ""), answer.out
    run = tmp_path / "runs" / name
    report = json.loads((run / "holdout.json").read_text())
    assert report["guarantee"] == SEARCHED[name]
    card = json.loads((run / "model.json").read_text())
    assert card["data"]["dataset"] == f"own: {name}"

    images = sorted(trees[name].rglob("*.jpg"))
    out = tmp_path / "found.csv"
    words = ("--model", str(run / "model.keras"), "--to", str(out))
    assert run_main(predict.main, *words, *map(str, images[:2])).code == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2
    assert ("AU12" in str(rows[0])) == (name == "emotionet")
