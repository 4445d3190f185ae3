"""Does anything grow over thousands of trials of one run?

    python -m tests.benchmarks.survival.soak [--trials 2000] [--executor ray]

Runs ``python -m search.run`` in this process over a few drawn faces, and samples it and
its workers meanwhile: memory, open handles, threads, the run's files, and the seconds
that the sampler took. Trials train nothing, or with ``--trained`` (always with Ray) a
network of 8 filters for one epoch.
"""

import argparse
import sqlite3
import tempfile
import threading
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np
import psutil

from data_pipeline.synthetic.write import write_synthetic
from search import run
from search.trial import worker
from tests.factories.runs import STUDY, run_main
from tests.fakes.seeded_trainer import SeededTrainer

COLUMNS = ("MB", "handles", "threads", "processes", "MB of files", "ms an ask")
ASKS = (
    "SELECT value_json FROM trial_user_attributes WHERE key = 'seconds_sampled' "
    "ORDER BY trial_id"
)


def main():
    """Runs the search; prints what was held, and by how much it grew."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=2_000)
    parser.add_argument("--executor", choices=["serial", "ray"], default="serial")
    parser.add_argument("--trained", action="store_true")
    options = parser.parse_args()
    trained = options.trained or options.executor == "ray"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        data = place / "faces"
        write_synthetic(data, layout="coursework", subjects=16, seed=3)
        samples = soak(
            place, data, options.trials, executor=options.executor, trained=trained
        )
    print("| | at a tenth | at half | at the end | growth in 100 trials |")
    print("|---|---|---|---|---|")
    for name in COLUMNS:
        parts = (at(samples, name, share) for share in (0.1, 0.5, 1.0))
        cells = [*(f"{part:,.1f}" for part in parts), f"{growth(samples, name):+.2f}"]
        print(f"| {name} | {' | '.join(cells)} |")


def soak(place, data, trials, *, executor="serial", trained=False, every=1.0):
    """Runs so many trials; returns what was held at each number of them."""
    text = (
        STUDY.replace("trials = 2", f"trials = {trials}")
        .replace('"random"', '"bohb"')
        .replace('pruner = "none"', 'pruner = "successive_halving"')
        .replace('epochs" = 2', f'epochs" = {1 if trained else 2}')
    )
    study = place / "soak.toml"
    study.write_text(text)
    words = ("--data", data, "--out", place / "runs", "--executor", executor)
    with _trainer(trained), Sampler(place / "runs", every) as sampler:
        answer = run_main(
            run.main, *map(str, ("--study", study, *words, "--until", "search"))
        )
    if answer.code:
        raise RuntimeError(answer.err)
    return sampler.samples


@contextmanager
def _trainer(trained):
    """Replaces the trainer unless trials are to be trained."""
    before = worker.Trainer
    if not trained:
        worker.Trainer = SeededTrainer
    try:
        yield
    finally:
        worker.Trainer = before


class Sampler:
    """Samples this process, its children and a run's files while something runs."""

    def __init__(self, runs, every):
        """Takes the folder of the run, and the seconds between two samples."""
        self.samples = []
        self._runs, self._every = runs, every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        """Starts."""
        self._thread.start()
        return self

    def __exit__(self, *_):
        """Stops."""
        self._ended.set()
        self._thread.join()

    def _run(self):
        while not self._ended.wait(self._every):
            with suppress(OSError, sqlite3.Error, psutil.Error):
                for database in self._runs.glob("*/optuna.db"):
                    self._sample(database)

    def _sample(self, database):
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
            asks = [float(text) for (text,) in opened.execute(ASKS)]
        if not asks:
            return
        own = psutil.Process()
        all_of_them = [own, *own.children(recursive=True)]
        files = (path for path in self._runs.rglob("*") if path.is_file())
        sample = {
            "trials": len(asks),
            "MB": sum(one.memory_info().rss for one in all_of_them) / 1e6,
            "handles": sum(one.num_fds() for one in all_of_them),
            "threads": sum(one.num_threads() for one in all_of_them),
            "processes": len(all_of_them),
            "MB of files": sum(path.stat().st_size for path in files) / 1e6,
            "ms an ask": 1e3 * float(np.median(asks[-20:])),
        }
        self.samples.append(sample)


def at(samples, name, share):
    """Returns the median of a quantity around a share of the trials."""
    trials = np.array([sample["trials"] for sample in samples])
    values = np.array([sample[name] for sample in samples])
    near = np.argsort(abs(trials - share * trials.max()), kind="stable")[:5]
    return float(np.median(values[near]))


def growth(samples, name, *, after=0.25):
    """Returns the slope of a quantity in 100 trials, without the first quarter."""
    trials = np.array([sample["trials"] for sample in samples], dtype=float)
    values = np.array([sample[name] for sample in samples], dtype=float)
    late = trials >= after * trials.max()
    return 100 * float(np.polyfit(trials[late], values[late], 1)[0])


if __name__ == "__main__":
    main()
