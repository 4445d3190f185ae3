"""The check also finds everything that a search refuses of data and sections."""

import shutil

import pytest

from data_pipeline import check
from data_pipeline.system.errors import InputError
from search.inputs.prepare import prepare_job
from search.inputs.run import Run
from search.inputs.study_data import read_labels
from search.run_folder import RunFolder
from search.study.study import read_study
from tests.factories.data.clean_tree import SUBJECTS, image_of, write_clean
from tests.factories.runs import run_main, write_study
from tests.strategies.tables import write_ck48, write_image, write_table

STUDY = """
[data]
dataset = "ckplus"
targets = ["emotion", "action_units"]
image_size = 32
[split]
folds = 2
hold_out = 0.25
[objective]
"emotion.macro_f1" = 1.0
[search]
trials = 1
[fixed]
"backbone.name" = "residual_cnn"
[space]
"head.dropout" = [0.0, 0.2]
"""
EMOTION = ('targets = ["emotion", "action_units"]', 'targets = ["emotion"]')
UNITS = (
    ('targets = ["emotion", "action_units"]', 'targets = ["action_units"]'),
    ("emotion.macro_f1", "action_units.mean_auc"),
)


def changed(root, old, new):
    """Changes the table of a tree."""
    path = root / "data_labels.csv"
    path.write_text(path.read_text().replace(old, new))


def alike(root):
    """Gives everybody one expression."""
    for expression in ("negative", "surprise"):
        changed(root, expression, "positive")


def emptied(root, subjects):
    """Empties the images of some people."""
    for subject in subjects:
        for number in (1, 2):
            (root / image_of(subject, number)).write_bytes(b"")


def rewritten(write):
    """Replaces the clean tree by another one."""

    def change(root):
        shutil.rmtree(root)
        write(root)

    return change


def nothing(_root):
    """Leaves the tree clean."""


def spelled(root):
    """Gives a person another id and another image."""
    path = image_of("S001", 2)
    changed(root, f"S001,2,{path}", "s1,2,images/s1.png")
    write_image(root / "images/s1.png", 77)


def lonely(root):
    """Writes one person of another expression, and no action units."""
    rows = [
        f"{subject},{number},{image_of(subject, number)},,{emotion}"
        for subject, emotion in zip(
            SUBJECTS, ["positive"] * 11 + ["negative"], strict=True
        )
        for number in (1, 2)
    ]
    write_table(root, "subject,sequence,filepath,AU1,high_level_emotion", *rows)


BAD = {
    "one emotion": (alike, [EMOTION], "only one emotion"),
    "one emotion in development": (lonely, [EMOTION], "only one emotion, positive"),
    "units always present": (lambda r: changed(r, ",0,", ",1,"), UNITS, "present and"),
    "no units": (lambda r: changed(r, "AU1", "note"), [], "no action units"),
    "no emotion": (lambda r: changed(r, "high_level_emotion", "note"), [], "emotion"),
    "another level": (nothing, [("image_size", 'emotions = "basic"\nimage_size')], ""),
    "no neutral faces": (
        rewritten(write_ck48),
        [EMOTION, ("image_size", 'emotions = "basic_neutral"\nimage_size')],
        "neutral faces",
    ),
    "other frames": (nothing, [("image_size", "frames = 3\nimage_size")], "frames"),
    "two spellings": (spelled, [], "one person"),
    "no landmarks": (
        nothing,
        [("image_size", 'crop = "landmarks"\nimage_size')],
        "landmarks",
    ),
    "no partition": (nothing, [("folds", 'by = "partition"\nfolds')], "partition"),
    "too many folds": (nothing, [("folds = 2", "folds = 20")], "folds = 20"),
    "a wrong label": (lambda r: changed(r, "negative", "bored"), [], "bored"),
    "empty images": (lambda r: emptied(r, SUBJECTS[:6]), [], "restore"),
    "no image left": (
        lambda r: emptied(r, SUBJECTS),
        [("image_size", 'unreadable = "quarantine"\nimage_size')],
        "",
    ),
    "a wrong value": (nothing, [("= 32", '= 32\nneutral = "some"')], "neutral"),
    "an unknown key": (nothing, [("= 32", "= 32\nneutrals = 1")], "neutrals"),
    "a share of 1": (nothing, [("= 0.25", "= 1.0")], "hold_out"),
    "two keys at odds": (nothing, [("= 0.25", "= 0.25\nvalidation = 0.2")], "folds"),
    "an unknown id": (nothing, [("[split]", '[data.subjects]\na = "b"\n[split]')], "a"),
}
"""Name -> harm to the tree, changes of the study, and what both must say."""


def refused_by_run(study, root, cache):
    """Returns what the stages before the first trial refuse."""
    try:
        found = read_study(str(study))
        data = read_labels(found, root, synthetic=False)
        folder = RunFolder(out=cache, name="run")
        prepare_job(Run(study=found, data=data, folder=folder))
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", [*BAD, "nothing"])
def test_check_and_run_agree(tmp_path, name):
    """Both refuse, for one reason, or neither does."""
    harm, changes, words = BAD.get(name, (nothing, [], ""))
    root = write_clean(tmp_path / "tree")
    harm(root)
    text = STUDY
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    study = write_study(tmp_path, text=text)
    refused = refused_by_run(study, root, tmp_path / "cache")
    answer = run_main(check.main, "--study", str(study), "--data", str(root), "--all")
    assert bool(refused) == (answer.code != 0) == (name != "nothing")
    assert words in refused
    assert words in answer.out + answer.err
