"""How much better a trial does on rows that it trained on: the gap, and a plain word.

Three values on one scale, that of the objective: what the model reaches on rows it
trained on, on rows it did not, and what a baseline reaches that sees nothing. They are
compared as shares of the way from the baseline to a perfect 1, so that the same two
numbers hold for an F1 over seven emotions, an AUC and a CCC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_pipeline.split.split import Fold
from data_pipeline.system.seeds import child_seed

UNDER, OVER, BALANCED = "under-fitting", "over-fitting", "balanced"

LEARNED = 0.25
"""Below this share of the way the training rows themselves are not learned."""

LOST = 0.1
"""A gap above this share of the way is over-fitting."""

LARGEST_SAMPLE = 512
DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What a trial reaches where it trained, and what that says of it.

    Attributes:
        trained_value: the objective on training rows, at the epoch of the value and
            smoothed like it.
        baseline_value: the objective of a constant on the validation rows.
        gap: ``trained_value`` minus the trial's value; below 0 where dropout or
            penalties hold the training back.
        fit: ``under-fitting``, ``over-fitting`` or ``balanced``.
    """

    trained_value: float
    baseline_value: float
    gap: float
    fit: str


def training_sample(fold: Fold, index: int) -> np.ndarray:
    """Draws training rows to score: as many as validate, for a like comparison.

    The same rows in every trial and every study, each at most once whatever the
    balance repeats: the classes are as frequent as they are.

    Args:
        fold: its rows.
        index: of the fold, from 0.

    Returns:
        Sorted rows, at most ``LARGEST_SAMPLE``.
    """
    count = min(len(fold.train), len(fold.validation), LARGEST_SAMPLE)
    generator = np.random.default_rng(child_seed(0, "training sample", index))
    return np.sort(generator.choice(np.unique(fold.train), count, replace=False))


def judged(value: float, *, trained: float, baseline: float) -> Gap:
    """Finds the word for a trial.

    Args:
        value: the objective on validation rows.
        trained: the objective on training rows.
        baseline: the objective of a constant; where it is perfect nothing can be
            learned, and the word is ``balanced``.

    Returns:
        ``under-fitting`` where the training rows are less than a quarter of the way
        from the baseline to 1; else ``over-fitting`` where the validation rows are more
        than a tenth of that way behind them; else ``balanced``.

    Example:
        >>> judged(0.7, trained=0.8, baseline=0.5).fit
        'over-fitting'
    """
    gap = round(trained - value, DIGITS)
    way = round(1.0 - baseline, DIGITS)
    word = BALANCED
    if round(trained - baseline - LEARNED * way, DIGITS) < 0:
        word = UNDER
    elif way > 0 and round(gap - LOST * way, DIGITS) > 0:
        word = OVER
    return Gap(trained_value=trained, baseline_value=baseline, gap=gap, fit=word)


def told_gap(attributes: Mapping[str, Any]) -> str | None:
    """Says in a line how a trial fits; ``None`` where that was not recorded.

    Args:
        attributes: of a completed trial.

    Example:
        >>> told = {"trained_value": 0.9, "gap": 0.15, "fit": "over-fitting"}
        >>> print(told_gap(told))
        over-fitting: value 0.9000 on rows it trained on, 0.1500 above validation
    """
    if "gap" not in attributes:
        return None
    gap = attributes["gap"]
    side = "above" if gap >= 0 else "below"
    return (
        f"{attributes['fit']}: value {attributes['trained_value']:.4f} on rows it "
        f"trained on, {abs(gap):.4f} {side} validation"
    )
