"""With other labels of one set, tested people stay held out and are counted."""

import shutil
import tomllib

import pytest

from data_pipeline import readers
from data_pipeline.split.holdout_history import holdout_rule
from data_pipeline.split.receipt import Opener
from data_pipeline.split.receipt_file import Receipts
from data_pipeline.system.errors import SealedError
from search.inputs.study_data import read_labels
from search.run_folder import RunFolder
from search.study.study import check_study
from tests.factories.runs import STUDY


def read(root, runs, changes=(), **words):
    """Reads the labels of a study of this name and these changes."""
    name = words.pop("name", "first")
    tables = tomllib.loads(STUDY)
    for section, key, value in changes:
        tables[section][key] = value
    study = check_study(tables, name=name, place="study.toml")
    return study, read_labels(study, root, synthetic=True, runs=runs)


def opened(study, labelled, runs, **words):
    """Opens its hold-out for its own model."""
    return labelled.split.hold_out.open(
        Receipts(RunFolder(out=runs, name="x").receipts),
        Opener(run=study.name, model=f"of {study.name}"),
        data=labelled.population,
        rule=holdout_rule(study.split),
        reopen=words.get("reopen", False),
    )


FRAMES = [("data", "frames", 3)]
NEUTRAL = [("data", "neutral", "first"), ("data", "emotions", "basic_neutral")]


@pytest.mark.parametrize(
    "changes",
    [FRAMES, NEUTRAL, [*FRAMES, ("split", "folds", 3)], [("search", "seed", 9)]],
    ids=["frames", "neutral", "folds", "seed"],
)
def test_other_rows_of_the_same_people(official, tmp_path, changes):
    """More frames or neutral faces test the same people, and are no new hold-out."""
    study, first = read(official, tmp_path)
    assert opened(study, first, tmp_path).opened == 1
    study, again = read(official, tmp_path, changes, name="second")
    assert again.split.hold_out.subjects == first.split.hold_out.subjects
    tested = set(first.split.hold_out.subjects)
    assert not tested & set(again.split.development.frame["subject"])
    assert any(
        "opened before (1), last by run first" in line for line in again.hold_out_notes
    )
    with pytest.raises(SealedError, match="opened before"):
        opened(study, again, tmp_path)
    found = opened(study, again, tmp_path, reopen=True)
    assert (found.opened, found.tested_before) == (2, len(tested))


def test_another_layout(official, coursework, tmp_path):
    """The table of the coursework shows people of the official tree."""
    half = [("split", "hold_out", 0.5)]
    study, first = read(official, tmp_path, half)
    opened(study, first, tmp_path)
    ids = set(readers.read(coursework, "ckplus").frame["subject"])
    both = ids & set(first.split.hold_out.subjects)
    assert both, "otherwise this test cannot fail"
    study, again = read(coursework, tmp_path, half, name="second")
    assert set(again.split.hold_out.subjects) == both
    assert any("no longer occur" in line for line in again.hold_out_notes)
    with pytest.raises(SealedError, match=f"{len(both)} of its subjects"):
        opened(study, again, tmp_path)


def test_another_seed_is_counted(official, tmp_path):
    """A new hold-out with a tested person is not a first opening."""
    study, first = read(official, tmp_path, [("split", "hold_out", 0.5)])
    opened(study, first, tmp_path)
    other = [("split", "hold_out", 0.6), ("split", "hold_out_seed", 3)]
    study, again = read(official, tmp_path, other, name="second")
    tested, now = (set(one.split.hold_out.subjects) for one in (first, again))
    assert now - tested, "people of its own"
    assert now & tested, "otherwise this test cannot fail"
    with pytest.raises(SealedError, match=f"{len(now & tested)} of its subjects"):
        opened(study, again, tmp_path)


def test_a_corrected_label(coursework, tmp_path):
    """A corrected label moves no tested subject into training."""
    data = tmp_path / "data"
    shutil.copytree(coursework, data)
    labels = data / "data_labels.csv"
    study, first = read(data, tmp_path / "runs")
    labels.write_text(labels.read_text().replace("positive", "negative", 9))
    _, alone = read(data, tmp_path / "others")
    tested = first.split.hold_out.subjects
    assert alone.split.hold_out.subjects != tested, "otherwise this test cannot fail"

    opened(study, first, tmp_path / "runs")
    _, again = read(data, tmp_path / "runs", name="second")
    assert again.split.hold_out.subjects == tested
    assert "stay held out" in again.hold_out_notes[0]
