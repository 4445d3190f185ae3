"""How labels go together: phi, prevalence, Cramer's V. Pure; undefined is NaN."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def phi(present: Array, coded: Array) -> tuple[Array, Array]:
    """Correlates binary labels over the rows in which both of a pair are coded.

    Both arguments have shape (N, U), bool. Returns coefficients in [-1, 1], NaN where a
    label of the pair never or always occurs, and the rows behind each; shapes (U, U).

    Source: Pearson's correlation of two binary variables (Yule 1912).

    Example:
        >>> yes = np.array([[1, 1], [1, 1], [0, 0], [0, 0]], bool)
        >>> phi(yes, np.ones_like(yes))[0][0, 1].item()
        1.0
    """
    yes = (present & coded).astype(np.float64)
    no = (~present & coded).astype(np.float64)
    both, neither = yes.T @ yes, no.T @ no
    first, second = yes.T @ no, no.T @ yes
    # On whole numbers, so that pairs that tie are equal; ``DataFrame.corr`` rounds.
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    with np.errstate(invalid="ignore", divide="ignore"):
        coefficients = (both * neither - first * second) / np.sqrt(margins)
    counts = (both + neither + first + second).astype(np.int64)
    return np.where(margins > 0, coefficients, np.nan), counts


def prevalence(members: Array, present: Array, coded: Array) -> tuple[Array, Array]:
    """Estimates how often each label is present in each group of rows.

    ``members`` has shape (N, G), the others (N, U), all bool. Returns P(label | group),
    NaN where no row is coded, and the coded rows of each; shapes (G, U).

    Example:
        >>> yes = np.array([[1, 1], [1, 0]], bool)
        >>> prevalence(yes, yes, np.ones_like(yes))[0].tolist()
        [[1.0, 0.5], [1.0, 1.0]]
    """
    groups = members.T.astype(np.float64)
    positives = groups @ (present & coded)
    rows = groups @ coded
    undefined = np.full_like(rows, np.nan)
    return (
        np.divide(positives, rows, out=undefined, where=rows > 0),
        rows.astype(np.int64),
    )


def cramers_v(table: Array, *, corrected: bool) -> float:
    """Measures the association of two categorical variables, in [0, 1].

    ``table`` has shape (R, C), counts; empty rows and columns are left out. NaN where
    fewer than two remain. ``corrected`` takes off what chance alone gives in small
    samples.

    Source: Cramer 1946; the correction is Bergsma 2013, "A bias-correction for
    Cramer's V and Tschuprow's T".
    """
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0].astype(np.float64)
    rows, columns = table.shape
    if min(rows, columns) < 2:  # noqa: PLR2004 - nothing to associate
        return float("nan")
    total = table.sum()
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / total
    squared = float(((table - expected) ** 2 / expected).sum() / total)
    if not corrected:
        return float(np.sqrt(squared / (min(rows, columns) - 1)))
    squared = max(0.0, squared - (rows - 1) * (columns - 1) / (total - 1))
    least = min(n - (n - 1) ** 2 / (total - 1) for n in (rows, columns)) - 1
    return float(min(1.0, np.sqrt(squared / least))) if least > 0 else float("nan")
