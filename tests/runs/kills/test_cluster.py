"""A search on nodes that come later, of which the driver is interrupted and killed."""

import json
import signal
import time
from dataclasses import dataclass

import psutil
import pytest

from tests.factories.compared_run import report_of, trials_of
from tests.factories.processes.ray_nodes import RayNodes
from tests.factories.processes.run_database import rows_of, wait
from tests.factories.runs import STUDY, Answer, ended, searched, started, write_study

pytestmark = pytest.mark.slow

TRIALS, EPOCHS = 5, 20
TEXT = (
    STUDY.replace("trials = 2", f"trials = {TRIALS}")
    .replace("max_concurrent = 1", "cpus_per_trial = 1")
    .replace('"training.epochs" = 2', f'"training.epochs" = {EPOCHS}')
)
NODES, SOON, SETTLED = ("first", "second"), 20, 0.5


@dataclass(frozen=True, kw_only=True)
class Story:
    """What became of a search with three drivers, and of a serial one."""

    trials: dict
    report: dict
    whole: tuple
    at_once: list
    interrupted: Answer
    left: list
    taken: list
    events: list


@pytest.fixture(scope="module")
def story(tmp_path_factory, coursework):
    """One search: a node joins, Ctrl-C, a kill in a second fold; and a serial one."""
    place = tmp_path_factory.mktemp("cluster")
    study = write_study(place, text=TEXT)
    assert searched(study, coursework, place / "whole").code == 0
    whole, folder = (place / one / "tiny-synthetic" for one in ("whole", "killed"))
    words = ("--study", study, "--data", coursework, "--out", folder.parent, "--json")
    nodes, drivers = RayNodes(), []

    def drive():
        address = ("--address", nodes.address)
        drivers.append(started("search.run", *words, *address, **nodes.variables))
        return drivers[-1]

    try:
        nodes.start_head(cpus=0)
        nodes.start_node("first", cpus=1)
        at_once = train_at_once(drive(), nodes, folder)
        drivers[-1].send_signal(signal.SIGINT)
        interrupted = ended(drivers[-1])
        left = workers_left(nodes)
        taken = kill_in_second_fold(drive(), folder)
        answer = ended(drive())
        assert (answer.code, answer.err) == (0, "")
        left += workers_left(nodes)
        left += nodes.place.glob("*/session_*/search-worker-*")
    finally:
        for driver in drivers:
            driver.kill()
            driver.communicate()
        nodes.close()
    return Story(
        trials=trials_of(folder),
        report=report_of(folder),
        whole=(trials_of(whole), report_of(whole)),
        at_once=at_once,
        interrupted=interrupted,
        left=left,
        taken=taken,
        events=[json.loads(line) for line in answer.out.splitlines()],
    )


def train_at_once(driver, nodes, folder):
    """Has a node join, whose worker is slow to start; returns what trains then."""
    wait(driver, lambda: reported(folder))
    (training,) = workers_of(nodes, "first")
    nodes.start_node("second", cpus=1)
    wait(driver, lambda: workers_of(nodes, "second"))
    (starting,) = workers_of(nodes, "second")
    starting.suspend()
    # Meanwhile the first node's worker is idle once, and takes another trial.
    wait(driver, lambda: max(reported(folder), default=0) > 0)
    stop_amid_a_trial(driver, training, folder)
    starting.resume()
    wait(driver, lambda: len(reported(folder)) > 1)
    training.resume()
    return reported(folder)


def stop_amid_a_trial(driver, worker, folder):
    """Stops the only worker that trains, in a trial that has reported."""
    worker.suspend()
    time.sleep(SETTLED)  # what it has sent before is recorded
    while not reported(folder):
        worker.resume()
        wait(driver, lambda: reported(folder))
        worker.suspend()
        time.sleep(SETTLED)


def kill_in_second_fold(driver, folder):
    """Kills a driver; returns the seeds of the folds that were finished then."""
    step = "select 1 from trials t join trial_intermediate_values v on v.trial_id = "
    step += f"t.trial_id where t.state = 'RUNNING' and v.step > {EPOCHS}"
    wait(driver, lambda: rows_of(folder, step))
    driver.kill()
    ended(driver)
    return [int(path.parent.name) for path in folder.glob("folds/*/fold-1.npz")]


def reported(folder):
    """Lists the numbers of running trials that have reported."""
    sql = "select distinct t.number from trials t join trial_intermediate_values v "
    rows = rows_of(folder, f"{sql} on v.trial_id = t.trial_id where state = 'RUNNING'")
    return [number for (number,) in rows]


def workers_of(nodes, name):
    """Lists the processes of a node's workers, also while they start."""
    found = []
    for process in nodes.processes(name):
        try:
            if "Trainable" in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def workers_left(nodes):
    """Lists the workers that are on the nodes some seconds after a driver's end."""
    found = [process for name in NODES for process in workers_of(nodes, name)]
    return psutil.wait_procs(found, timeout=SOON)[1]


def test_a_node_that_joins_is_used(story):
    """Two trials train at once on nodes of one CPU, though one worker starts late."""
    assert len(story.at_once) == len(NODES)


def test_an_interruption(story):
    """Ctrl-C ends a driver with one message; no worker stays on the nodes."""
    message = "error: interrupted; rerun the same command to resume\n"
    assert (story.interrupted.code, story.interrupted.err) == (130, message)
    assert story.left == []


def test_finished_folds_are_not_trained_again(story):
    """What was finished when the driver was killed is repeated, the rest trained."""
    assert story.taken
    seeds = {e["trial"]: e["seed"] for e in story.events if e["event"] == "trial_start"}
    for event in story.events:
        if event["event"] == "epoch":
            taken = seeds[event["trial"]] in story.taken and event["fold"] == 1
            assert event["repeated"] == taken
    assert {*story.taken} <= {*seeds.values()}


def test_the_result_is_that_of_a_serial_search(story):
    """Trials, winner and test are the same; the hold-out was opened once."""
    assert sorted(story.trials) == list(range(TRIALS))
    assert (story.trials, story.report) == story.whole
    assert story.report["opened"] == 1
