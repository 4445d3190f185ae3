"""The check of a data set: each kind of harm is found, a clean set is called clean."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from data_pipeline.checks.dataset_check import check_dataset
from data_pipeline.checks.leaks import parts_of, shared_sequences
from data_pipeline.config.data_config import DataConfig
from data_pipeline.config.split_config import SplitConfig
from data_pipeline.config.study_data import StudyData
from data_pipeline.dataset.problems import Check
from data_pipeline.readers import read
from data_pipeline.split.holdout_history import RunHistory, holdout_rule
from data_pipeline.split.receipt import Members, Opener, Receipt
from data_pipeline.split.split import split
from tests.factories.data.clean_tree import HEADER, image_of, write_clean
from tests.strategies.tables import sample, table_of

KEYS = StudyData(
    data=DataConfig(
        dataset="ckplus", targets=("emotion", "action_units"), image_size=48
    ),
    split=SplitConfig(folds=2, hold_out=0.25),
)


@pytest.fixture
def root(tmp_path):
    """Gives a clean tree."""
    return write_clean(tmp_path / "tree")


@pytest.fixture
def parts(root):
    """Gives the subjects held out, and those of the two folds."""
    names = {}
    table = read(root, "ckplus")
    divided = split(table, SplitConfig(folds=2, hold_out=0.25))
    for subject, part in zip(
        table.frame["subject"], parts_of(table, divided), strict=True
    ):
        names.setdefault(str(part), []).append(subject)
    return {name: sorted(set(found)) for name, found in names.items()}


def examined(root, keys=KEYS):
    """Examines a tree in silence."""
    return check_dataset(root, keys, lambda _stage, _done, _total: None)


def found(root):
    """Lists the kinds of problems of a tree, and all their messages as one text."""
    problems = examined(root).problems
    message = "\n".join(f"{problem.where}: {problem.message}" for problem in problems)
    return [problem.check for problem in problems], message


def test_clean(root, parts):
    """A clean set has no problem, and its parts cover it."""
    examination = examined(root)
    assert examination.problems == ()
    assert examination.parts == {"fold 1": 10, "fold 2": 8, "hold-out": 6}
    assert set(parts) == {"fold 1", "fold 2", "hold-out"}


def pointer(path):
    """Replaces a file by a Git LFS pointer."""
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:aa\n")


def bomb(path):
    """Puts 100 million pixels into a small file."""
    Image.new("1", (10_000, 10_000)).save(path)


HARMS = {
    "missing": (lambda path: path.unlink(), Check.MISSING, "no such file"),
    "pointer": (pointer, Check.POINTER, "git lfs pull"),
    "page": (lambda p: p.write_text(" <!DOCTYPE html>"), Check.WEB_PAGE, "HTML"),
    "empty": (lambda path: path.write_bytes(b""), Check.UNREADABLE, "is empty"),
    "no image": (lambda p: p.write_bytes(b"?"), Check.UNREADABLE, "no image file of"),
    "truncated": (
        lambda p: p.write_bytes(p.read_bytes()[:900]),
        Check.UNREADABLE,
        "truncated",
    ),
    "bomb": (bomb, Check.BOMB, "100000000 pixels"),
    "black": (
        lambda path: Image.new("L", (64, 49)).save(path),
        Check.BLANK,
        "0 to 0 of 255",
    ),
    "even": (
        lambda path: Image.new("L", (64, 49), 90).save(path),
        Check.BLANK,
        "90 to 90",
    ),
}


@pytest.mark.parametrize("name", HARMS)
@pytest.mark.parametrize("part", ["fold 1", "hold-out"])
def test_harmed_image(root, parts, name, part):
    """A harmed image is found in every part, by its file and the row of its label."""
    harm, kind, words = HARMS[name]
    image = image_of(parts[part][0])
    harm(root / image)
    kinds, message = found(root)
    assert kinds == [kind]
    assert image in message
    assert "data_labels.csv row" in message
    assert words in message


def test_same_file(root, parts):
    """The same bytes in hold-out and development are found, and both are named."""
    first, second = image_of(parts["fold 1"][0]), image_of(parts["hold-out"][0])
    shutil.copy(root / first, root / second)
    kinds, message = found(root)
    assert kinds == [Check.SAME_FILE]
    assert f"fold 1: {first}" in message
    assert f"hold-out: {second}" in message


def test_same_file_in_one_part(root, parts):
    """Two equal files in one part are no leak."""
    first, second = parts["fold 1"][:2]
    shutil.copy(root / image_of(first), root / image_of(second))
    assert found(root)[0] == []


def resized(image):
    """Halves a picture."""
    return image.resize((image.width // 2, image.height // 2))


def brightened(image):
    """Lightens a picture without clipping it."""
    return Image.fromarray((np.asarray(image) * 0.6 + 90).astype(np.uint8))


@pytest.mark.parametrize("change", [resized, brightened, lambda image: image])
@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_same_picture(root, parts, change, kind):
    """A copy that was resized, lightened or re-encoded is found in another part."""
    first, second = image_of(parts["fold 1"][0]), image_of(parts["fold 2"][0])
    coarse = np.random.default_rng(5).integers(60, 200, (6, 8), dtype=np.uint8)
    Image.fromarray(coarse).resize((160, 120)).save(root / first)
    with Image.open(root / first) as image:
        change(image).save(root / second, format=kind, compress_level=2, quality=60)
    kinds, message = found(root)
    assert kinds == [Check.SAME_IMAGE]
    assert first in message
    assert second in message


@pytest.mark.slow
def test_drawn_faces_differ(coursework):
    """Different synthetic people with equal labels are not taken for one image."""
    assert found(coursework)[0] == []


def test_shared_sequences():
    """A sequence that a published partition has in two parts is found."""
    table = table_of([sample("P07", 1), replace(sample("P07", 1), image="copy.png")])
    (problem,) = shared_sequences(table, np.array(["fold 1", "hold-out"]))
    assert problem.check is Check.SEQUENCE
    assert problem.where == "fold 1: images/P07_001.png; hold-out: copy.png"
    assert shared_sequences(table, np.array(["fold 1"] * 2)) == []


def test_no_people():
    """Rows without a subject share no sequence."""
    table = table_of([sample(None, 1), sample(None, 1 + 1)])
    assert shared_sequences(table, np.array(["fold 1", "fold 2"])) == []


def test_two_labels(root, parts):
    """Equal files with different labels are found, whatever their parts."""
    first, second = (image_of(subject) for subject in parts["fold 1"][:2])
    shutil.copy(root / first, root / second)
    table = (root / "data_labels.csv").read_text()
    harmed = table.replace(f"{second},1,positive", f"{second},1,negative")
    (root / "data_labels.csv").write_text(harmed)
    kinds, message = found(root)
    assert Check.LABEL in kinds
    assert "different labels" in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("<!DOCTYPE html><html></html>", "web page"),
        (f"{HEADER}\nS001,1,{image_of('S001')},2,positive\n", "0, 1 or empty"),
        (f"{HEADER}\nS001,1,{image_of('S001')},1,bored\n", "'bored'"),
    ],
)
def test_labels(root, text, words):
    """A table that no reader accepts is one problem, with the reader's own words."""
    (root / "data_labels.csv").write_text(text)
    kinds, message = found(root)
    assert kinds == [Check.LABEL]
    assert words in message


def test_tested_people_stay_held_out(root, parts):
    """People held out in an opening stay held out, whatever the labels."""
    tested = parts["fold 1"][:3]
    opening = Receipt(
        members=Members(data="ckplus", subjects=tuple(tested)),
        opener=Opener(run="a", model="m"),
        rule=holdout_rule(KEYS.split),
        time="",
    )
    first, second = image_of(tested[0]), image_of(parts["hold-out"][0])
    shutil.copy(root / first, root / second)
    history = RunHistory(receipts=(opening,))
    found = check_dataset(
        root, KEYS, lambda _stage, _done, _total: None, history=history
    )
    assert found.parts["hold-out"] == 6
    (problem,) = found.problems
    assert f"hold-out: {first}" in problem.where
    assert f"hold-out: {second}" not in problem.where
