"""How long a run takes until its first trial begins, and until its first epoch ends.

    PYTHONPATH=. python tests/benchmarks/starting.py [--rounds N] [--fresh] [--epoch]
        [--tree DIR]

Each round starts ``search.run --study smoke`` and interrupts it when its first trial
has begun, or its first epoch is done (``--epoch``). ``--fresh`` draws the synthetic
faces too. ``--tree`` runs another checkout, in turn with this one. The CPU time is that
of all processes of the run.
"""

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median

import psutil

EVERY = 0.1
ROOT = Path(__file__).parents[2]
FACES = ROOT / "data" / "synthetic"
POINTS = ("Ray's node server", "first trial begun", "first epoch done")


def main():
    """Prints a table with the median of the rounds, for each tree."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--epoch", action="store_true")
    parser.add_argument("--tree", type=Path, action="append", default=[ROOT])
    args = parser.parse_args()
    if not args.fresh and not FACES.is_dir():
        sys.exit(f"{FACES} has no faces; run --study smoke once, or pass --fresh.")
    # A shell's background jobs ignore Ctrl-C, and so would what they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    found = {tree.resolve(): [] for tree in args.tree}
    last = POINTS[2 if args.epoch else 1]
    for _ in range(args.rounds):
        for tree, rounds in found.items():
            rounds.append(measured(tree, last, fresh=args.fresh))
    for tree, rounds in found.items():
        print(tree)
        for point in POINTS[: POINTS.index(last) + 1]:
            wall, cpu = (median(one[point][i] for one in rounds) for i in (0, 1))
            print(f"  {point}: {wall:.1f} s ({cpu:.1f} s of CPU time)")


def measured(tree, last, *, fresh):
    """Runs until the first epoch is done; returns wall and CPU time of each point."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "data").mkdir()
        if not fresh:
            (place / "data" / "synthetic").symlink_to(FACES)
        return follow(place, started(place, tree), last)


def started(place, tree):
    """Starts a run in an empty folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "search.run", "--study", "smoke", "--until", "search"],
        env=os.environ | {"PYTHONPATH": str(tree), "TMPDIR": str(place)},
        cwd=place,
        stdout=subprocess.DEVNULL,
    )


def follow(place, process, last):
    """Notes when each point is reached, then interrupts the run."""
    begun, spent, points = time.monotonic(), {}, {}
    tests = {
        POINTS[0]: lambda: list(place.glob("search-ray-*/r/session_*/sockets/raylet")),
        POINTS[1]: lambda: list(place.glob("search-ray-*/pulse/*.started")),
        POINTS[2]: lambda: has_reported(place / "runs" / "smoke-synthetic"),
    }
    while last not in points and process.poll() is None:
        time.sleep(EVERY)
        note(process.pid, spent)
        for name, reached in tests.items():
            if name not in points and reached():
                points[name] = (time.monotonic() - begun, sum(spent.values()))
    process.send_signal(signal.SIGINT)
    process.wait()
    return points


def note(pid, spent):
    """Notes the CPU time of a process and of all that it has started."""
    me = psutil.Process(pid)
    for one in (me, *me.children(recursive=True)):
        try:
            times = one.cpu_times()
        except psutil.Error:
            continue
        spent[one.pid] = times.user + times.system


def has_reported(folder):
    """Whether a trial of a run has reported an epoch."""
    try:
        with closing(
            sqlite3.connect(f"file:{folder}/optuna.db?mode=ro", uri=True)
        ) as db:
            found = db.execute("SELECT 1 FROM trial_intermediate_values LIMIT 1")
            return found.fetchone() is not None
    except sqlite3.Error:
        return False


if __name__ == "__main__":
    main()
