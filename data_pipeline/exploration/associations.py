"""How labels go together: phi, co-occurrence, Cramer's V. Pure; undefined is NaN."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def phi(present: Array, known: Array) -> tuple[Array, Array]:
    """Correlates yes-no labels over the rows where both of a pair are known.

    Args:
        present: shape (N, U), bool; what stands where unknown does not matter.
        known: shape (N, U), bool.

    Returns:
        Coefficients, shape (U, U), in [-1, 1], NaN where a label of the pair never or
        always occurs; and the rows behind each, shape (U, U), int64.

    Source: Pearson's correlation of two binary variables (Yule 1912).

    Example:
        >>> yes = np.array([[1, 1], [1, 1], [0, 0], [0, 0]], bool)
        >>> phi(yes, np.ones_like(yes))[0][0, 1].item()
        1.0
    """
    yes = (present & known).astype(np.float64)
    no = (~present & known).astype(np.float64)
    both, neither = yes.T @ yes, no.T @ no
    first, second = yes.T @ no, no.T @ yes
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    with np.errstate(invalid="ignore", divide="ignore"):
        coefficients = (both * neither - first * second) / np.sqrt(margins)
    counts = (both + neither + first + second).astype(np.int64)
    return np.where(margins > 0, coefficients, np.nan), counts


def cooccurrence(present: Array, known: Array) -> tuple[Array, Array]:
    """Estimates how often label j is present where label i is.

    Args:
        present: shape (N, U), bool.
        known: shape (N, U), bool.

    Returns:
        P(j | i), rows i, columns j, shape (U, U), in [0, 1], NaN where i is never
        present; and the rows behind each, shape (U, U), int64.
    """
    yes = (present & known).astype(np.float64)
    both = yes.T @ yes
    given = yes.T @ known.astype(np.float64)
    return _ratio(both, given), given.astype(np.int64)


def prevalence_by_class(
    present: Array, known: Array, classes: Array, number: int
) -> tuple[Array, Array]:
    """Estimates how often each label is present in each class.

    Args:
        present: shape (N, U), bool.
        known: shape (N, U), bool.
        classes: shape (N,), int; -1 where the class is unknown.
        number: how many classes there are.

    Returns:
        P(label | class), shape (number, U), NaN where no row is known; and the rows
        behind each, shape (number, U), int64.
    """
    member = (classes[:, None] == np.arange(number)[None, :]).astype(np.float64)
    positives = member.T @ (present & known).astype(np.float64)
    rows = member.T @ known.astype(np.float64)
    return _ratio(positives, rows), rows.astype(np.int64)


def crosstab(first: Array, second: Array, shape: tuple[int, int]) -> Array:
    """Counts pairs of codes; a row with a -1 in either counts for nothing.

    Args:
        first: shape (N,), int, codes from 0.
        second: shape (N,), int.
        shape: number of codes of each.

    Returns:
        Shape ``shape``, int64.
    """
    known = (first >= 0) & (second >= 0)
    table = np.zeros(shape, np.int64)
    np.add.at(table, (first[known], second[known]), 1)
    return table


def cramers_v(table: Array, *, corrected: bool) -> float:
    """Measures the association of two categorical variables.

    Args:
        table: shape (R, C), counts; empty rows and columns are left out.
        corrected: takes off what chance alone gives in small samples.

    Returns:
        In [0, 1]; NaN where fewer than two rows or columns have counts.

    Source: Cramer 1946; the correction is Bergsma 2013, "A bias-correction for
    Cramer's V and Tschuprow's T".
    """
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0].astype(np.float64)
    rows, columns = table.shape
    if min(rows, columns) < 2:  # noqa: PLR2004 - one category goes with nothing
        return float("nan")
    total = table.sum()
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / total
    squared = float(((table - expected) ** 2 / expected).sum() / total)
    if not corrected:
        return float(np.sqrt(squared / (min(rows, columns) - 1)))
    squared = max(0.0, squared - (rows - 1) * (columns - 1) / (total - 1))
    least = min(n - (n - 1) ** 2 / (total - 1) for n in (rows, columns)) - 1
    return float(min(1.0, np.sqrt(squared / least))) if least > 0 else float("nan")


def entropy(counts: Array) -> Array:
    """Measures how far the votes of each row are spread.

    Args:
        counts: shape (N, C), votes; a row without votes is NaN.

    Returns:
        Shape (N,), bits, from 0 (all agree) to log2(C).

    Example:
        >>> entropy(np.array([[10, 0], [5, 5]])).tolist()
        [0.0, 1.0]
    """
    shares = _ratio(
        counts.astype(np.float64), counts.sum(axis=1, keepdims=True) + 0.0 * counts
    )
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    bits: Array = -(shares * logs).sum(axis=1) + 0.0  # no minus zero
    return bits


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
