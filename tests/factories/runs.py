"""A study that runs in seconds, and ways to run the commands on it."""

import csv
import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from search import run

ROOT = Path(__file__).parents[2]

STUDY = """
[data]
dataset = "ckplus"
targets = ["emotion", "action_units"]
image_size = 32
[split]
folds = 2
[objective]
"emotion.macro_f1" = 0.5
"action_units.mean_auc" = 0.5
[search]
trials = 2
seed = 7
sampler = "random"
pruner = "none"
[resources]
max_concurrent = 1
[fixed]
"backbone.name" = "residual_cnn"
"backbone.blocks" = 1
"backbone.filters" = 8
"head.dense_units" = 8
"training.epochs" = 2
[space]
"training.learning_rate" = { low = 1e-4, high = 1e-2, log = true }
"head.dropout" = { low = 0.0, high = 0.6, step = 0.1 }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The exit code and output of a command."""

    code: int
    out: str
    err: str


def write_study(folder, name="tiny", text=STUDY):
    """Writes a study file; runs get its name."""
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


def searched(study, data, out, *words):
    """Runs ``search.run`` in this process, with the serial executor."""
    return run_main(
        run.main,
        *("--study", str(study), "--data", str(data), "--out", str(out)),
        *("--executor", "serial", *words),
    )


def run_main(main, *words):
    """Runs a command's main in this process; returns its exit code and output."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(list(words))
        except SystemExit as end:
            code = end.code
    return Answer(code=code, out=out.getvalue(), err=err.getvalue())


def started(*words, cwd=ROOT, **variables):
    """Starts a module of this project as a separate process."""
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", *map(str, words)],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def ended(process, timeout=180):
    """Waits for a process; returns its exit code and output."""
    out, err = process.communicate(timeout=timeout)
    return Answer(code=process.returncode, out=out, err=err)


def table(folder, name="trials_full.csv"):
    """Reads a run's table of trials, by default with every column."""
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


def contents(folder):
    """Reads every file below a folder, to see later whether anything changed."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
