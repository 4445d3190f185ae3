"""What a run and its report say of the calibration of the model's probabilities."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.calibration.calibration import EMOTION, CalibrationFit
from search.reports.metric_texts import number

UNITS = "action_units"


def describe_fit(fit: CalibrationFit | None) -> str:
    """Describes the calibration of the trial that is retrained, in one line.

    Example:
        >>> from models.calibration.calibration import Calibration
        >>> describe_fit(None)
        'probabilities are not calibrated'
        >>> few = {"AU9": "4 images with it, of 3 subjects; it needs 20 of 10"}
        >>> describe_fit(
        ...     CalibrationFit(
        ...         calibration=Calibration(temperature=1.5, units={"AU1": (0.5, 0.1)}),
        ...         left=few,
        ...         nll={"emotion": (0.7, 0.6), "action_units": (0.5, 0.4)},
        ...     )
        ... )
        'calibration by out-of-fold predictions: emotions by temperature 1.50 \
(cross-entropy 0.700 to 0.600); 1 of 2 action units (0.500 to 0.400)'
        >>> describe_fit(CalibrationFit(left={"emotion": "3 images wrong"}))
        'calibration by out-of-fold predictions: emotions stay as they are (3 images \
wrong)'
    """
    if fit is None:
        return "probabilities are not calibrated"
    parts = [*_emotions(fit), *_units(fit)]
    return f"calibration by out-of-fold predictions: {'; '.join(parts) or 'none'}"


def _emotions(fit: CalibrationFit) -> Iterator[str]:
    temperature = fit.calibration.temperature
    if temperature is not None:
        change = _pair(*fit.nll[EMOTION])
        yield f"emotions by temperature {temperature:.2f} (cross-entropy {change})"
    elif EMOTION in fit.left:
        yield f"emotions stay as they are ({fit.left[EMOTION]})"


def _units(fit: CalibrationFit) -> Iterator[str]:
    units, left = fit.calibration.units, fit.left.keys() - {EMOTION}
    if units or left:
        change = f" ({_pair(*fit.nll[UNITS])})" if units else ""
        yield f"{len(units)} of {len(units) + len(left)} action units{change}"


def describe_calibration(report: Mapping[str, Any]) -> Iterator[str]:
    """Describes the errors on the hold-out before and after, one line a head.

    Example:
        >>> errors = {"before": {"nll": 0.7}, "after": {"nll": 0.5}}
        >>> parts = {"emotion": {"temperature": 1.5} | errors}
        >>> print(*describe_calibration({"calibration": parts}), sep="")
        Emotions calibrated by temperature 1.50, out-of-fold: nll 0.700 to 0.500
        >>> list(describe_calibration({"calibration": None}))
        []
    """
    parts = (report.get("calibration") or {}).items()
    changed = {head: part for head, part in parts if "before" in part}
    yield from [""] if changed else []
    for head, part in changed.items():
        changes = [
            f"{name} {_pair(value, part['after'][name])}"
            for name, value in part["before"].items()
        ]
        yield f"{_title(head, part)}: {', '.join(changes)}"


def _title(head: str, part: Mapping[str, Any]) -> str:
    if head == EMOTION:
        temperature = part["temperature"]
        return f"Emotions calibrated by temperature {temperature:.2f}, out-of-fold"
    if head == UNITS:
        count = len(part["units"])
        return (
            f"Action units calibrated ({count} of {count + len(part['left'])}), "
            "out-of-fold"
        )
    return "Votes, by the calibrated emotions"


def _pair(before: float | None, after: float | None) -> str:
    """Writes a change."""
    return f"{number(before)} to {number(after)}"
