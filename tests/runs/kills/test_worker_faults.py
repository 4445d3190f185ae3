"""Workers that crash or run out of memory: each trial keeps its cause, others go on."""

import os
import subprocess
import sys
from dataclasses import dataclass

import optuna
import pytest

from tests.factories.memory_group import inside, memory_group, processes_in
from tests.factories.runs import ROOT, STUDY, Answer, ended, table, write_study

pytestmark = pytest.mark.slow

LIMIT = 3 * 1024**3

HARMFUL = '''
import ctypes
import sys

from keras import layers


def network(pixels, harm="none"):
    """A small network, whose worker comes to harm; the driver checks it unharmed."""
    if "ray" not in sys.modules:
        harm = "none"
    if harm == "crash":
        ctypes.string_at(0)
    blocks = []
    while harm == "memory":
        blocks.append(b"x" * 50_000_000)
    return layers.Conv2D(4, 3, strides=4)(pixels)
'''


@dataclass(kw_only=True)
class Story:
    """A search whose workers came to harm."""

    answer: Answer
    trials: list
    rows: list
    left: list
    killed: bool


@pytest.fixture(scope="module")
def story(tmp_path_factory, coursework):
    """One search on two workers, in a group of limited memory where that is possible.

    Elsewhere none runs out of memory: it would be the machine's.
    """
    place = tmp_path_factory.mktemp("harm")
    (place / "harmful.py").write_text(HARMFUL)
    (place / "tmp").mkdir()
    with memory_group(LIMIT) as group:
        harms = ["none", "crash", *(["memory"] if group else [])]
        study = write_study(place, text=study_of(harms))
        words = ("-m", "search.run", "--study", str(study), "--data", str(coursework))
        words += ("--out", str(place / "runs"), "--until", "search")
        process = subprocess.Popen(  # noqa: S603 - our own command
            inside(group, sys.executable, *words),
            cwd=place,
            env=os.environ
            | {"PYTHONPATH": f"{ROOT}:{place}", "TMPDIR": str(place / "tmp")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        try:
            answer = ended(process, timeout=550)
        finally:
            process.kill()
        left = [*processes_in(group), *(place / "tmp").iterdir()]
    folder = place / "runs" / "tiny-synthetic"
    storage = f"sqlite:///{folder / 'optuna.db'}"
    return Story(
        answer=answer,
        trials=optuna.load_study(study_name=folder.name, storage=storage).trials,
        rows=table(folder),
        left=left,
        killed=group is not None,
    )


def study_of(harms):
    """Writes a study that tries each harm once."""
    text = STUDY.partition("[space]")[0]
    for old, new in (
        ("trials = 2", "trials = 9\nbaselines = false\ntensorboard = false"),
        ('"random"', '"grid"'),
        ("max_concurrent = 1", "max_concurrent = 2"),
        ('"residual_cnn"', '"harmful:network"'),
        ('"backbone.blocks" = 1\n"backbone.filters" = 8\n', ""),
        ('"training.epochs" = 2', '"training.epochs" = 1'),
    ):
        assert old in text
        text = text.replace(old, new)
    return f'{text}[space]\n"backbone.harm" = {harms}\n'.replace("'", '"')


def test_the_search_ends_as_ever(story):
    """The pool heals: the trial without harm completes, and the command succeeds."""
    assert (story.answer.code, story.answer.err) == (0, ""), story.answer.out
    done = [t.params["backbone.harm"] for t in story.trials if t.value is not None]
    assert done == ["none"]


def test_a_crash_is_tried_twice(story):
    """A segmentation fault costs two workers and one trial, which names it."""
    crashed = [t for t in story.trials if t.params.get("backbone.harm") == "crash"]
    reasons = [t.user_attrs["reason"] for t in crashed]
    cause = "the worker died in this trial: segmentation fault"
    assert reasons == [cause, f"{cause}, twice"]
    assert {t.state.name for t in crashed} == {"FAIL"}
    assert f"{cause}, twice" in [row["reason"] for row in story.rows]


def test_the_kernel_kills_once(story):
    """A worker that the kernel killed for its memory prunes its trial, once."""
    killed = [t for t in story.trials if t.params.get("backbone.harm") == "memory"]
    assert len(killed) == story.killed
    for trial in killed:
        assert (trial.state.name, trial.constraints) == ("PRUNED", {"memory": 1.0})
        assert trial.user_attrs["reason"] == "out_of_memory"
        assert "kernel" in story.answer.out


def test_nothing_is_left(story):
    """No process and no temporary folder outlives the search."""
    assert story.left == []
