"""A bank read again: the value of a configuration in any state of its training.

A state is the number of epochs that each fold counts with; folds of 0 are left out.
"""

import functools

import numpy as np

from models.evaluation.bootstrap import subject_weights
from models.metrics.scores import weighted_scores
from search.trial.curve import peak, smoothed
from tests.benchmarks.pruning.bank import predictions_of, score_of
from tests.benchmarks.pruning.setting import FOLDS, OBJECTIVE, configurations

RESAMPLES = 200


class Recorded:
    """The bank of some configurations, with what was scored of it so far."""

    def __init__(self, people, bank):
        """Takes the development rows, and a record a configuration."""
        self.people, self.bank = people, bank
        self.configurations = configurations(len(bank))
        self.true_scores = np.where(
            np.isfinite(bank["true_score"]),
            bank["true_score"],
            bank["true_score"].min(),
        )
        self._values = functools.cache(self._value)
        self._resampled = functools.cache(self._resample)

    def epochs(self, number):
        """Returns the epochs of each fold of a configuration."""
        return int(self.configurations[number]["training.epochs"])

    def value(self, number, state):
        """Scores the pooled rows of a state; NaN where a fold diverged."""
        return self._values(number, state)

    def curve(self, number):
        """Returns the pooled values of a whole trial, an epoch each."""
        return self.bank[number]["pooled"][: self.epochs(number)].tolist()

    def final(self, number):
        """Returns value and epoch of a whole trial."""
        curve = self.curve(number)
        epoch = peak(curve)
        return smoothed(curve)[epoch - 1], epoch

    def resampled(self, number, state):
        """Scores a state in resamples of the subjects: the same for equal rows."""
        return self._resampled(number, state)

    def _value(self, number, state):
        if np.count_nonzero(state) == 1:
            fold = int(np.argmax(state))
            return float(self.bank[number]["values"][fold, state[fold] - 1])
        rows, outputs = self._rows(number, state)
        if not np.isfinite(outputs).all():
            return np.nan
        return score_of(self.people, outputs, rows)

    def _resample(self, number, state):
        rows, outputs = self._rows(number, state)
        weights = subject_weights(
            self.people.subjects[rows], seed=1, resamples=RESAMPLES
        )
        found = weighted_scores(
            self.people.targets.take(rows),
            predictions_of(self.people, outputs),
            weights,
        )
        parts = [np.nan_to_num(found[name]) * w for name, w in OBJECTIVE.items()]
        return sum(parts) / sum(OBJECTIVE.values())

    def _rows(self, number, state):
        """Returns the rows of a state and their outputs."""
        predictions = self.bank[number]["predictions"]
        used = [fold for fold in range(FOLDS) if state[fold]]
        parts = [self.people.folds[fold].validation for fold in used]
        outputs = [
            predictions[state[fold] - 1, rows]
            for fold, rows in zip(used, parts, strict=True)
        ]
        return np.concatenate(parts), np.concatenate(outputs)
