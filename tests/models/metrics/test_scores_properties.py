"""Properties that hold for the metrics of any labels and predictions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.conformance.metrics import (
    masked_outputs_do_not_matter,
    rows_have_no_order,
    weights_are_repetitions,
)
from models.metrics.scores import (
    METRIC_NAMES,
    REPORTED_NAMES,
    Predictions,
    scores,
    weighted_scores,
)
from tests.strategies.metrics import scored


@given(scored())
def test_bounds(case):
    """Every metric that an objective may name is at most 1, most are 0 or more."""
    found = scores(*case)
    for name in METRIC_NAMES:
        signed = ("kappa", "kappa_norm", "mcc", "ccc", "pcc", "icc")
        low = -1 if name.endswith(signed) else 0
        assert np.isnan(found[name]) or low - 1e-12 <= found[name] <= 1 + 1e-12
    for name in REPORTED_NAMES:
        assert np.isnan(found[name]) or found[name] >= 0


@given(scored(), st.integers(0, 2**32 - 1))
def test_permutation(case, seed):
    """The order of the rows changes no metric."""
    rows_have_no_order(weighted_scores, *case, seed)


@given(scored())
def test_masked_is_sliced(case):
    """Emotion metrics of masked rows are those of the labelled rows."""
    targets, predictions = case
    labelled = targets.emotion_mask
    whole = scores(targets, predictions)
    sliced = scores(targets.take(labelled), predictions.take(labelled))
    for name in (n for n in whole if n.startswith("emotion.")):
        assert whole[name] == pytest.approx(sliced[name], nan_ok=True)


@given(scored())
def test_masked_outputs_do_not_matter(case):
    """Predictions for masked labels change nothing, NaN included."""
    masked_outputs_do_not_matter(weighted_scores, *case)


@given(scored(), st.integers(0, 2**32 - 1))
def test_weights_are_repetitions(case, seed):
    """A row of weight k counts as k rows, and one of weight 0 as none."""
    weights_are_repetitions(weighted_scores, *case, seed)


@given(scored(least=3), st.integers(0, 2**32 - 1))
def test_folds_scatter_back(case, seed):
    """Predictions of folds, put at their rows, are the whole again."""
    _, predictions = case
    order = np.random.default_rng(seed).permutation(len(predictions))
    folds = np.array_split(order, 3)
    parts = [predictions.take(rows) for rows in folds]
    whole = Predictions.scatter(parts, folds, count=len(predictions))
    assert all(map(np.array_equal, whole.heads(), predictions.heads()))
    joined = Predictions.concatenate(parts)
    assert np.array_equal(joined.emotion, predictions.emotion[order])
