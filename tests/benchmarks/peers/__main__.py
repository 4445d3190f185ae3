"""Compares this harness with its peers: ``python -m tests.benchmarks.peers``.

    python -m tests.benchmarks.peers [--trials 23] [--epochs 9] [--side 64]
        [--processes N] [--contestants NAME ...] [--rounds 1] [--seconds LIMIT]
        [--peer-kernels same|default] [--ask-tell 1000 10000] [--json FILE]

Each contestant searches the same space (setting.py) on the same drawn faces, with the
same budget of trials and epochs and one CPU a process: this harness, KerasTuner's
Hyperband and Ray's OptunaSearch with ASHA with a process a core, and Optuna in one
process. With several rounds they take turns. A contestant is ended after ``--seconds``,
and what it trained until then counts. Needs Linux and ``pip install -e ".[bench]"``.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

from data_pipeline.system.workers import usable_cores
from models.backend import environment
from tests.benchmarks.peers import ask_tell, process_tree, rows, table
from tests.benchmarks.peers.contestants import CONTESTANTS
from tests.benchmarks.peers.setting import BACKBONES, Budget, Place

ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
LOG, FOR_EVER = "output.txt", 7 * 86400.0
SHOWN = 15


def main():
    """Runs the contestants and prints the table."""
    args = parser().parse_args()
    rounds = []
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        shared = Path(folder) / "shared"
        shared.mkdir()
        Place(shared=shared, own=shared).study.write_text(budget_of(args).study_text())
        rows.draw(shared, subjects=args.subjects)
        for number in range(args.rounds):
            found = {
                name: searched(name, Path(folder) / f"{number}-{name}", shared, args)
                for name in args.contestants
            }
            rounds.append(table.with_targets(found))
    turns = ask_tell.measured(args.ask_tell, rounds=15) if args.ask_tell else {}
    print("\n".join(["", table.render(rounds), *ask_tell.lines(turns)]))
    if args.json:
        options = {name: str(value) for name, value in vars(args).items()}
        found = {"options": options, "rounds": table.as_json(rounds), "ask_tell": turns}
        args.json.write_text(json.dumps(found, indent=2) + "\n")


def parser():
    """Builds the parser of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add("--trials", type=int, default=23)
    add("--epochs", type=int, default=9)
    add("--side", type=int, default=64)
    add("--processes", type=int, default=usable_cores())
    add("--subjects", type=int, default=123)
    add("--backbones", nargs="+", choices=BACKBONES, default=BACKBONES)
    add("--seed", type=int, default=1)
    names = list(CONTESTANTS)
    add("--contestants", nargs="+", choices=names, default=names)
    add("--rounds", type=int, default=1)
    add("--seconds", type=float, default=FOR_EVER)
    add("--peer-kernels", choices=("same", "default"), default="same")
    add("--ask-tell", type=int, nargs="*", default=[1_000, 10_000])
    add("--json", type=Path)
    return made


def budget_of(args):
    """Returns the budget that the options state."""
    return Budget(**{name: getattr(args, name) for name in Budget.__slots__})


def searched(name, own, shared, args):
    """Runs one contestant and returns its figures."""
    contestant, place = CONTESTANTS[name], Place(shared=shared, own=own)
    own.mkdir()
    contestant.prepare(place)
    print(f"{contestant.title}: starts", flush=True)
    with (own / LOG).open("w") as log:
        usage = process_tree.run(
            contestant.command(place),
            environment=variables(args.peer_kernels),
            log=log,
            limit=args.seconds,
        )
    found = table.figures(usage, contestant.read(place, len(rows.read(shared).images)))
    print(
        f"{contestant.title}: {found.epochs} epochs of {found.trials} trials in "
        f"{found.wall:.0f} s, {found.cpu:.0f} CPU s",
        flush=True,
    )
    if usage.code:
        print("\n".join((own / LOG).read_text().splitlines()[-SHOWN:]), file=sys.stderr)
    return found


def variables(kernels):
    """Returns the environment: one thread a process, as the harness's workers have.

    With ``default`` TensorFlow itself decides whether peers use oneDNN's kernels; the
    harness decides for its workers either way.
    """
    threads = environment(cpus=1)
    if kernels == "default":
        del threads[ONEDNN]
    path = {
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    return os.environ | threads | path


if __name__ == "__main__":
    main()
