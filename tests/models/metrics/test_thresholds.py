"""Thresholds maximize F1; of equal ones the nearest to 0.5 is chosen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from models.metrics.scores import Predictions, scores
from models.metrics.thresholds import ENOUGH, best_threshold, choose_thresholds
from tests.strategies.metrics import drawn, labels, outputs, scored

cases = st.lists(
    st.tuples(st.booleans(), st.integers(0, 10).map(lambda tenth: tenth / 10)),
    min_size=1,
    max_size=20,
).map(lambda rows: (np.array([r[0] for r in rows]), np.array([r[1] for r in rows])))


def test_by_hand():
    """A threshold that separates positives from negatives is midway between them."""
    truth = np.array([False, False, True, True])
    assert best_threshold(truth, np.array([0.1, 0.2, 0.3, 0.9])) == pytest.approx(0.25)


def test_equal_cuts_give_the_one_nearest_half():
    """Among cuts of equal F1 the one nearest to 0.5 is taken."""
    truth = np.array([True, False, False, True])
    # Cut at 0.7: 1 hit of 1, F1 2/3. At 0.4: 1 of 2, 1/2. At 0.15: 2 of 4, 2/3.
    score = np.array([0.9, 0.5, 0.3, 0.3])
    assert best_threshold(truth, score) == pytest.approx(0.7)
    assert best_threshold(truth, score / 2) == pytest.approx(0.35)


@pytest.mark.parametrize("unit", [[1, 1, -1], [0, 0, -1], [-1, -1, -1]])
def test_one_sided_unit_keeps_half(unit):
    """A unit without positives or without negatives keeps 0.5."""
    targets = labels(units=np.array(unit)[:, None])
    found = choose_thresholds(targets, outputs(units=[[0.9], [0.8], [0.1]]))
    assert found == {"AU1": 0.5}


def test_needs_action_units():
    """Predictions without the head are an error, not a table of 0.5."""
    targets = labels(units=[[1], [0]])
    with pytest.raises(ValueError, match="action units"):
        choose_thresholds(targets, Predictions(emotion=None, action_units=None))


@pytest.mark.slow
@given(cases)
def test_no_cut_is_better(case):
    """No threshold at all reaches a higher F1 than the chosen one."""
    truth, score = case
    best = best_threshold(truth, score)
    if truth.all() or not truth.any():
        assert best == 0.5
        return
    reached = f1_score(truth, score >= best)
    for cut in np.arange(0, 1.05, 0.05):
        assert reached >= f1_score(truth, score >= cut, zero_division=0) - 1e-12


@given(cases, st.randoms(use_true_random=False))
def test_order_of_rows(case, random):
    """The order of the rows changes no threshold."""
    truth, score = case
    order = list(range(len(truth)))
    random.shuffle(order)
    assert best_threshold(truth, score) == best_threshold(truth[order], score[order])


@given(scored())
def test_mean_f1_is_not_lowered(case):
    """Thresholds of units with enough positives never lower their mean F1."""
    targets, predictions = repeated(*case, times=ENOUGH)
    chosen = choose_thresholds(targets, predictions)
    name = "action_units.mean_f1"
    half = scores(targets, predictions)[name]
    at_chosen = scores(targets, predictions, thresholds=chosen)[name]
    assert np.isnan(half) or at_chosen >= half - 1e-12


def repeated(targets, predictions, *, times):
    """Takes every row so many times."""
    rows = np.tile(np.arange(len(predictions)), times)
    return targets.take(rows), predictions.take(rows)


def rare_and_common(positives):
    """Gives a unit with few positives, all scored low, beside one with many."""
    rng = np.random.default_rng(0)
    truth = np.zeros((200, 2), dtype=int)
    truth[:positives, 0] = 1
    truth[:100, 1] = 1
    score = np.stack([0.001 * rng.random(200), 0.4 * rng.random(200)], axis=1)
    score[:positives, 0] += 0.012
    score[:100, 1] += 0.5
    return labels(units=truth), outputs(units=score)


@pytest.mark.parametrize("positives", [1, 5, 9])
def test_few_positives_are_shrunk_towards_the_pooled_threshold(positives):
    """The threshold of a rare unit is between its own and that of all units."""
    targets, predictions = rare_and_common(positives)
    score = predictions.action_units.astype(np.float64)
    own = best_threshold(targets.action_unit[:, 0] > 0, score[:, 0])
    pooled = best_threshold((targets.action_unit > 0).ravel(), score.ravel())
    chosen = choose_thresholds(targets, predictions)["AU1"]
    share = positives / ENOUGH
    assert own < 0.02 < pooled
    assert chosen == pytest.approx(share * own + (1 - share) * pooled)


def test_enough_positives_keep_their_own_threshold():
    """From ten positives on a unit has its own threshold."""
    targets, predictions = rare_and_common(ENOUGH)
    score = predictions.action_units[:, 0].astype(np.float64)
    own = best_threshold(targets.action_unit[:, 0] > 0, score)
    assert choose_thresholds(targets, predictions)["AU1"] == own


def test_rows_without_prediction_are_left_out():
    """Rows that no fold predicted (NaN) change nothing."""
    targets, predictions, _ = drawn(3)
    part = np.arange(40)
    blank = predictions.action_units.copy()
    blank[40:] = np.nan
    assert choose_thresholds(
        targets, Predictions(emotion=None, action_units=blank)
    ) == choose_thresholds(targets.take(part), predictions.take(part))


def test_neighbouring_float32_scores_are_separated():
    """The threshold between two float32 neighbours parts them."""
    low = np.float32(0.3)
    score = np.array([[low], [np.nextafter(low, np.float32(1))]], dtype=np.float32)
    targets = labels(units=[[0], [1]])
    predictions = Predictions(emotion=None, action_units=score)
    chosen = choose_thresholds(targets, predictions)
    found = scores(targets, predictions, thresholds=chosen)
    assert found["action_units.mean_f1"] == 1.0
