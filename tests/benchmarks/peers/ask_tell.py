"""What starting and ending a trial costs with many before it, here and in Optuna.

Both on SQLite, with the study ``ckplus`` (24 keys) and the same earlier trials.
"""

import sqlite3
import statistics
import tempfile
from contextlib import closing
from pathlib import Path

import optuna

from search.ledger.ledger import open_ledger
from tests.benchmarks.ledger import Watch, fill, measure, study_of

NAME = "ckplus"


def measured(counts, *, rounds):
    """Returns the median milliseconds of ask + tell by number of earlier trials.

    For each, of the harness and of plain Optuna: wall clock and CPU time.
    """
    study = study_of("bohb")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "optuna.db"
        url = f"sqlite:///{database}"
        ledger = open_ledger(study, url=url, name=NAME, data={})
        done = 0
        for count in counts:
            fill(study, url, start=done, stop=count)
            measure(study, ledger, 1)
            turns, _ = measure(study, ledger, rounds)
            done = count + 1 + rounds
            plain = _plain(study, _copied(database), rounds)
            found[count] = {"harness": _medians(turns), "optuna": _medians(plain)}
        ledger.close()
    return found


def _copied(database):
    """Copies a database that is in use."""
    path = database.with_name("copy.db")
    path.unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(database)) as source,
        closing(sqlite3.connect(path)) as target,
    ):
        source.backup(target)
    return path


def _plain(study, database, rounds):
    """Starts and ends trials with Optuna's default sampler, without the ledger."""
    trials = optuna.load_study(study_name=NAME, storage=f"sqlite:///{database}")
    turns = []
    for _ in range(1 + rounds):
        turn = Watch()
        with turn:
            trial = trials.ask()
            study.space.suggest(trial)
            trials.tell(trial, 0.5)
        turns.append(turn.seconds)
    return turns[1:]


def _medians(turns):
    wall, cpu = zip(*turns, strict=True)
    return {
        "wall_ms": 1e3 * statistics.median(wall),
        "cpu_ms": 1e3 * statistics.median(cpu),
    }


def lines(found):
    """Renders what ``measured`` returns."""
    for count, both in found.items():
        for name, one in both.items():
            yield (
                f"ask + tell with {count} trials before it, {name}: "
                f"{one['wall_ms']:.0f} ms, CPU {one['cpu_ms']:.0f} ms"
            )
