"""Is sharpness-aware minimization worth its cost on the synthetic faces?

    python -m tests.benchmarks.learning.sharpness [--seeds 5] [--work DIR] [--cpus 2]

The good small network of bands.py, trained plainly for 30 and for 60 epochs, and by
sharpness-aware steps, which cost two, for 30. Each is scored on the hold-out of the
same synthetic data sets. About two minutes a seed on one core.
"""

from tests.benchmarks.learning.bands import GOOD, compare

PREDICTORS = {
    "plain, 30 epochs": GOOD,
    "plain, 60 epochs": GOOD | {"training.epochs": 60},
    "sam_rho 0.05, 30 epochs": GOOD | {"training.sam_rho": 0.05},
}


if __name__ == "__main__":
    compare(PREDICTORS, __doc__)
