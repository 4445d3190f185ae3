"""Kills parts of a search on a two-node cluster at random, and checks what is left.

    python -m tests.benchmarks.survival.kills [--kills 200] [--minutes 120] [--seed 0]

A search runs on a cluster of a head and two nodes, all on this machine. A SIGKILL meets
the driver, a worker, the server of a node or of the head, or a whole node. What was
killed is started again, until the search has ended; then the same search begins anew.
Each is compared with a serial search that nothing disturbs.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import optuna
import psutil

from data_pipeline.synthetic.write import write_synthetic
from search.storage.hidden_attributes import attributes_of
from tests.factories.compared_run import report_of, trials_of
from tests.factories.processes.ray_nodes import RayNodes
from tests.factories.processes.run_database import rows_of
from tests.factories.runs import STUDY, ended, searched, started, write_study

DRIVER, WORKER, RAYLET, GCS, NODE = "driver", "worker", "raylet", "GCS", "node"
KINDS = (DRIVER, WORKER, RAYLET, GCS, NODE)
HEAD, NODES = "head", ("first", "second")
PAUSE = 12.0
"""Mean seconds between two kills."""
PATIENCE = 75.0
"""Seconds for a driver to end after its head was lost; one that joins tries longer."""
STARTING = 40.0
"""Seconds for a worker to be there, where one is to be killed."""
HANGING = 600.0
"""Seconds after the last kill in which a driver must have ended."""


@dataclass(slots=True)
class Tally:
    """What was killed, what it cost, and what went wrong."""

    most: int
    end: float
    kills: Counter[str] = field(default_factory=Counter)
    searches: int = 0
    drivers: int = 0
    again: int = 0
    nodes: set[str] = field(default_factory=set)
    messages: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def goes_on(self):
        """Whether more is to be killed."""
        return self.kills.total() < self.most and time.monotonic() < self.end

    def count(self, kind):
        """Counts a kill, and prints it."""
        self.kills[kind] += 1
        tell(f"{time.strftime('%X')} kill {self.kills.total()}: {kind}")

    def rows(self):
        """Lists what was killed, and what came of it."""
        yield from (f"| {kind} | {self.kills[kind]} |" for kind in KINDS)
        yield f"searches {self.searches}, drivers {self.drivers}"
        yield f"trials that ran again {self.again}, nodes {len(self.nodes)}"
        yield from (f"{count} x {text}" for text, count in self.messages.most_common())
        yield from self.wrong or ["nothing lost, budgets exact, the same winners"]


class KilledSearch:
    """One search, on a cluster of its own, and what kills it."""

    def __init__(self, words, folder, chance, tally):
        """Starts nothing; ``chance`` decides when and what is killed."""
        self._words, self._folder = words, folder
        self._chance, self._tally = chance, tally
        self._nodes = RayNodes()
        self._driver = None
        self._finished = set()

    def run(self):
        """Runs the search to its end, by as many drivers as it takes."""
        try:
            self._start_cluster()
            while True:
                self._start_driver()
                if self._follow():
                    return
        finally:
            if self._driver is not None:
                self._driver.kill()
                self._driver.communicate()
            self._nodes.close()

    def _follow(self):
        """Kills until the driver has ended; returns whether the search is done."""
        while True:
            kills = self._tally.goes_on
            pause = self._chance.expovariate(1 / PAUSE) if kills else HANGING
            self._wait(pause)
            self._check_kept()
            if self._driver.poll() is not None:
                return self._ended()
            if not kills:
                self._tally.wrong.append(f"the driver hangs: {HANGING} s")
                return True
            self._kill_something()

    def _wait(self, seconds):
        """Waits for the driver's end, at most so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._driver.poll() is None:
            time.sleep(0.1)

    def _ended(self):
        answer = ended(self._driver)
        tell(f"{time.strftime('%X')} the driver ended with {answer.code}")
        if answer.code == 1:
            self._tally.messages[answer.err.strip().splitlines()[-1][:300]] += 1
        tolerated = answer.code in (0, 1, -signal.SIGKILL)
        if "Traceback" in answer.err + answer.out or not tolerated:
            self._tally.wrong.append(f"code {answer.code}: {answer.err[-2000:]}")
        return answer.code == 0

    def _kill_something(self):
        """Kills what is there to be killed, all kinds equally often."""
        tried = self._tally.kills
        for kind in sorted(KINDS, key=lambda one: (tried[one], self._chance.random())):
            if self._kill(kind):
                return

    def _kill(self, kind):
        """Kills something, and starts it again; returns whether it was there."""
        if kind == WORKER:
            return self._kill_worker()
        self._tally.count(kind)
        if kind == DRIVER:
            self._driver.kill()
            self._driver.wait()
        elif kind == GCS:
            self._kill_servers(HEAD, "gcs_server")
            # Its data are lost with it: the cluster is started anew.
            self._wait(PATIENCE)
            self._nodes.kill_all()
            self._start_cluster()
        else:
            name = self._chance.choice(NODES)
            if kind == RAYLET:
                self._kill_servers(name, "raylet")
                time.sleep(1)
            self._nodes.kill_node(name)
            self._nodes.start_node(name, cpus=1)
        return True

    def _kill_worker(self):
        """Kills a process that trains; a second death would be the configuration's."""
        end = time.monotonic() + STARTING
        while not (training := self._training()) and time.monotonic() < end:
            self._wait(0.5)
        sql = "select value_json from trial_user_attributes a join trials t on "
        sql += "t.trial_id = a.trial_id where t.state = 'RUNNING' and key = 'deaths'"
        if not training or rows_of(self._folder, sql):
            return False
        self._tally.count(WORKER)
        training[0].kill()
        return True

    def _training(self):
        return [
            process
            for name in NODES
            for process in self._nodes.processes(name)
            if "WarmTrainable" in _title(process)
        ]

    def _kill_servers(self, name, server):
        for process in self._nodes.processes(name):
            with suppress(psutil.NoSuchProcess):
                if process.name() == server:
                    process.kill()

    def _start_cluster(self):
        self._nodes.start_head(cpus=0)
        for name in NODES:
            self._nodes.start_node(name, cpus=1)

    def _start_driver(self):
        self._tally.drivers += 1
        address = ("--address", self._nodes.address)
        variables = self._nodes.variables
        self._driver = started("search.run", *self._words, *address, **variables)

    def _check_kept(self):
        """Whatever was finished once stays as it was."""
        sql = "select t.number, t.state, v.value from trials t left join trial_values v"
        sql += " on v.trial_id = t.trial_id where t.state in ('COMPLETE', 'PRUNED')"
        now = set(rows_of(self._folder, sql))
        if now and not self._finished <= now:
            self._tally.wrong.append(f"lost: {sorted(self._finished - now)}")
        self._finished |= now


def tell(text):
    """Prints a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _title(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def costs(folder):
    """Reads the nodes that a run's trials ran on, and how many were interrupted."""
    storage = f"sqlite:///{folder / 'optuna.db'}"
    trials = optuna.load_study(study_name=folder.name, storage=storage).trials
    again = [trial for trial in trials if "interrupted" in trial.user_attrs]
    nodes = {attributes_of(trial).get("node") for trial in trials if trial not in again}
    return nodes - {None}, len(again)


def compare(tally, killed, whole, trials):
    """Checks a killed search against one that nothing disturbed."""
    found, expected = trials_of(killed), trials_of(whole)
    nodes, again = costs(killed)
    tally.again += again
    tally.nodes |= nodes
    if len(found) != trials:
        tally.wrong.append(f"{len(found)} trials instead of {trials}")
    if found != expected:
        tally.wrong.append(f"other trials: {found} instead of {expected}")
    one, other = report_of(killed), report_of(whole)
    if one != other:
        parts = [key for key in other if one.get(key) != other[key]]
        tally.wrong.append(f"another winner, or another test: {parts}")


def survive(place, words):
    """Runs searches until there were so many kills; returns the tally."""
    data = place / "data"
    write_synthetic(data, layout="coursework", subjects=16, seed=3)
    study = write_study(
        place, text=STUDY.replace("trials = 2", f"trials = {words.trials}")
    )
    whole = place / "whole"
    assert searched(study, data, whole).code == 0
    chance = random.Random(words.seed)  # noqa: S311 - no secret
    tally = Tally(most=words.kills, end=time.monotonic() + 60 * words.minutes)
    while tally.goes_on and not tally.wrong:
        out = place / f"killed-{tally.searches}"
        folder = out / "tiny-synthetic"
        named = ("--study", study, "--data", data, "--out", out)
        KilledSearch(named, folder, chance, tally).run()
        tally.searches += 1
        compare(tally, folder, whole / folder.name, words.trials)
    return tally


def main():
    """Prints a row a kind of kill, and what went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.survival.kills")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trials", type=int, default=6)
    words = parser.parse_args()
    # No node outlives a benchmark that is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="kills-") as place:
        tally = survive(Path(place), words)
    tell("\n".join(tally.rows()))
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
