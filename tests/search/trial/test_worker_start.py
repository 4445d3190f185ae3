"""A worker that cannot start: the whole cause is reported, and no trial is spent."""

import os
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from data_pipeline.images import detector
from data_pipeline.system.cli import run_command
from data_pipeline.system.errors import RunError, describe_cause
from models import backend
from search.executors.board import FolderBoard
from search.executors.heartbeat import has_started
from search.executors.post import LocalPost
from search.executors.ray import executor as ray_executor
from search.executors.ray import worker as ray_worker
from search.executors.tune_bridge import Bridge
from search.trial.messages import TrialRequest
from search.trial.worker_start import start_worker
from tests.factories.runs import ROOT, STUDY, ended, searched, table, write_study

BROKEN = """
raise ImportError("libbroken.so: cannot open shared object file\\nsee the manual")
"""
NOTEBOOK = "module://matplotlib_inline.backend_inline"


class FakeJob:
    """A job, as far as a worker gets that cannot start."""

    cpus = 1
    gpus = 0.0


def test_a_cause_is_described_in_full():
    """The error, its causes and their places are described, however many lines."""

    def load():
        raise OSError("no libcuda.so\nlook at the manual")

    with pytest.raises(OSError, match="libcuda") as found:
        load()
    error = ImportError("cannot load the backend")
    error.__cause__ = found.value
    message = describe_cause(error)
    assert message.startswith(
        "ImportError: cannot load the backend\nOSError: no libcuda"
    )
    assert f"look at the manual\n  ({__file__}, line" in message


def test_keras_that_cannot_be_imported(monkeypatch):
    """Every command that needs Keras reports it as one error, without a traceback."""

    def load():
        raise ImportError("no libcuda.so")

    monkeypatch.setattr(backend, "load_keras", load)
    with pytest.raises(RunError, match=r"cannot be imported:\nImportError: no lib"):
        backend.prepare_process(cpus=1)


def test_a_detector_that_cannot_be_loaded(monkeypatch):
    """Its process reports the cause and the alternative."""

    def load():
        raise ImportError("no libcuda.so")

    monkeypatch.setattr(detector, "load_keras", load)
    with pytest.raises(
        RunError, match=r'crop = "none":\nImportError: no libcuda'
    ) as found:
        detector._detect_in_process(np.zeros((8, 8, 3), np.uint8))  # noqa: SLF001
    copied = pickle.loads(pickle.dumps(found.value))  # noqa: S301 - our own bytes
    assert str(copied) == str(found.value), "it comes from another process"


def test_images_that_cannot_be_mapped(tmp_path):
    """What fails after Keras, before any trial, is a failure of the start as well."""
    job = FakeJob()
    job.images = str(tmp_path / "missing.npy")
    with pytest.raises(RunError, match=r"cannot start[^$]*missing.npy[^$]*No trial"):
        start_worker(job)


def test_rays_worker_reports_instead_of_dying(tmp_path, monkeypatch):
    """Its first step returns why it cannot start; no trial has started in it."""

    def broken(_, *, quiet, images):
        assert images is None
        assert not quiet, "its output goes to a file"
        raise RunError("a worker cannot start: no libcuda.so")

    monkeypatch.setattr(ray_worker, "start_worker", broken)
    worker = object.__new__(ray_worker.WarmTrainable)
    request = TrialRequest(number=3, seed=1, values={}, seconds=0.0)
    worker.setup({"trial": request}, job=FakeJob(), post=LocalPost(tmp_path))
    message = {"cannot_start": "a worker cannot start: no libcuda.so", "done": True}
    assert worker.step() == message
    assert worker.reset_config({"trial": request})
    assert worker.step() == message
    assert not has_started(FolderBoard(tmp_path), "trial 3")


def test_what_ray_knows_of_a_death_is_heard(tmp_path):
    """Both Tune's file of the error and the worker's own words reach the bridge."""
    wrong = tmp_path / "error.txt"
    wrong.write_text("Task was killed due to the node running low on memory.")
    bridge = Bridge(None, None)
    scheduler = ray_executor.LedgerScheduler(bridge, lambda _: "Fatal Python error")
    scheduler.on_trial_error(None, SimpleNamespace(error_file=str(wrong), trial_id="a"))
    assert "low on memory" in bridge.trouble
    assert bridge.trouble.endswith("Fatal Python error")
    scheduler.on_trial_error(None, SimpleNamespace(error_file=None, trial_id="a"))
    assert bridge.trouble.strip() == "Fatal Python error"


def test_the_heartbeat_of_a_dead_retraining_is_forgotten():
    """No warning comes later of a worker that died while it retrained."""
    forgotten = []
    scheduler = ray_executor.LedgerScheduler(
        Bridge(None, None), lambda _: "", forgotten.append
    )
    scheduler.on_trial_error(None, SimpleNamespace(error_file=None, trial_id="a"))
    assert forgotten == ["the retraining"]


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["serial", "ray"])
def test_the_whole_budget_is_left(tmp_path, coursework, start, executor):
    """A broken library ends a search in one message; mended, it has lost nothing."""
    broken = tmp_path / "broken" / "keras"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text(BROKEN)
    study = write_study(tmp_path, text=STUDY.replace("trials = 2", "trials = 1"))
    out = tmp_path / "runs"
    words = ("--study", study, "--data", coursework, "--out", out)
    words += ("--until", "search", "--executor", executor)
    path = f"{broken.parent}:{ROOT}"
    answer = ended(start("search.run", *words, PYTHONPATH=path))
    assert answer.code == 1
    assert answer.err.startswith("error: a worker cannot start")
    assert "libbroken.so: cannot open shared object file\nsee the manual" in answer.err
    assert "Traceback" not in answer.err

    mended = searched(study, coursework, out, "--until", "search")
    assert (mended.code, mended.err) == (0, "")
    rows = table(out / "tiny-synthetic")
    assert [row["state"] for row in rows if row["reason"] != "interrupted"] == [
        "COMPLETE"
    ]


def test_commands_are_no_notebooks(monkeypatch):
    """Matplotlib uses its backend for files in every command."""
    monkeypatch.setenv("MPLBACKEND", NOTEBOOK)
    found = []
    run_command(lambda: found.append(os.environ["MPLBACKEND"]))
    assert found == ["agg"]


@pytest.mark.slow
def test_a_notebooks_variable_breaks_nothing(start):
    """Keras is imported where Matplotlib's backend is that of a notebook."""
    answer = ended(
        start("tests.factories.processes.keras_process", MPLBACKEND=NOTEBOOK)
    )
    assert (answer.code, answer.err) == (0, "")
