"""How long is the evaluation of a hold-out, with its intervals?

    python -m tests.benchmarks.evaluation [--rounds 5]

Random predictions of a hold-out as large as CK+'s: 110 images of 25 subjects, 18 action
units. Prints the median and the longest of the rounds in seconds.
"""

import argparse
import statistics
import time

from models.evaluation.jackknife import intervals
from models.evaluation.report import evaluate
from models.metrics.scores import weighted_scores
from tests.strategies.metrics import drawn


def seconds(work, rounds):
    """Measures each round of some work."""
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return found


def main():
    """Measures the intervals alone and the whole report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    targets, predictions, subjects = drawn(9, rows=110, units=18, rated=True)

    def bootstrap():
        def statistic(weights):
            return weighted_scores(targets, predictions, weights)

        intervals(statistic, subjects, seed=1)

    def report():
        evaluate(
            targets,
            predictions,
            subjects=subjects,
            thresholds={},
            development=targets,
            seed=1,
        )

    for name, work in (("intervals", bootstrap), ("report", report)):
        taken = seconds(work, rounds)
        print(
            f"{name}: median {statistics.median(taken):.2f}, longest {max(taken):.2f}"
        )


if __name__ == "__main__":
    main()
