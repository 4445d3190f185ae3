"""95 % intervals of metrics, by a jackknife over subjects.

Images of one person resemble each other, so whole subjects are left out, one at a time.
Student's t around the value, less the jackknife's estimate of its bias, on a scale that
has no ends: the logit of shares, Fisher's z of correlations and kappas, the logarithm
of errors. The degrees of freedom follow the kurtosis of the subjects' influences: where
few subjects matter, the interval is wider.

With 25 subjects it covers about 95 % in simulation (``tests.benchmarks.coverage``),
where percentiles of a bootstrap cover 91 %.

Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 11
(jackknife); O'Neill 2014, Some useful moment results in sampling problems (degrees of
freedom); Clopper and Pearson 1934 (values without any error).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit, stdtrit

from data_pipeline.system.seeds import child_seed
from models.metrics.own.metric import is_own_code

LEVEL = 0.95
TAIL = (1 - LEVEL) / 2

GROUPS = 200
"""Of more subjects, as many groups of them are left out: that costs less."""

LEAST_SUBJECTS = 10
"""Subjects that a label needs, with and without it: with fewer, intervals of its scores
cover too little in simulation."""

Array = np.ndarray
Statistic = Callable[[Array], Mapping[str, Array]]
"""Weights of rows, (B, N), to values by name, (B,) or (B, K); NaN where undefined."""

Interval = tuple[float, float] | None
"""Low and high end; ``None`` where the data do not determine it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A scale for intervals: there and back, its slope, and the ends of its values."""

    name: str
    there: Callable[[Array], Array]
    back: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    least: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """Values less their bias, standard errors and degrees of freedom; (K,) each."""

    centre: Array
    error: Array
    freedom: Array


SHARE = Scale(
    name="logit",
    there=logit,
    back=expit,
    slope=lambda x: 1 / (x * (1 - x)),
    least=0.0,
    most=1.0,
)
CORRELATION = Scale(
    name="Fisher's z",
    there=np.arctanh,
    back=np.tanh,
    slope=lambda x: 1 / (1 - x**2),
    least=-1.0,
    most=1.0,
)
ERROR = Scale(
    name="logarithm",
    there=np.log,
    back=np.exp,
    slope=lambda x: 1 / x,
    least=0.0,
    most=np.inf,
)
DIFFERENCE = Scale(
    name="identity",
    there=lambda x: x,
    back=lambda x: x,
    slope=np.ones_like,
    least=-np.inf,
    most=np.inf,
)

SCALES: tuple[tuple[Scale, frozenset[str]], ...] = (
    (CORRELATION, frozenset({"kappa", "mcc", "ccc", "pcc", "icc"})),
    (
        ERROR,
        frozenset({"nll", "brier", "rmse", "mae", "mse", "divergence", "entropy"}),
    ),
)
"""Words in the names of metrics; the others are shares."""


def scale_of(metric: str) -> Scale:
    """Returns the scale of a metric's interval; an own metric has no known ends.

    Example:
        >>> [scale_of(name).name for name in ("mean_kappa_norm", "macro_f1", "nll")]
        ["Fisher's z", 'logit', 'logarithm']
    """
    if is_own_code(metric):
        return DIFFERENCE
    words = set(metric.replace(".", "_").split("_"))
    return next((scale for scale, names in SCALES if words & names), SHARE)


def scale_of_mean(metrics: Iterable[str]) -> Scale:
    """Returns the scale of a weighted mean of metrics: that of shares, if all are.

    Example:
        >>> scale_of_mean(["emotion.macro_f1", "action_units.mean_auc"]).name
        'logit'
        >>> scale_of_mean(["emotion.macro_f1", "valence_arousal.mean_ccc"]).name
        'identity'
    """
    shares = all(scale_of(name) is SHARE for name in metrics)
    return SHARE if shares else DIFFERENCE


def leave_out_weights(subjects: Sequence[str], *, seed: int) -> Array:
    """Weighs rows by 1, then by 0 for each subject in turn; (1 + subjects, N).

    Of more than ``GROUPS`` subjects, random groups of equal size are left out. Equal
    seeds give equal groups, in any order of the rows.
    """
    names, place = np.unique(np.asarray(subjects, dtype=str), return_inverse=True)
    group = np.arange(len(names))
    if len(names) > GROUPS:
        generator = np.random.default_rng(child_seed(seed, "jackknife", "groups"))
        group = generator.permutation(len(names)) % GROUPS
    left_out = group[place] == np.arange(group.max(initial=-1) + 1)[:, None]
    return np.concatenate([np.ones((1, len(place))), 1.0 - left_out])


def intervals(
    statistic: Statistic,
    subjects: Sequence[str],
    *,
    seed: int,
    carriers: Array | None = None,
    scale: Callable[[str], Scale] = scale_of,
    pairs: int = 1,
) -> dict[str, Any]:
    """Computes a 95 % interval of each value of a statistic.

    Args:
        statistic: computes the values of weighted rows.
        subjects: the subject of each row.
        seed: chooses the groups of subjects, where there are many.
        carriers: for values of shape (B, K), the number of subjects that have label k,
            or that lack it if these are fewer; all subjects by default.
        scale: returns the scale of a name.
        pairs: from how many alike the statistic was chosen after a look at them: all
            their intervals together hold at 95 % (Dunn 1961, Multiple comparisons
            among means).

    Returns:
        For a value of shape (B,) its ``Interval``, for one of shape (B, K) a list of K.
        ``None`` where a value is undefined, or would be without one of the subjects,
        and of a label with fewer than ``LEAST_SUBJECTS``.
    """
    weights = leave_out_weights(subjects, seed=seed)
    people = len(set(subjects))
    found: dict[str, Any] = {}
    for name, values in statistic(weights).items():
        columns = values.reshape(len(weights), -1)
        enough = np.full(columns.shape[1], people)
        if values.ndim > 1 and carriers is not None:
            enough = np.where(carriers < LEAST_SUBJECTS, 0, carriers)
        ends: list[Interval] = [None] * len(enough)
        if people > 1:
            ends = _pairs(
                *jackknife(columns, scale(name), subjects=enough, pairs=pairs)
            )
        found[name] = ends if values.ndim > 1 else ends[0]
    return found


def _pairs(low: Array, high: Array) -> list[Interval]:
    """Pairs the ends; ``None`` where they are undefined."""
    return [
        None if np.isnan(a) or np.isnan(b) else (float(a), float(b))
        for a, b in zip(low, high, strict=True)
    ]


def jackknife(
    values: Array, scale: Scale, *, subjects: Array, pairs: int = 1
) -> tuple[Array, Array]:
    """Computes the ends of intervals, (K,) each, NaN where there is none.

    ``values`` (1 + G, K) are those of all rows, then without each group. ``subjects``
    (K,) counts those that a value depends on; with fewer than two there is no interval.
    ``pairs`` is that of ``intervals``.
    """
    return ends_of(values, moments(values), scale, subjects=subjects, pairs=pairs)


def ends_of(
    values: Array, found: Moments, scale: Scale, *, subjects: Array, pairs: int = 1
) -> tuple[Array, Array]:
    """Computes the ends of intervals, as ``jackknife`` does, from their moments."""
    value = values[0]
    inside = (value > scale.least) & (value < scale.most)
    usable = np.isfinite(values).all(axis=0) & (subjects > 1)
    with np.errstate(all="ignore"):
        slope = scale.slope(value)
        middle = scale.there(value) + (found.centre - value) * slope
        reach = stdtrit(found.freedom, 1 - TAIL / pairs) * found.error * slope
        low, high = scale.back(middle - reach), scale.back(middle + reach)
    low, high = np.fmin(low, value), np.fmax(high, value)
    edge_low, edge_high = _at_an_end(value, scale, subjects)
    low, high = np.where(inside, low, edge_low), np.where(inside, high, edge_high)
    return np.where(usable, low, np.nan), np.where(usable, high, np.nan)


def moments(values: Array) -> Moments:
    """Computes the moments of values (1 + G, K): of all rows, then without each group.

    The degrees of freedom are those of a variance whose sample has this kurtosis, G - 1
    for a normal one.
    """
    value, without = values[0], values[1:]
    count = len(without)
    apart = without - without.mean(axis=0)
    squares = (apart**2).sum(axis=0)
    with np.errstate(all="ignore"):
        kurtosis = count * (apart**4).sum(axis=0) / squares**2
        freedom = 2 * count / (kurtosis - (count - 3) / (count - 1))
    return Moments(
        centre=value - (count - 1) * (without.mean(axis=0) - value),
        error=np.sqrt((count - 1) / count * squares),
        freedom=np.where(squares > 0, np.clip(freedom, 1.0, count - 1), count - 1),
    )


def _at_an_end(value: Array, scale: Scale, subjects: Array) -> tuple[Array, Array]:
    """Returns the ends where no subject shows an error, or each one shows only errors.

    As Clopper and Pearson for as many independent hits as there are subjects.
    """
    if not np.isfinite(scale.most - scale.least):
        return np.full(len(value), np.nan), np.full(len(value), np.nan)
    hit = TAIL ** (1 / np.maximum(subjects, 1))
    width = scale.most - scale.least
    low = np.where(value >= scale.most, scale.least + hit * width, scale.least)
    high = np.where(value >= scale.most, scale.most, scale.most - hit * width)
    return low, high


def describe_method(units: Sequence[str], *, over: str) -> dict[str, Any]:
    """Describes how intervals were computed, for a report.

    ``units`` are those of the rows, and ``over`` is their plural, such as subjects.
    """
    count = len(set(units))
    return {
        "level": LEVEL,
        "method": f"jackknife over {over}, Student's t on a scale without ends",
        "scales": "logit; Fisher's z (CCC, PCC, ICC, kappa, MCC); logarithm (errors)",
        over: count,
        "groups": min(count, GROUPS),
        "least_per_label": LEAST_SUBJECTS,
        "source": "Efron and Tibshirani 1993, chapter 11; O'Neill 2014; measured by "
        "tests/benchmarks/coverage.py",
    }
