"""How often do intervals over subjects and seeds contain the mean of all of both?

    python -m tests.benchmarks.intervals.seeds [--draws 2000]

Draws the scores of 25 subjects by some seeds, whose deviations over subjects, seeds and
both are given, and makes the interval of their mean. Prints the share of the intervals
that contain the true mean, and beside it that of intervals over subjects alone.
"""

import argparse

import numpy as np

from models.evaluation.crossed import crossed_interval
from models.evaluation.jackknife import DIFFERENCE, jackknife
from tests.models.evaluation.test_crossed import SUBJECTS, scores

SEEDS = (2, 3, 5, 10)
PARTS = (
    {"of_subjects": 1.0, "of_seeds": 0.0, "of_both": 1.0},
    {"of_subjects": 1.0, "of_seeds": 0.05, "of_both": 1.0},
    {"of_subjects": 1.0, "of_seeds": 0.2, "of_both": 1.0},
    {"of_subjects": 0.3, "of_seeds": 0.1, "of_both": 2.0},
    {"of_subjects": 0.5, "of_seeds": 0.3, "of_both": 0.5},
    {"of_subjects": 0.2, "of_seeds": 0.5, "of_both": 0.2},
)


def covered(seeds, parts, draws):
    """Returns the shares of both kinds of intervals that contain 0."""
    generator = np.random.default_rng(0)
    crossed = alone = 0
    for _ in range(draws):
        values = scores(generator, seeds=seeds, **parts)
        low, high = crossed_interval(values, DIFFERENCE, subjects=SUBJECTS)
        crossed += low <= 0 <= high
        mean = values.mean(axis=0)[:, None]
        ends = jackknife(mean, DIFFERENCE, subjects=np.array([SUBJECTS]))
        alone += ends[0][0] <= 0 <= ends[1][0]
    return crossed / draws, alone / draws


def main():
    """Draws, and prints a line for each number of seeds and each set of deviations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000)
    draws = parser.parse_args().draws
    for seeds in SEEDS:
        for parts in PARTS:
            both, subjects = covered(seeds, parts, draws)
            given = ", ".join(f"{name} {value}" for name, value in parts.items())
            print(
                f"{seeds:2} seeds, {given}: {both:.3f}, subjects alone {subjects:.3f}"
            )


if __name__ == "__main__":
    main()
