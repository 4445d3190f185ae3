"""How good is the best trial of a search that can afford 20 full trainings?

    python -m tests.benchmarks.regret [--seeds 6] [--epochs 50] [--processes 1]

Replays the recorded curves of ../shared/data/curves through the project's ledger,
samplers and pruners. Prints, for each pair of sampler and pruner, the regret as a share
of the way from the best recorded configuration to the median one: mean and median over
tasks and seeds, its standard error, and the number of trials.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from statistics import mean, median

import numpy as np
import optuna

from tests.factories.recorded_curves import read_tasks, searched

THIRDS = ("1/3",)
"""The only rung of one fold before the rungs were shares: a third."""

ARMS = {
    "bohb, successive_halving (default)": ("bohb", "successive_halving", None),
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
    options = parser.parse_args()
    print("| sampler, pruner | mean | SE | median | trials |\n|---|---|---|---|---|")
    with ProcessPoolExecutor(options.processes) as pool:
        for name, arm in ARMS.items():
            runs = [
                (options.epochs, index, arm, seed)
                for index in range(len(read_tasks()))
                for seed in range(1, options.seeds + 1)
            ]
            print(_row(name, list(pool.map(_run, runs))), flush=True)


def _run(run):
    epochs, index, (sampler, pruner, rungs), seed = run
    task = read_tasks(epochs=epochs)[index]
    return searched(task, sampler=sampler, pruner=pruner, seed=seed, rungs=rungs)


def _row(name, found):
    regrets, trials = zip(*found, strict=True)
    error = np.std(regrets, ddof=1) / len(regrets) ** 0.5
    return (
        f"| {name} | {mean(regrets):.3f} | {error:.3f} | {median(regrets):.3f} "
        f"| {mean(trials):.0f} |"
    )


if __name__ == "__main__":
    main()
