"""The laws of executors: serial, Ray and a cluster run the same search."""

import json
import re
import signal
import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass

import keras
import optuna
import psutil
import pytest

from models.inference.sidecar import read_sidecar
from search.storage.hidden_attributes import attributes_of
from tests.factories.processes.ray_nodes import RayNodes, can_hide
from tests.factories.runs import STUDY, ended, started, table, write_study

pytestmark = pytest.mark.slow

TRIALS = 6
JUDGED = (
    STUDY.replace("trials = 2", f"trials = {TRIALS}")
    .replace("seed = 7", "seed = 5")  # draws a learning rate that diverges
    .replace('"none"', '"successive_halving"')
    .replace('"random"', '"tpe"')
    .replace('"training.epochs" = 2', '"training.epochs" = 3')
    .replace("{ low = 1e-4, high = 1e-2, log = true }", "[1e-4, 1e-3, 1e-2, 1e3]")
)
PATIENT_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """One trial as the storage has it, without its times."""

    number: int
    state: str
    reason: str
    value: float | None
    params: str
    curve: str
    pooled: str


def history(folder):
    """Reads how every trial of a run went."""
    storage = f"sqlite:///{folder / 'optuna.db'}"
    trials = optuna.load_study(study_name=folder.name, storage=storage).trials
    return [
        Ended(
            number=trial.number,
            state=trial.state.name,
            reason=trial.user_attrs.get("reason", ""),
            value=trial.value,
            params=json.dumps(trial.params, sort_keys=True),
            curve=json.dumps(trial.intermediate_values, sort_keys=True),
            pooled=json.dumps(attributes_of(trial).get("pooled_curve")),
        )
        for trial in trials
    ]


def weights_of(path):
    """Reads the weights of a model, as bytes."""
    model = keras.saving.load_model(path, compile=False)
    return [weight.tobytes() for weight in model.get_weights()]


@contextmanager
def cluster(*, hidden):
    """A head that trains nothing, and a node that cannot read the driver's files."""
    nodes = RayNodes()
    try:
        nodes.start_head(cpus=0)
        nodes.start_node("worker", cpus=1, hidden=hidden if can_hide() else None)
        yield nodes
    finally:
        nodes.close()


@pytest.fixture(scope="module")
def runs(tmp_path_factory, coursework):
    """The same study by each executor, in processes of their own."""
    place = tmp_path_factory.mktemp("executors")
    study = write_study(place, text=JUDGED)
    found = {}
    # Longer than Ray's sockets allow; the executor finds a place of its own.
    temporary = place / "a-folder-for-temporary-files-with-a-long-name"
    temporary.mkdir()
    with cluster(hidden=place) as nodes:
        for executor in ("serial", "ray", "cluster"):
            out = place / executor
            words = ("--study", study, "--data", coursework, "--out", out)
            words += ("--set", "search.checkpoints=2", "--set", "final.seeds=2")
            variables = {"TMPDIR": str(temporary)}
            if executor == "cluster":
                words += ("--address", nodes.address)
                variables |= nodes.variables
            else:
                words += ("--executor", executor)
            answer = ended(started("search.run", *words, **variables))
            assert (answer.code, answer.err) == (0, "")
            assert not list(temporary.iterdir())
            found[executor] = (out / "tiny-synthetic", answer)
    return found


class ExecutorLaws:
    """What every executor does."""

    executor = ""

    def test_budget_is_exact(self, runs):
        """Exactly as many trials end as the study has, and none is left running."""
        trials = history(runs[self.executor][0])
        assert len(trials) == TRIALS
        assert {trial.state for trial in trials} == {"COMPLETE", "PRUNED"}

    def test_pruned_and_diverged_differ(self, runs):
        """A pruned trial keeps its reports; a diverged one has its own reason."""
        trials = history(runs[self.executor][0])
        reasons = {trial.reason for trial in trials if trial.state == "PRUNED"}
        assert reasons == {"pruner", "diverged"}
        for trial in trials:
            steps = len(json.loads(trial.curve))
            assert (steps == 6) == (trial.state == "COMPLETE")
            assert steps > 0 or trial.reason == "diverged"

    def test_prints_one_line_a_trial(self, runs):
        """Without a terminal each trial is one line, and engines print nothing."""
        lines = runs[self.executor][1].out.splitlines()
        message = [line for line in lines if "] trial " in line]
        assert [line.partition("]")[0] for line in message] == [
            f"[{number}/{TRIALS}" for number in range(1, TRIALS + 1)
        ]
        assert lines[0].startswith("hashing images")
        compared, retrained = lines[lines.index(message[-1]) + 1 :][:2]
        assert compared.startswith("comparing the completed trials")
        assert retrained.startswith("retraining trial")

    def test_checkpoints_of_the_best_trials(self, runs):
        """The two best trials leave a model of each fold, which predict takes."""
        folder = runs[self.executor][0]
        done = [t for t in history(folder) if t.state == "COMPLETE"]
        best = sorted(done, key=lambda trial: trial.value, reverse=True)[:2]
        models = sorted((folder / "checkpoints").rglob("*.keras"))
        places = {path.parent.relative_to(folder).as_posix() for path in models}
        assert places == {
            f"checkpoints/trial-{trial.number:04}/fold-{fold}"
            for trial in best
            for fold in (1, 2)
        }
        assert len(list((folder / "checkpoints").rglob("*.*"))) == 2 * len(models)
        described = read_sidecar(models[0])
        whole = json.loads((folder / "model.json").read_text())
        assert described.action_units == tuple(whole["action_units"])
        assert "checkpoints" in runs[self.executor][1].out

    def test_seconds_are_kept(self, runs):
        """The table has the costs of each trial, and graphs are reused."""
        rows = table(runs[self.executor][0])
        assert float(rows[0]["seconds_traced"]) > 0
        assert all(float(row["seconds_traced"]) == 0 for row in rows[1:])
        assert all(float(row["seconds_sampled"]) > 0 for row in rows)


class TestSerial(ExecutorLaws):
    """The reference executor keeps the laws."""

    executor = "serial"


class TestRay(ExecutorLaws):
    """The Ray Tune executor keeps the laws."""

    executor = "ray"

    def test_waiting_for_a_worker_is_printed(self, runs):
        """The first trial waits for its worker to start, the next ones hardly."""
        waited = [float(row["seconds_waited"]) for row in table(runs["ray"][0])]
        assert waited[0] > max(waited[1:])


class TestCluster(ExecutorLaws):
    """Ray Tune keeps the laws on a node that has none of the driver's files."""

    executor = "cluster"

    def test_the_node_is_recorded(self, runs):
        """Each trial names the node that it ran on."""
        folder = runs["cluster"][0]
        storage = f"sqlite:///{folder / 'optuna.db'}"
        trials = optuna.load_study(study_name=folder.name, storage=storage).trials
        (node,) = {attributes_of(trial)["node"] for trial in trials}
        assert re.fullmatch(r"[\d.]+ [0-9a-f]{8}", node)


@pytest.mark.parametrize("executor", ["ray", "cluster"])
def test_executors_agree(runs, executor):
    """One worker without look-ahead: same parameters, states, reasons and curves."""
    assert history(runs["serial"][0]) == history(runs[executor][0])


def test_executors_leave_the_same_checkpoints(runs):
    """The weights that each keeps of its best trials are equal, to the bit."""
    kept = [
        {
            path.relative_to(runs[name][0]).as_posix(): weights_of(path)
            for path in (runs[name][0] / "checkpoints").rglob("*.keras")
        }
        for name in ("serial", "ray", "cluster")
    ]
    assert kept[0] == kept[1] == kept[2]


def test_executors_leave_the_same_model(runs):
    """The winners that warm workers retrain predict as the serial ones, each seed."""
    reports = [
        json.loads((runs[name][0] / "holdout.json").read_text())
        for name in ("serial", "ray", "cluster")
    ]
    for report in reports:
        # A cluster counts the cores of its nodes.
        report["search"].pop("machines")
    assert reports[0] == reports[1] == reports[2]
    assert len(reports[0]["seeds"]["trained"]) == 2


def reports_of(folder, number):
    """Counts the reports of a running trial; 0 while nothing can be read."""
    try:
        with sqlite3.connect(f"file:{folder / 'optuna.db'}?mode=ro", uri=True) as base:
            sql = (
                "select count(*) from trial_intermediate_values v join trials t "
                "on t.trial_id = v.trial_id where t.number = ?"
            )
            return int(base.execute(sql, (number,)).fetchone()[0])
    except sqlite3.Error:
        return 0


def test_worker_that_dies(tmp_path, coursework, start):
    """A killed worker's trial is lost with a reason, and runs again with its seed."""
    text = STUDY.replace('"training.epochs" = 2', '"training.epochs" = 12')
    study = write_study(tmp_path, text=text.replace("trials = 2", "trials = 3"))
    words = ("--study", study, "--data", coursework, "--out", tmp_path / "runs")
    more = ("--set", "resources.max_concurrent=2", "--until", "search")
    process = start("search.run", *words, *more)
    folder = tmp_path / "runs" / "tiny-synthetic"
    deadline = time.monotonic() + PATIENT_SECONDS
    while not (reports_of(folder, 0) and reports_of(folder, 1)):
        assert process.poll() is None, ended(process)
        assert time.monotonic() < deadline
        time.sleep(0.1)
    workers = [
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if "Trainable" in " ".join(child.cmdline())
    ]
    assert len(workers) == 2
    workers[0].send_signal(signal.SIGKILL)
    answer = ended(process)
    assert (answer.code, answer.err) == (0, "")
    trials = history(folder)
    (lost,) = (trial for trial in trials if trial.state == "FAIL")
    assert "worker died" in lost.reason
    done = [trial for trial in trials if trial.state == "COMPLETE"]
    assert len(done) == 3
    assert [trial.params for trial in done].count(lost.params) == 1
    assert "3 completed, 0 pruned, 0 failed" in answer.out
    assert "raylet" not in answer.out


@pytest.mark.slow
def test_worker_that_is_too_large(tmp_path, coursework, start):
    """A worker above its bound is replaced after a trial, and no trial fails."""
    study = write_study(tmp_path, text=STUDY.replace("trials = 2", "trials = 3"))
    words = ("--study", study, "--data", coursework, "--out", tmp_path / "runs")
    bound = ("--set", "resources.memory_per_worker=0.1", "--until", "search")
    answer = ended(start("search.run", *words, *bound))
    folder = tmp_path / "runs" / "tiny-synthetic"

    assert (answer.code, answer.err) == (0, "")
    assert [trial.state for trial in history(folder)] == ["COMPLETE"] * 3
    # Each trial had a process of its own, which traced the graph.
    assert all(float(row["seconds_traced"]) > 0 for row in table(folder))
    assert "3 completed, 0 pruned, 0 failed" in answer.out
