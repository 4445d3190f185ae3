"""What does pruning cost? Rules are replayed on recorded 5-fold trainings.

    python -m tests.benchmarks.pruning [--work DIR] [--configurations 64]
        [--epochs 300] [--orders 40]

Trains each configuration once, on five folds of synthetic faces, and keeps every
epoch's predictions; an interrupted build continues. Then each rule searches the
configurations in the same random orders, through the project's ledger, until the same
number of epochs was trained. Prints for each rule the mean regret in the winner's true
score, its difference to today's rule, trials, and epochs that went to the worse half.
"""

import argparse
from pathlib import Path

import numpy as np
import optuna

from models.backend import prepare_process


def main():
    """Builds the bank, replays each rule, and prints a row of each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=Path("runs/pruning"))
    parser.add_argument("--configurations", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--orders", type=int, default=40)
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    prepare_process(cpus=1)
    compare(recorded(options.work, options.configurations), options)


def recorded(work, count):
    """Builds what is missing of the bank, and reads it."""
    # Loads scikit-learn and pandas after Keras has its threads.
    from tests.benchmarks.pruning.bank import build  # noqa: PLC0415
    from tests.benchmarks.pruning.recorded import Recorded  # noqa: PLC0415
    from tests.benchmarks.pruning.setting import draw  # noqa: PLC0415

    work.mkdir(parents=True, exist_ok=True)
    people = draw(work)
    return Recorded(people, build(work / "bank.npy", people, count))


def compare(bank, options):
    """Replays every rule and prints the table."""
    from tests.benchmarks.pruning.replay import Replay  # noqa: PLC0415
    from tests.benchmarks.pruning.rules import RULES  # noqa: PLC0415

    print(described(bank.true_scores))
    print("| rule | regret | SE | to today's | SE | trials | wasted |")
    print("|---|---|---|---|---|---|---|")
    today = None
    for rule in RULES:
        found = [
            Replay(bank, rule, seed=seed).search(options.epochs)
            for seed in range(1, options.orders + 1)
        ]
        regrets = np.array([one.regret for one in found])
        today = regrets if today is None else today
        print(row(rule.name, regrets, regrets - today, found), flush=True)


def described(true):
    """Tells how the true scores of the bank differ."""
    parts = np.quantile(true, [0, 0.25, 0.5, 0.75, 1])
    return f"{len(true)} true scores, quartiles " + " ".join(f"{x:.3f}" for x in parts)


def row(name, regrets, differences, found):
    """Writes a rule's row."""
    trials = np.mean([one.trials for one in found])
    wasted = np.mean([one.wasted for one in found])
    return (
        f"| {name} | {regrets.mean():.4f} | {error(regrets):.4f} "
        f"| {differences.mean():+.4f} | {error(differences):.4f} "
        f"| {trials:.0f} | {wasted:.0%} |"
    )


def error(values):
    """Returns the standard error of a mean."""
    return float(np.std(values, ddof=1) / len(values) ** 0.5)


if __name__ == "__main__":
    main()
