"""Reads a run's database while another process writes it, and waits for it."""

import sqlite3
import time
from contextlib import closing

from tests.factories.runs import ended

PATIENCE = 120


def rows_of(folder, sql):
    """Queries a run's database while another process writes it."""
    try:
        # A connection that is only let go may stay open for long.
        opened = sqlite3.connect(f"file:{folder / 'optuna.db'}?mode=ro", uri=True)
        with closing(opened) as base:
            return base.execute(sql).fetchall()
    except sqlite3.Error:
        return []


def finished(folder):
    """Lists the trials that ended by themselves, with their values."""
    return rows_of(
        folder,
        "select t.number, t.state, v.value from trials t join trial_values v "
        "on v.trial_id = t.trial_id where t.state = 'COMPLETE' order by t.number",
    )


def wait(process, until):
    """Waits for something that a process does."""
    deadline = time.monotonic() + PATIENCE
    while not until():
        assert process.poll() is None, ended(process)
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)


def running(folder):
    """Checks whether a trial runs that has reported."""
    return rows_of(
        folder,
        "select 1 from trials t join trial_intermediate_values v "
        "on v.trial_id = t.trial_id where t.state = 'RUNNING'",
    )
