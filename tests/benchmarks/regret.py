"""How good is the best trial of a search that can afford 20 full trainings?

    python -m tests.benchmarks.regret [--seeds 6] [--epochs 50] [--processes 1]
        [--arms NAME ...]

Replays the recorded curves of ../shared/data/curves through the project's ledger,
samplers and pruners. Prints, for each pair of sampler and pruner, the regret as a share
of the way from the best recorded configuration to the median one: mean and median over
tasks and seeds, its standard error, the difference to the first arm, search by search,
with its standard error, and the number of trials. Each task has seeds of its own: with
the same proposals in all tasks the searches of one seed would share its luck.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import optuna

from tests.factories.recorded_curves import read_tasks, searched

THIRDS = ("1/3",)
"""The only rung of one fold before the rungs were shares: a third."""

ARMS = {
    "bohb, successive_halving": ("bohb", "successive_halving", None),
    "random, successive_halving": ("random", "successive_halving", None),
    "tpe, successive_halving": ("tpe", "successive_halving", None),
    "bohb, hyperband": ("bohb", "hyperband", None),
    "bohb, median": ("bohb", "median", None),
    "tpe, median": ("tpe", "median", None),
    "tpe, none": ("tpe", "none", None),
    "tpe, rung at a third (the old default)": ("tpe", "successive_halving", THIRDS),
}


def main():
    """Searches with each arm and prints a row."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    options = parser.parse_args()
    print("| sampler, pruner | mean | SE | median | to the first | SE | trials |")
    print("|---|---|---|---|---|---|---|")
    first = None
    with ProcessPoolExecutor(options.processes) as pool:
        for name in options.arms:
            runs = [
                (options.epochs, index, ARMS[name], seed)
                for index in range(len(read_tasks()))
                for seed in range(1, options.seeds + 1)
            ]
            regrets, trials = np.array(list(pool.map(_run, runs))).T
            first = regrets if first is None else first
            print(_row(name, regrets, regrets - first, trials), flush=True)


def _run(run):
    epochs, index, (sampler, pruner, rungs), seed = run
    tasks = read_tasks(epochs=epochs)
    own = seed * len(tasks) + index
    return searched(tasks[index], sampler=sampler, pruner=pruner, seed=own, rungs=rungs)


def _row(name, regrets, differences, trials):
    return (
        f"| {name} | {regrets.mean():.3f} | {_error(regrets):.3f} "
        f"| {np.median(regrets):.3f} | {differences.mean():+.3f} "
        f"| {_error(differences):.3f} | {trials.mean():.0f} |"
    )


def _error(values):
    return float(np.std(values, ddof=1) / len(values) ** 0.5)


if __name__ == "__main__":
    main()
