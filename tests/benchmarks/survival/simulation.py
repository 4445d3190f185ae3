"""How many workers can one driver serve, and what does it need for 100,000 trials?

    python -m tests.benchmarks.survival.simulation [--workers 1000] [--trials 100000]

Real ledger, sampler, pruner, storage and bridge; the workers train nothing. Trials are
those of the study ckplus (23 keys) with ``--reports`` epochs, of which the pruner stops
most; with ``--pruner none`` each reports all of them. A row of the table is measured
over the last ``--window`` trials before it. With ``--filled`` the trials up to
each row's window are written into the storage as a search leaves them, and not run.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil

from search.ledger.ledger import open_ledger
from search.sampling.rungs import steps_of
from search.study.study import read_study
from tests.benchmarks.ledger import fill
from tests.benchmarks.survival.simulated_workers import Swarm

ROWS = (1_000, 3_000, 10_000, 30_000, 100_000)
KINDS = ("ask", "report", "report at a rung", "tell")
COLUMNS = (
    "trials",
    *(f"{kind}, ms" for kind in KINDS),
    "driver, ms a report",
    "reports a s",
    "a report of each worker every, s",
    "memory, GB",
    "storage, GB",
)


def main():
    """Runs the search and prints a row at each number of trials."""
    options = _options()
    study = _study(options)
    with tempfile.TemporaryDirectory(dir=options.work) as folder:
        database = Path(folder) / "optuna.db"
        print(_line(COLUMNS), _line("---" for _ in COLUMNS), sep="\n", flush=True)
        run = _Filled if options.filled else _Whole
        for row in run(study, database, options).rows():
            print(_line(row), flush=True)


def _options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=1_000)
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--reports", type=int, default=30, help="epochs of a trial")
    parser.add_argument("--window", type=int, default=500, help="trials of a row")
    parser.add_argument("--sampler", default="bohb")
    parser.add_argument("--pruner", default="successive_halving")
    parser.add_argument("--filled", action="store_true")
    parser.add_argument("--work", help="folder for the storage")
    return parser.parse_args()


def _study(options):
    settings = [
        "split.folds=1",
        "split.validation=0.2",
        f"training.epochs={options.reports}",
        f"search.trials={1_000_000}",
        f"search.sampler={options.sampler}",
        f"search.pruner={options.pruner}",
    ]
    return replace(read_study("ckplus", settings=settings), enqueued=())


class _Whole:
    """A whole search in one process."""

    def __init__(self, study, database, options):
        self._study, self._database, self._options = study, database, options
        self._url = f"sqlite:///{database}"

    def rows(self):
        """Runs to each number of trials in turn."""
        options = self._options
        swarm = self._swarm()
        for count in _counts(options.trials):
            swarm.run(max(0, count - options.window - swarm.ended))
            yield self._row(swarm, count)

    def _swarm(self):
        ledger = open_ledger(self._study, url=self._url, name="ckplus", data={})
        return Swarm(ledger, steps_of(self._study), workers=self._options.workers)

    def _row(self, swarm, count):
        swarm.seconds.take()
        reported = swarm.reports
        swarm.run(count - swarm.ended)
        found = swarm.seconds.take()
        each = sum(map(sum, found.values())) / (swarm.reports - reported)
        memory = psutil.Process().memory_info().rss
        stored = sum(path.stat().st_size for path in self._database.parent.iterdir())
        return (
            f"{count:,}",
            *(_times(found[kind]) for kind in KINDS),
            f"{1e3 * each:.2f}",
            f"{1 / each:,.0f}",
            f"{self._options.workers * each:.1f}",
            f"{memory / 1e9:.2f}",
            f"{stored / 1e9:.2f}",
        )


class _Filled(_Whole):
    """Parts of a search: the trials before each row's window were not run."""

    def rows(self):
        """Measures each row in a storage of its own."""
        for count in _counts(self._options.trials):
            place = self._database.parent / str(count)
            place.mkdir()
            database = place / self._database.name
            yield _Filled(self._study, database, self._options).row(count)

    def row(self, count):
        """Fills the storage up to the row, and opens it."""
        options = self._options
        self._swarm()  # creates the tables
        start = count - options.window - 2 * options.workers
        fill(self._study, self._url, start=0, stop=max(0, start))
        began = time.perf_counter()
        swarm = self._swarm()
        opened = time.perf_counter() - began
        swarm.run(options.workers)  # so that the workers are out of step
        swarm.ended = count - options.window
        return (*self._row(swarm, count), f"opened in {opened:.0f} s")


def _counts(trials):
    return [*(count for count in ROWS if count < trials), trials]


def _times(seconds):
    """Tells the median, and what one in a hundred takes longer than."""
    if not seconds:
        return "-"
    last = sorted(seconds)[-1 - len(seconds) // 100]
    return f"{1e3 * statistics.median(seconds):.2g}, {1e3 * last:.2g}"


def _line(cells):
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
