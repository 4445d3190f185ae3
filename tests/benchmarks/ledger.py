"""How long does the ledger take to start and to end a trial, with many before it?

    python -m tests.benchmarks.ledger [--trials 1000 10000] [--rounds 15]

Fills a SQLite run of the study ckplus (24 keys) with trials as a search leaves them:
a third of them continue at each rung. Then trials start, report to a rung, and end.
"""

import argparse
import json
import random
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import optuna
from optuna.distributions import distribution_to_json
from optuna.trial import TrialState

from search.ledger.ledger import open_ledger
from search.sampling.parameter_sets import ORDINAL, SEED, trial_seed
from search.sampling.rungs import SHARES, steps_of
from search.storage.hidden_attributes import PREFIX
from search.study.study import read_study
from search.trial.messages import Completed, Pruned, Report, Spent, outcome_attributes

KEPT = 1 / 3
FINISHED = 1_000_000


def study_of(sampler):
    """Reads ckplus with another sampler, without a limit of trials."""
    settings = [f"search.trials={FINISHED}", f"search.sampler={sampler}"]
    return replace(read_study("ckplus", settings=settings), enqueued=())


def fill(study, database, *, start, stop):
    """Adds trials that a search could have left; through Optuna it takes an hour."""
    source = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    chance = random.Random(start)  # noqa: S311 - a benchmark
    with closing(sqlite3.connect(database)) as connection, connection:
        for ordinal in range(start, stop):
            drawn = source.ask()
            study.space.suggest(drawn)
            _write(connection, _ended(study, drawn, ordinal, chance))


def _write(connection, trial):
    """Writes a trial into the tables of Optuna's SQLite storage."""
    state, now = trial.state.name, "2026-01-01 00:00:00"
    number = connection.execute("SELECT count(*) FROM trials").fetchone()[0]
    key = connection.execute(
        "INSERT INTO trials VALUES (NULL, ?, 1, ?, ?, ?)", (number, state, now, now)
    ).lastrowid
    tables = {
        "trial_params VALUES (NULL, ?, ?, ?, ?)": [
            (
                name,
                kind.to_internal_repr(trial.params[name]),
                distribution_to_json(kind),
            )
            for name, kind in trial.distributions.items()
        ],
        "trial_user_attributes VALUES (NULL, ?, ?, ?)": [
            (name, json.dumps(value)) for name, value in trial.user_attrs.items()
        ],
        "trial_system_attributes VALUES (NULL, ?, ?, ?)": [
            (name, json.dumps(value)) for name, value in trial.system_attrs.items()
        ],
        "trial_intermediate_values VALUES (NULL, ?, ?, ?, 'FINITE')": [
            *trial.intermediate_values.items()
        ],
        "trial_values VALUES (NULL, ?, 0, ?, 'FINITE')": [
            (value,) for value in trial.values or ()
        ],
    }
    for text, rows in tables.items():
        connection.executemany(f"INSERT INTO {text}", [(key, *row) for row in rows])


def _ended(study, drawn, ordinal, chance):
    """Makes a trial: a third of the trials go on at each rung."""
    steps, rung = steps_of(study), 0
    while rung < len(SHARES) and chance.random() < KEPT:
        rung += 1
    completed = rung == len(SHARES)
    epochs = steps.epochs_of(drawn)
    last = steps.step(drawn, Fraction(1) if completed else SHARES[rung])
    values = {
        fold * steps.stride + epoch: chance.random()
        for fold in range(steps.folds)
        for epoch in range(1, epochs + 1)
        if fold * steps.stride + epoch <= last
    }
    outcome = complete(epochs) if completed else Pruned(reason="pruner", spent=SPENT)
    own = {ORDINAL: ordinal, SEED: trial_seed(study.search.seed, ordinal)}
    return optuna.create_trial(
        state=TrialState.COMPLETE if completed else TrialState.PRUNED,
        value=outcome.value if completed else None,
        params=drawn.params,
        distributions=drawn.distributions,
        intermediate_values=values,
        user_attrs=own,
        system_attrs={PREFIX + k: v for k, v in outcome_attributes(outcome).items()},
    )


SPENT = Spent(**{key: 1 for key in asdict(Spent())})  # noqa: C420 - kinds differ


def complete(epochs):
    """Makes the outcome of a whole trial."""
    return Completed(
        value=0.5,
        epoch=1,
        curve=(0.5,) * epochs,
        scores={"emotion.macro_f1": 0.5},
        thresholds={},
        spent=SPENT,
        learning_rates=(1e-3,) * epochs,
    )


class Watch:
    """Adds up wall clock and CPU seconds of what runs within it."""

    def __init__(self):
        """Starts at nothing."""
        self.seconds = np.zeros(2)

    def __enter__(self):
        """Starts."""
        self.seconds -= _now()

    def __exit__(self, *_):
        """Stops."""
        self.seconds += _now()


def _now():
    return np.array([time.perf_counter(), time.process_time()])


def measure(study, ledger, rounds):
    """Starts and ends trials; returns the seconds of ask and tell, and of reports."""
    steps, turns, reports = steps_of(study), [], []
    for _ in range(rounds):
        turn = Watch()
        with turn:
            request = ledger.ask()
        rung = steps.folds * int(request.values["training.epochs"]) // 30
        for epoch in range(1, rung + 1):
            message = Report(
                step=epoch, fold=0, epoch=epoch, value=0.9, last=False, spent=SPENT
            )
            report = Watch()
            with report:
                ledger.report(request.number, message)
        with turn:
            ledger.tell(request.number, Pruned(reason="pruner", spent=SPENT))
        turns.append(turn.seconds)
        reports.append(report.seconds)
    return turns, reports


def main():
    """Fills a run to each number of trials and measures there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--sampler", default="bohb")
    options = parser.parse_args()
    study = study_of(options.sampler)
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "optuna.db"
        url = f"sqlite:///{database}"
        ledger = open_ledger(study, url=url, name="ckplus", data={})
        done = 0
        for trials in options.trials:
            fill(study, database, start=done, stop=trials)
            measure(study, ledger, 2)
            done = trials + 2 + options.rounds
            turns, reports = measure(study, ledger, options.rounds)
            for name, found in (("ask + tell", turns), ("report at a rung", reports)):
                print(f"{trials} trials, {name}: {described(found)}")


def described(found):
    """Tells the middle and the longest of some seconds, as milliseconds."""
    wall, cpu = zip(*found, strict=True)
    return (
        f"median {statistics.median(wall) * 1e3:.0f} ms, longest "
        f"{max(wall) * 1e3:.0f}, median of CPU time {statistics.median(cpu) * 1e3:.0f}"
    )


if __name__ == "__main__":
    main()
