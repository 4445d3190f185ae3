"""A search on a server; as a process, one whose machine has any name.

    python -m tests.factories.servers.driver MACHINE [TRIALS FILE]

takes the URL from the environment. After so many trials it waits for the file.
"""

import os
import sys
import time
from pathlib import Path

from data_pipeline.system.cli import run_command
from search.ledger.ledger import open_ledger
from search.storage.driver_lock import only_driver_of_storage
from search.storage.retrying import RetryPolicy
from search.storage.servers import driver_lease
from search.storage.url import ENVIRONMENT
from tests.factories.ledger import DATA, inside
from tests.factories.processes.killed_searches import story, study_of, train

LEASE = 2.0


def server_study(sampler="tpe"):
    """Makes the study that is searched here."""
    return study_of(sampler, trials=16, pruner="successive_halving", enqueued=True)


def drive(study, url, *, waiting=lambda _: None, lease=LEASE, lines=None):
    """Searches as the only driver; returns the story of the search.

    Args:
        study: what to search.
        url: of the storage.
        waiting: called within each trial, with the number of those that have ended.
        lease: of the driver, in seconds.
        lines: collects what is printed.
    """
    with only_driver_of_storage(url, "small", lease=lease) as held:
        policy = RetryPolicy(
            print=(lines if lines is not None else []).append,
            checks=(held.check,),
            fence=held.fence,
            answered=True,
        )
        ledger = open_ledger(study, url=url, name="small", data=DATA, policy=policy)
        try:
            while (request := ledger.ask()) is not None:
                waiting(ledger.counts().done)
                ledger.tell(request.number, train(ledger, request))
            return story(ledger)
        finally:
            ledger.close()
            let_go(ledger)


def let_go(ledger):
    """Closes the connections of a ledger."""
    database = getattr(inside(ledger)._storage, "_backend", None)  # noqa: SLF001
    if hasattr(database, "engine"):  # a journal has none
        database.engine.dispose()


def main():
    """Searches as a process of another machine."""
    machine, *wait = sys.argv[1:]
    driver_lease._machine = lambda: machine  # noqa: SLF001 - as if it were another
    driver_lease.socket.gethostname = lambda: machine

    def waiting(done):
        if wait and done == int(wait[0]):
            while not Path(wait[1]).exists():
                time.sleep(0.05)

    def work():
        drive(server_study(), os.environ[ENVIRONMENT], waiting=waiting)

    return run_command(work)


if __name__ == "__main__":
    sys.exit(main())
