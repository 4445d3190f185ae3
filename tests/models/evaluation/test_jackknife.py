"""Laws of the jackknife over subjects and its intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from data_pipeline.own_code import named_code
from models.evaluation.jackknife import (
    CORRELATION,
    DIFFERENCE,
    ERROR,
    GROUPS,
    LEAST_SUBJECTS,
    SHARE,
    intervals,
    jackknife,
    leave_out_weights,
    moments,
    scale_of,
)
from models.metrics.emotion import emotion_metrics
from models.metrics.scores import scores, weighted_scores
from models.metrics.valence_arousal import rating_metrics
from tests.factories.population import population
from tests.strategies.metrics import drawn

PEOPLE = 25


def statistic_of(targets, predictions):
    """Makes the statistic that computes every metric."""
    return lambda weights: weighted_scores(targets, predictions, weights)


def test_each_subject_is_left_out_once():
    """The first weights are ones; each later row leaves out one whole subject."""
    subjects = ["a", "b", "a", "c"]
    weights = leave_out_weights(subjects, seed=1)
    assert weights.tolist() == [[1, 1, 1, 1], [0, 1, 0, 1], [1, 0, 1, 1], [1, 1, 1, 0]]


def test_many_subjects_are_left_out_in_groups_of_equal_size():
    """Of more than GROUPS, each is in one group; sizes differ by one at most."""
    subjects = [f"S{row // 2}" for row in range(2 * (GROUPS + 50))]
    weights = leave_out_weights(subjects, seed=1)
    assert len(weights) == 1 + GROUPS
    left_out = 1 - weights[1:]
    assert (left_out.sum(axis=0) == 1).all()
    assert set(left_out.sum(axis=1)) == {2, 4}
    assert (left_out[:, ::2] == left_out[:, 1::2]).all()
    order = np.random.default_rng(0).permutation(len(subjects))
    moved = leave_out_weights([subjects[row] for row in order], seed=1)
    assert (moved == weights[:, order]).all()
    assert (leave_out_weights(subjects, seed=2) != weights).any()


def test_interval_is_that_of_explicit_tables():
    """Ends follow from the metric of tables without each subject, one by one."""
    targets, predictions, subjects = drawn(6, rows=60)
    name = "emotion.kappa"
    parts = [np.flatnonzero(np.array(subjects) != s) for s in sorted(set(subjects))]
    whole = scores(targets, predictions)[name]
    rest = np.array(
        [scores(targets.take(rows), predictions.take(rows))[name] for rows in parts]
    )
    count, apart = len(rest), rest - rest.mean()
    error = np.sqrt((count - 1) / count * (apart**2).sum()) / (1 - whole**2)
    unbiased = whole - (count - 1) * (rest.mean() - whole)
    middle = np.arctanh(whole) + (unbiased - whole) / (1 - whole**2)
    kurtosis = count * (apart**4).sum() / (apart**2).sum() ** 2
    freedom = min(2 * count / (kurtosis - (count - 3) / (count - 1)), count - 1)
    reach = stats.t.ppf(0.975, freedom) * error
    found = intervals(statistic_of(targets, predictions), subjects, seed=3)
    wanted = np.tanh([middle - reach, middle + reach])
    assert found[name] == pytest.approx(tuple(wanted))


def test_of_a_mean_it_is_students_interval():
    """For means of equal subjects it is the t interval of the subjects' means."""
    generator = np.random.default_rng(4)
    values = generator.normal(size=(25, 4))
    subjects = np.repeat(np.arange(25).astype(str), 4)
    flat = values.ravel()
    found = intervals(
        lambda weights: {"mean": weights @ flat / weights.sum(axis=1)},
        subjects.tolist(),
        seed=1,
        scale=lambda _: DIFFERENCE,
    )
    means = values.mean(axis=1)
    wanted = stats.t.interval(0.95, 24, means.mean(), stats.sem(means))
    assert found["mean"] == pytest.approx(wanted, rel=0.03)


def test_without_an_error_it_is_that_of_clopper_and_pearson():
    """Where every subject is right or every one wrong, subjects count as draws."""
    subjects = [f"S{row // 3}" for row in range(60)]
    found = intervals(
        lambda weights: {
            "accuracy": np.ones(len(weights)),
            "recall": np.zeros(len(weights)),
            "kappa": np.ones(len(weights)),
        },
        subjects,
        seed=1,
    )
    for name, hits in (("accuracy", 20), ("recall", 0)):
        wanted = stats.binomtest(hits, 20).proportion_ci(method="exact")
        assert found[name] == pytest.approx((wanted.low, wanted.high))
    assert found["kappa"] == pytest.approx((2 * found["accuracy"][0] - 1, 1))


def test_value_and_interval_stay_within_the_ends_of_the_scale():
    """The value is inside its interval, and both are values that a metric can have."""
    for seed in range(20):
        targets, predictions, subjects = drawn(seed, rows=50, rated=True)
        found = intervals(statistic_of(targets, predictions), subjects, seed=seed)
        for name, value in scores(targets, predictions).items():
            scale = scale_of(name)
            low, high = found[name]
            assert scale.least <= low <= value <= high <= scale.most
            assert low < high


@pytest.mark.parametrize("name", ["mine:f1", "mine:f1_at_thresholds", "top_two"])
def test_an_own_metric_has_no_known_ends(name, monkeypatch):
    """By its code path or short name, at any thresholds, its scale is its own."""
    offered = {"top_two": "mine:top_two"}
    monkeypatch.setattr(named_code, "entry_names", lambda _: offered)
    assert scale_of(name) is scale_of(f"{name}_at_thresholds") is DIFFERENCE


def test_each_metric_has_the_scale_of_its_range():
    """Correlations and kappas end at -1 and 1, errors at 0, shares at 0 and 1."""
    targets, predictions, _ = drawn(1, rated=True)
    scales = {name: scale_of(name) for name in scores(targets, predictions)}
    errors = {"nll", "brier", "rmse", "mae", "mse"}
    signed = {"kappa", "mcc", "ccc", "pcc", "icc"}
    for name, scale in scales.items():
        words = set(name.replace(".", "_").split("_"))
        wanted = ERROR if words & errors else CORRELATION if words & signed else SHARE
        assert scale is wanted, name
    assert scale_of("js_divergence") is scale_of("cross_entropy") is ERROR


@pytest.mark.parametrize("rows", [0, 1, 6])
def test_one_subject_has_no_interval(rows):
    """With fewer than two subjects each interval is None, without a warning."""
    targets, predictions, _ = drawn(8, rows=rows)
    found = intervals(statistic_of(targets, predictions), ["S001"] * rows, seed=1)
    assert len(found) > 9
    assert set(found.values()) == {None}


def test_what_one_subject_decides_has_no_interval():
    """None where the value, or one without a subject, is undefined."""
    subjects = np.array([10, 10, 10])
    values = np.array([[0.5, np.nan, 0.5], [0.4, 0.5, np.nan], [0.6, 0.5, 0.5]])
    low, high = jackknife(values, SHARE, subjects=subjects)
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [False, True, True]


def test_labels_of_few_subjects_have_none():
    """Of a table's values only labels with enough subjects have an interval."""
    subjects = [f"S{row}" for row in range(20)]
    right = np.arange(20) % 3 > 0

    def statistic(weights):
        share = weights @ right / weights.sum(axis=1)
        return {"recall": np.stack([share, share], axis=1)}

    carriers = np.array([LEAST_SUBJECTS, LEAST_SUBJECTS - 1])
    enough, few = intervals(statistic, subjects, seed=1, carriers=carriers)["recall"]
    assert enough is not None
    assert few is None


def test_groups_give_the_interval_of_single_images():
    """Without subjects, groups of images give nearly the interval of each alone."""
    generator = np.random.default_rng(2)
    right = generator.random(1500) < 0.8

    def statistic(weights):
        return {"accuracy": weights @ right / weights.sum(axis=1)}

    low, high = intervals(statistic, [str(row) for row in range(1500)], seed=1)[
        "accuracy"
    ]
    error = np.sqrt(right.mean() * (1 - right.mean()) / 1500)
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_25_subjects_are_covered():
    """About 95 % of the intervals contain the value of the population."""
    people = population(seed=3)
    targets, predictions = people.targets, people.better
    ones = np.ones((1, len(predictions)))
    truth = emotion_metrics(targets, predictions, ones)
    truth |= rating_metrics(targets, predictions, ones)
    generator = np.random.default_rng(5)
    inside = {name: [] for name in ("accuracy", "macro_f1", "nll", "mean_ccc")}
    for _ in range(100):
        rows, subjects = people.rows(generator, 25)
        labels, made = targets.take(rows), predictions.take(rows)
        found = intervals(
            lambda weights, labels=labels, made=made: (
                emotion_metrics(labels, made, weights)
                | rating_metrics(labels, made, weights)
            ),
            subjects,
            seed=1,
        )
        for name, hits in inside.items():
            low, high = found[name]
            hits.append(low <= truth[name][0] <= high)
    covered = {name: np.mean(hits) for name, hits in inside.items()}
    assert all(0.87 <= share <= 1.0 for share in covered.values()), covered
    assert 0.91 <= np.mean(list(covered.values())) <= 0.98


@given(pairs=st.integers(2, 20), seed=st.integers(0, 99))
def test_a_choice_among_pairs_widens_the_interval(pairs, seed):
    """The interval of one of several pairs has Student's t at a share of the level."""
    values = np.random.default_rng(seed).normal(size=(PEOPLE, 1))
    without = (values.sum(0) - values) / (PEOPLE - 1)
    table = np.concatenate([values.mean(0, keepdims=True), without])
    subjects = np.array([PEOPLE])
    one = jackknife(table, DIFFERENCE, subjects=subjects)
    several = jackknife(table, DIFFERENCE, subjects=subjects, pairs=pairs)
    freedom = moments(table).freedom
    wider = stats.t.ppf(1 - 0.025 / pairs, freedom) / stats.t.ppf(0.975, freedom)
    assert several[1] - several[0] == pytest.approx((one[1] - one[0]) * wider)
