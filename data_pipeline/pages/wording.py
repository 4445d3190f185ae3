"""Formats numbers: shares, coefficients, counts."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

UNDEFINED, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"


def percent(share: float) -> str:
    """Formats a share.

    Example:
        >>> percent(0.5857), percent(0.0004), percent(1.0)
        ('58.6 %', '0.04 %', '100.0 %')
    """
    if math.isnan(share):
        return UNDEFINED
    if 0 < share < 0.001:  # noqa: PLR2004 - one more digit, or it reads as none
        return f"{100 * share:.2f} %"
    return f"{100 * share:.1f} %"


def points(share: float) -> str:
    """Formats a share in percent without the sign, for the cells of a chart.

    Example:
        >>> points(0.5857), points(0.004), points(0.0)
        ('59', '<1', '0')
    """
    if math.isnan(share):
        return UNDEFINED
    whole = round(100 * share)
    return str(whole) if whole or not share else "<1"


def coefficient(value: float) -> str:
    """Formats a coefficient with two digits and a true minus.

    Example:
        >>> coefficient(0.456), coefficient(1.0), coefficient(-0.001)
        ('.46', '1', '0')
    """
    if math.isnan(value):
        return UNDEFINED
    text = f"{abs(value):.2f}"
    short = "1" if text == "1.00" else "0" if text == "0.00" else text.lstrip("0")
    return f"{MINUS}{short}" if value < 0 and short != "0" else short


def spread(values: "np.ndarray[Any, Any]", *, digits: int, unit: str = "") -> str:
    """Gives the median of some images' values, and the range of most of them.

    Example:
        >>> spread(np.arange(101), digits=0, unit=" bits")
        'median 50 bits; nine in ten images lie between 5 and 95'
    """
    low, middle, high = (f"{n:.{digits}f}" for n in np.percentile(values, (5, 50, 95)))
    return f"median {middle}{unit}; nine in ten images lie between {low} and {high}"


def counted(count: int, noun: str) -> str:
    """Formats a count of things.

    Example:
        >>> counted(1, "image"), counted(1200, "image")
        ('1 image', '1,200 images')
    """
    return f"{count:,} {noun}{'s'[: count != 1]}"


def sentence(text: str) -> str:
    """Begins a text with a capital letter.

    Example:
        >>> sentence("macro F1 of emotion")
        'Macro F1 of emotion'
    """
    return text[:1].upper() + text[1:]


def sized(names: Sequence[str], sizes: Sequence[int]) -> list[str]:
    """Adds to each name the number of images behind it.

    Example:
        >>> sized(["fear"], [1200])
        ['fear  n=1,200']
    """
    return [f"{name}  n={size:,}" for name, size in zip(names, sizes, strict=True)]


def listed(names: Sequence[str]) -> str:
    """Joins names as a sentence does.

    Example:
        >>> listed(["fear"]), listed(("anger", "fear", "joy"))
        ('fear', 'anger, fear and joy')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
