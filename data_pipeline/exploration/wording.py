"""How numbers are spelled: shares, coefficients, counts."""

import math

NONE, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"
"""What stands for a number that is undefined, and a true minus."""


def percent(share: float) -> str:
    """Spells a share.

    Example:
        >>> percent(0.5857), percent(0.0004), percent(1.0)
        ('58.6 %', '0.04 %', '100.0 %')
    """
    if math.isnan(share):
        return NONE
    if 0 < share < 0.001:  # noqa: PLR2004 - one more digit, or it reads as none
        return f"{100 * share:.2f} %"
    return f"{100 * share:.1f} %"


def points(share: float) -> str:
    """Spells a share without its sign, for the cells of a chart.

    Example:
        >>> points(0.5857), points(0.004), points(0.0)
        ('59', '<1', '0')
    """
    if math.isnan(share):
        return NONE
    whole = round(100 * share)
    return str(whole) if whole or not share else "<1"


def coefficient(value: float) -> str:
    """Spells a coefficient with two digits and a true minus.

    Example:
        >>> coefficient(0.456), coefficient(1.0), coefficient(-0.001)
        ('.46', '1', '0')
    """
    if math.isnan(value):
        return NONE
    text = f"{abs(value):.2f}"
    short = "1" if text == "1.00" else "0" if text == "0.00" else text.lstrip("0")
    return f"{MINUS}{short}" if value < 0 and short != "0" else short


def number(count: int) -> str:
    """Spells a count with commas.

    Example:
        >>> number(35887)
        '35,887'
    """
    return f"{count:,}"


def counted(count: int, noun: str) -> str:
    """Spells a count of things.

    Example:
        >>> counted(1, "image"), counted(1200, "image")
        ('1 image', '1,200 images')
    """
    return f"{count:,} {noun}{'s'[: count != 1]}"


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Joins names as a sentence does.

    Example:
        >>> listed(["fear"]), listed(("anger", "fear", "joy"))
        ('fear', 'anger, fear and joy')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
