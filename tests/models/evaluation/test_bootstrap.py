"""Laws of the bootstrap over subjects."""

import numpy as np
import pytest

from models.evaluation.bootstrap import intervals, subject_weights
from models.metrics.scores import scores, weighted_scores
from tests.strategies.metrics import drawn


def statistic_of(targets, predictions):
    """Makes the statistic that computes every metric."""
    return lambda weights: weighted_scores(targets, predictions, weights)


def test_each_draw_is_of_whole_subjects():
    """Rows of one subject are drawn together, as many subjects as there are."""
    subjects = ["a", "b", "a", "c", "b", "a"]
    drawn_weights = subject_weights(subjects, seed=1, resamples=50)
    for name in set(subjects):
        columns = drawn_weights[:, [s == name for s in subjects]]
        assert (columns == columns[:, :1]).all()
    firsts = drawn_weights[:, [0, 1, 3]]
    assert (firsts.sum(axis=1) == 3).all()
    assert len(np.unique(firsts, axis=0)) == 10  # multisets of 3 out of 3


def test_weights_equal_explicit_resampling():
    """Each draw's metrics are those of a table with the drawn subjects' rows."""
    targets, predictions, subjects = drawn(5, rows=40, rated=True)
    weights = subject_weights(subjects, seed=2, resamples=30)
    fast = weighted_scores(targets, predictions, weights)
    for draw, counts in enumerate(weights.astype(int)):
        rows = np.repeat(np.arange(len(subjects)), counts)
        slow = scores(targets.take(rows), predictions.take(rows))
        for name, value in slow.items():
            assert fast[name][draw] == pytest.approx(value, nan_ok=True)


def test_interval_is_the_percentiles_of_explicit_resamples():
    """Ends are the 2.5 and 97.5 percentiles over tables drawn one by one."""
    targets, predictions, subjects = drawn(6, rows=40)
    name = "emotion.accuracy"
    slow = [
        scores(targets.take(rows), predictions.take(rows))[name]
        for counts in subject_weights(subjects, seed=3, resamples=200).astype(int)
        for rows in [np.repeat(np.arange(len(subjects)), counts)]
    ]
    found = intervals(
        statistic_of(targets, predictions), subjects, seed=3, resamples=200
    )
    assert found[name] == pytest.approx(tuple(np.percentile(slow, [2.5, 97.5])))


def test_same_seed_same_interval():
    """Equal seeds give equal ends in any order of rows; other seeds do not."""
    targets, predictions, subjects = drawn(7)
    statistic = statistic_of(targets, predictions)
    once = intervals(statistic, subjects, seed=1, resamples=300)
    assert once == intervals(statistic, subjects, seed=1, resamples=300)
    assert once != intervals(statistic, subjects, seed=2, resamples=300)
    order = np.random.default_rng(0).permutation(len(subjects))
    moved = intervals(
        statistic_of(targets.take(order), predictions.take(order)),
        [subjects[row] for row in order],
        seed=1,
        resamples=300,
    )
    for name, ends in once.items():
        assert moved[name] == pytest.approx(ends)


def test_value_is_inside():
    """The value itself is inside its interval in nearly every case."""
    inside = []
    for seed in range(40):
        targets, predictions, subjects = drawn(seed, rows=80)
        found = intervals(
            statistic_of(targets, predictions), subjects, seed=seed, resamples=400
        )
        for name, value in scores(targets, predictions).items():
            low, high = found[name]
            assert low <= high
            inside.append(low <= value <= high)
    assert np.mean(inside) > 0.95


def test_images_of_one_person_count_once():
    """Where a person's images are alike, the interval is wider than by images."""
    generator = np.random.default_rng(0)
    right = generator.random(25) < 0.7
    rows = np.repeat(right, 5).astype(float)

    def share(weights):
        return {"share": weights @ rows / weights.sum(axis=1)}

    by_subject = intervals(share, [f"S{row // 5}" for row in range(125)], seed=1)
    by_image = intervals(share, [f"S{row}" for row in range(125)], seed=1)
    width = np.diff(by_subject["share"]) / np.diff(by_image["share"])
    assert width == pytest.approx(np.sqrt(5), rel=0.15)


@pytest.mark.parametrize("rows", [0, 1, 6])
def test_one_subject_has_no_interval(rows):
    """With fewer than two subjects each interval is None, without a warning."""
    targets, predictions, _ = drawn(8, rows=rows)
    found = intervals(statistic_of(targets, predictions), ["S001"] * rows, seed=1)
    assert len(found) > 9
    assert set(found.values()) == {None}


def test_undefined_draws_are_left_out():
    """Draws without a value are left out, and most of them make it undefined."""

    def statistic(weights):
        half = np.arange(len(weights)) / len(weights)
        return {
            "some": np.where(half < 0.4, np.nan, 0.5),
            "most": np.where(half < 0.6, np.nan, 0.5),
        }

    found = intervals(statistic, ["a", "b"], seed=1, resamples=100)
    assert found == {"some": (0.5, 0.5), "most": None}
