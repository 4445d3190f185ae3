"""Attributes of a run's trials in Optuna's storage, read as what a search wrote.

Anybody may write to a storage: a dashboard, another program, a disk that fails.
"""

import json
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from optuna.trial import FrozenTrial, TrialState
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from data_pipeline.system.errors import HarnessError, RunError, first_line, shorten
from search.run_files import describe_errors

LOOSE = ConfigDict(extra="ignore", strict=True)

Count = Annotated[int, Field(ge=0, lt=1 << 63)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]

NEEDED = ("epoch", "thresholds", "learning_rates", "spent")
"""What every trial has that was trained to its end."""


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Spent:
    epochs: Count = 0
    parameters: Count = 0
    asked: Seconds = 0.0
    waited: Seconds = 0.0
    built: Seconds = 0.0
    traced: Seconds = 0.0
    trained: Seconds = 0.0
    validated: Seconds = 0.0


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _LoadedWeights:
    loaded: list[str]
    skipped: list[str]


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Attributes:
    """What a search writes of a trial; what it does not know is left alone."""

    reason: str = ""
    seed: Count | None = None
    ordinal: Count | None = None
    retry_of: Count | None = None
    deaths: Count | None = None
    generation: Count | None = None
    interrupted: Literal[True] | None = None
    spent: _Spent | None = None
    epoch: Annotated[int, Field(ge=1, lt=1 << 31)] | None = None
    thresholds: dict[str, Share] | None = None
    # A metric may be undefined, and is NaN then.
    scores: dict[str, float | None] | None = None
    pooled_curve: list[float | None] | None = None
    learning_rates: list[Rate] | None = None
    trained_value: Number | None = None
    baseline_value: Number | None = None
    gap: Number | None = None
    fit: str | None = None
    start: _LoadedWeights | None = None


GAP = ("trained_value", "gap", "fit")
"""Attributes that are told together."""

_ADAPTER = TypeAdapter(_Attributes)


def check_attributes(trials: Iterable[FrozenTrial], *, run: str) -> None:
    """Refuses a run whose trials have attributes that no search has written.

    Args:
        trials: of the search's own.
        run: the name of the run.

    Raises:
        RunError: one is missing, of another type or out of its range.
    """
    for trial in trials:
        told = _fault(trial)
        if told is not None:
            raise RunError(_changed(f"run {run}, trial {trial.number}", told))


def _fault(trial: FrozenTrial) -> str | None:
    return _wrong_number(trial) or _missing(trial) or _wrong_kind(trial)


def _wrong_number(trial: FrozenTrial) -> str | None:
    """Finds what Optuna takes for numbers, where SQLite keeps any text."""
    ends: list[object] = [*(trial.values or ()), *trial.intermediate_values.values()]
    odd = [one for one in ends if not isinstance(one, int | float)]
    if odd:
        return f"a value must be a number, found {odd[0]!r:.60}"
    if trial.state == TrialState.COMPLETE and not math.isfinite(trial.value or 0.0):
        return f"its value must be a finite number, found {trial.value}"
    place: object = trial.number
    if not isinstance(place, int) or place < 0:
        return f"its number must be 0 or more, found {place!r:.60}"
    return None


def _missing(trial: FrozenTrial) -> str | None:
    """Finds an attribute that a trial cannot be without."""
    found = trial.user_attrs
    if trial.state == TrialState.COMPLETE:
        missing = [name for name in NEEDED if found.get(name) is None]
        if missing:
            return f"the attribute {missing[0]} is missing"
    gap = [name for name in GAP if found.get(name) is not None]
    if gap and len(gap) < len(GAP):
        return f"of the attributes {', '.join(GAP)} only {', '.join(gap)} are there"
    return None


def _wrong_kind(trial: FrozenTrial) -> str | None:
    """Finds an attribute of another type, or out of its range."""
    try:
        _ADAPTER.validate_json(json.dumps(trial.user_attrs))
    except ValidationError as error:
        return f"the attribute {describe_errors(error, most=1)}"
    return None


@contextmanager
def translated_errors(
    run: str, *, but: type[Exception] | None = None
) -> Iterator[None]:
    """Tells what Optuna cannot read in one message.

    Args:
        run: the name of the run.
        but: an error that says something else here.

    Raises:
        RunError: the storage holds for it what no version of Optuna writes.
    """
    try:
        yield
    except HarnessError:
        raise
    except _UNREADABLE as error:
        if but is not None and isinstance(error, but):
            raise
        raise RunError(_changed(f"run {run}", _told(error))) from error


_UNREADABLE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
)
"""What Optuna raises at rows that it has not written."""


def _told(error: Exception) -> str:
    kind = type(error).__name__
    return shorten(f"Optuna cannot read it ({kind}: {first_line(error)})", most=300)


def _changed(place: str, told: str) -> str:
    return (
        f"{place}: {told}; something else has written to the run's storage: put back "
        "a copy of it, or begin anew under another study name or --out"
    )


def require_mapping(found: Any, *, run: str, name: str) -> dict[str, Any]:
    """Returns an attribute of a run's Optuna study that is a mapping.

    Raises:
        RunError: it is something else.
    """
    if not isinstance(found, dict):
        told = f"the attribute {name} of its Optuna study must be an object of JSON"
        kind = type(found).__name__
        raise RunError(_changed(f"run {run}", f"{told}, found a {kind}"))
    return found
