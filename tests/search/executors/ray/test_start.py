"""How Ray starts: with which processes, which workers import early, and when."""

import json
import os
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from data_pipeline.system.gpus import FoundGpus, Gpu
from data_pipeline.system.import_guard import ROOT
from search.executors.ray.environment import EARLY, worker_environment
from search.final.exported_config import BEST
from search.pipeline import opening
from search.pipeline.run_study import RunRequest
from search.run_files import REPORT

COMMAND = [
    *("raylet", "--node_id=1", "--metrics-agent-port=0", "--metrics_export_port=0"),
    *("--dashboard_agent_listen_port=0", "--runtime_env_agent_port=0"),
    "--dashboard_agent_command=python agent.py --listen-port=0 --head",
    "--runtime_env_agent_command=python main.py",
]


def test_no_agent_is_started():
    """Each agent of the node server is replaced, and no port of one is waited for."""
    ray_processes = pytest.importorskip("search.executors.ray.processes")
    found = ray_processes.without_agents(COMMAND)
    assert found[:2] == ["raylet", "--node_id=1"]
    values = dict(word[2:].split("=") for word in found[1:])
    assert "python" not in " ".join(found)
    assert {value for name, value in values.items() if "port" in name} == {"-1"}
    assert {Path(values[name]).name for name in values if "command" in name} == {"cat"}
    assert len(found) == len(COMMAND)


def test_a_busy_machine_may_take_longer_to_start():
    """A node that is not known yet is asked for again; one that never is ends it."""
    patient = pytest.importorskip("search.executors.ray.processes").patient
    answers = iter([RuntimeError("unknown"), RuntimeError("unknown"), "node"])

    def get_node(name):
        answer = next(answers)
        if isinstance(answer, RuntimeError):
            raise answer
        return answer, name

    assert patient(get_node, 60)("a") == ("node", "a")
    answers = iter([RuntimeError("unknown")] * 9)
    with pytest.raises(RuntimeError, match="unknown"):
        patient(get_node, 0.15)("a")


def test_a_worker_finds_the_project(monkeypatch, tmp_path):
    """Workers find this project first, and what the driver finds of its user."""
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.syspath_prepend(tmp_path)
    found = worker_environment(cpus=3, early=2, folder=tmp_path)
    first, *own, last = found["PYTHONPATH"].split(os.pathsep)
    assert (first, last) == (str(ROOT), "/elsewhere")
    assert str(tmp_path) in own
    assert found["OMP_NUM_THREADS"] == "3"
    assert json.loads(found[EARLY]) == {"cpus": 3, "early": 2, "folder": str(tmp_path)}


def test_only_the_first_workers_import_early(tmp_path):
    """A worker that replaces a dead one imports for its trial, so that this ends."""
    from search.executors.ray.worker import _is_early  # noqa: PLC0415 - imports Ray

    assert [_is_early(tmp_path, 2) for _ in range(4)] == [True, True, False, False]
    assert not _is_early(tmp_path, 0)


class Begun(Exception):  # noqa: N818 - no error
    """Ray was started."""


def begun(**_):
    """Stands for the start of Ray."""
    raise Begun


def starts(monkeypatch, folder, *, executor="ray", gpus=None, found_gpus=()):
    """Whether a run in a folder starts Ray before its images are read."""
    monkeypatch.setattr(opening, "early_session", begun)
    monkeypatch.setattr(opening, "find_gpus", lambda _: FoundGpus(gpus=found_gpus))
    resources = SimpleNamespace(cpus_per_trial=1, gpus_per_trial=gpus, max_concurrent=2)
    run = SimpleNamespace(
        study=SimpleNamespace(resources=resources),
        folder=SimpleNamespace(file=lambda name: folder / name),
    )
    try:
        found = opening.start_early(RunRequest(study="smoke", executor=executor), run)
    except Begun:
        return True
    assert isinstance(found, nullcontext)
    return False


def test_ray_starts_early_for_trials_on_cpus(monkeypatch, tmp_path):
    """A new run with Ray starts it at once, others when it is needed."""
    assert starts(monkeypatch, tmp_path)
    assert not starts(monkeypatch, tmp_path, executor="serial")
    assert not starts(monkeypatch, tmp_path, gpus=0.5)
    gpu = Gpu(memory=10**10, capability=(8, 0))
    assert starts(monkeypatch, tmp_path, gpus=0.0, found_gpus=(gpu,))
    assert not starts(monkeypatch, tmp_path, found_gpus=(gpu,))


@pytest.mark.parametrize("name", [REPORT, BEST])
def test_a_finished_run_starts_no_ray(monkeypatch, tmp_path, name):
    """A run with a result may be finished, and then starts nothing."""
    (tmp_path / name).touch()
    assert not starts(monkeypatch, tmp_path)
