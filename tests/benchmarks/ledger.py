"""How long does the ledger take to start and to end a trial, with many before it?

    python -m tests.benchmarks.ledger [--trials 1000 10000] [--rounds 15]
        [--server postgresql|mysql]

Fills a run of the study ckplus (24 keys) with trials as a search leaves them: a third
of them continue at each rung. Then trials start, report to a rung, and end. The run is
in SQLite, or in a server that is started for it, with the lease and the fence.
"""

import argparse
import datetime as dt
import json
import random
import statistics
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import optuna
import sqlalchemy
from optuna.distributions import distribution_to_json
from optuna.storages._rdb.models import TrialModel
from optuna.trial import TrialState

from search.ledger.ledger import open_ledger
from search.sampling.parameter_sets import ORDINAL, SEED, trial_seed
from search.sampling.rungs import SHARES, steps_of
from search.storage.driver_lock import only_driver_of_storage
from search.storage.hidden_attributes import PREFIX
from search.storage.retrying import RetryPolicy
from search.storage.tables.trial_rows import PARAMS, REPORTS, SYSTEM, USER, VALUES
from search.storage.url import normalized_url
from search.study.study import read_study
from search.trial.messages import Completed, Pruned, Report, Spent, outcome_attributes
from tests.factories.servers import mysql, postgres

TRIALS = TrialModel.__table__
KEPT = 1 / 3
FINISHED = 1_000_000


def study_of(sampler):
    """Reads ckplus with another sampler, without a limit of trials."""
    settings = [f"search.trials={FINISHED}", f"search.sampler={sampler}"]
    return replace(read_study("ckplus", settings=settings), enqueued=())


def fill(study, url, *, start, stop):
    """Adds trials that a search could have left; through Optuna it takes an hour."""
    source = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    chance = random.Random(start)  # noqa: S311 - a benchmark
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        query = sqlalchemy.select(sqlalchemy.func.count()).select_from(TRIALS)
        number = connection.execute(query).scalar_one()
        for ordinal in range(start, stop):
            drawn = source.ask()
            study.space.suggest(drawn)
            _write(connection, _ended(study, drawn, ordinal, chance), number)
            number += 1
    engine.dispose()


def _write(connection, trial, number):
    """Writes a trial into the tables of Optuna's storage."""
    now = dt.datetime(2026, 1, 1)  # noqa: DTZ001 - as Optuna writes it
    row = {"number": number, "study_id": 1, "state": trial.state}
    row |= {"datetime_start": now, "datetime_complete": now}
    made = connection.execute(sqlalchemy.insert(TRIALS).values(row))
    rows = {
        PARAMS: [
            {
                "param_name": name,
                "param_value": kind.to_internal_repr(trial.params[name]),
                "distribution_json": distribution_to_json(kind),
            }
            for name, kind in trial.distributions.items()
        ],
        USER: _attributes(trial.user_attrs),
        SYSTEM: _attributes(trial.system_attrs),
        REPORTS: [
            {
                "step": step,
                "intermediate_value": value,
                "intermediate_value_type": "FINITE",
            }
            for step, value in trial.intermediate_values.items()
        ],
        VALUES: [
            {"objective": 0, "value": value, "value_type": "FINITE"}
            for value in trial.values or ()
        ],
    }
    (key,) = made.inserted_primary_key
    for table, found in rows.items():
        if found:
            several = [{"trial_id": key} | one for one in found]
            connection.execute(sqlalchemy.insert(table), several)


def _attributes(values):
    return [{"key": key, "value_json": json.dumps(one)} for key, one in values.items()]


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


@contextmanager
def storage(kind):
    """Gives the URL of an empty database: a file, or in a server of its own."""
    if kind is None:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'optuna.db'}"
        return
    if kind == "postgresql":
        server, name = postgres.Server(postgres.programs(), fsync="on"), "postgres"
    else:
        server, name = mysql.Server(mysql.program(), flush=1), "search"
    server.start()
    try:
        if kind == "mysql":
            engine = sqlalchemy.create_engine(server.url())
            with engine.begin() as connection:
                connection.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
            engine.dispose()
        yield normalized_url(server.url(name))
    finally:
        server.stop()
        server.remove()


def main():
    """Fills a run to each number of trials and measures there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--sampler", default="bohb")
    parser.add_argument("--server", choices=["postgresql", "mysql"])
    options = parser.parse_args()
    study = study_of(options.sampler)
    with storage(options.server) as url, only_driver_of_storage(url, "ckplus") as held:
        policy = RetryPolicy(checks=(held.check,), fence=held.fence)
        ledger = open_ledger(study, url=url, name="ckplus", data={}, policy=policy)
        done = 0
        for trials in options.trials:
            fill(study, url, start=done, stop=trials)
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
