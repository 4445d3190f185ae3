"""Validates a run's trials in Optuna's storage.

A dashboard, another program or a failing disk may have changed them.
"""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from optuna.trial import FrozenTrial, TrialState
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from data_pipeline.system.errors import HarnessError, RunError, first_line, shorten
from search.run_files import describe_errors
from search.sampling.objectives import VALUE
from search.storage.hidden_attributes import attributes_of

LOOSE = ConfigDict(extra="ignore", strict=True)

Count = Annotated[int, Field(ge=0, lt=1 << 63)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]

NEEDED = ("epoch", "thresholds", "learning_rates", "spent")
"""Attributes that every completed trial has."""


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Spent:
    epochs: Count = 0
    parameters: Count = 0
    model_bytes: Count = 0
    latency_ms: Seconds | None = None
    sampled: Seconds = 0.0
    waited: Seconds = 0.0
    built: Seconds = 0.0
    traced: Seconds = 0.0
    trained: Seconds = 0.0
    validated: Seconds = 0.0
    device_memory: Count = 0


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _LoadedWeights:
    loaded: list[str]
    skipped: list[str]


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Calibration:
    temperature: Rate | None
    units: dict[str, tuple[Rate, Number]]
    left: dict[str, str]
    nll: dict[str, tuple[Number, Number]]


@dataclass(config=LOOSE, frozen=True, kw_only=True, slots=True)
class _Attributes:
    """Attributes that a search writes; others are ignored."""

    reason: str = ""
    seed: Count | None = None
    ordinal: Count | None = None
    retry_of: Count | None = None
    deaths: Count | None = None
    generation: Count | None = None
    finetune_of: Count | None = None
    machine: Count | None = None
    seconds_searched: Seconds | None = None
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
    diagnosis: str | None = None
    start: _LoadedWeights | None = None
    predictions: str | None = None
    calibration: _Calibration | None = None
    constraint_broken: str | None = None
    value: Number | None = None
    validation_rows: Count | None = None
    costs: dict[str, Seconds] | None = None
    metrics: dict[str, list[Number]] | None = None


GAP = ("trained_value", "gap", "diagnosis")
"""Attributes that are written together."""

_ADAPTER = TypeAdapter(_Attributes)


def check_attributes(trials: Iterable[FrozenTrial], *, run: str) -> None:
    """Raises ``RunError`` if an attribute is missing, mistyped or out of range."""
    for trial in trials:
        problem = _wrong_number(trial) or _missing(trial) or _wrong_kind(trial)
        if problem is not None:
            raise RunError(_changed(f"run {run}, trial {trial.number}", problem))


def _wrong_number(trial: FrozenTrial) -> str | None:
    """Checks values and numbers, because SQLite stores any text in such a column."""
    values: list[object] = [*(trial.values or ()), *trial.intermediate_values.values()]
    wrong = [value for value in values if not isinstance(value, int | float)]
    if wrong:
        return f"a value must be a number, found {wrong[0]!r:.60}"
    if trial.state == TrialState.COMPLETE:
        odd = [value for value in trial.values or () if not math.isfinite(value)]
        if odd:
            return f"its value must be a finite number, found {odd[0]}"
    number: object = trial.number
    if not isinstance(number, int) or number < 0:
        return f"its number must be 0 or more, found {number!r:.60}"
    return None


def _missing(trial: FrozenTrial) -> str | None:
    """Finds a required attribute that is missing."""
    attributes = attributes_of(trial)
    if trial.state == TrialState.COMPLETE:
        needed = (*NEEDED, *([VALUE] if len(trial.values or ()) > 1 else []))
        missing = [name for name in needed if attributes.get(name) is None]
        if missing:
            return f"the attribute {missing[0]} is missing"
    gap = [name for name in GAP if attributes.get(name) is not None]
    if gap and len(gap) < len(GAP):
        return f"of the attributes {', '.join(GAP)} only {', '.join(gap)} are present"
    return None


def _wrong_kind(trial: FrozenTrial) -> str | None:
    """Finds an attribute of a wrong type or out of range."""
    try:
        _ADAPTER.validate_json(json.dumps(attributes_of(trial)))
    except ValidationError as error:
        return f"the attribute {describe_errors(error, most=1)}"
    return None


@contextmanager
def translated_errors(
    run: str, *, but: type[Exception] | None = None
) -> Iterator[None]:
    """Raises ``RunError`` when Optuna cannot read a run's rows; lets ``but`` pass."""
    try:
        yield
    except HarnessError:
        raise
    except _UNREADABLE as error:
        if but is not None and isinstance(error, but):
            raise
        kind = type(error).__name__
        problem = f"Optuna cannot read it ({kind}: {first_line(error)})"
        raise RunError(_changed(f"run {run}", shorten(problem, most=300))) from error


_UNREADABLE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
)
"""Errors that Optuna raises at rows it did not write."""


def _changed(place: str, problem: str) -> str:
    return (
        f"{place}: {problem}; another program has written to the run's storage: "
        "restore a copy of it, or start again under another study name or --out"
    )


def require_mapping(value: Any, *, run: str, name: str) -> dict[str, Any]:
    """Returns an attribute of a run's Optuna study; refuses one that is no mapping."""
    if not isinstance(value, dict):
        problem = f"the attribute {name} of its Optuna study must be an object of JSON"
        kind = type(value).__name__
        raise RunError(_changed(f"run {run}", f"{problem}, found a {kind}"))
    return value


def require_mappings(value: Any, *, run: str, name: str) -> list[dict[str, Any]]:
    """Returns a list of objects among a run's attributes; refuses anything else."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        problem = f"the attribute {name} of its Optuna study must be a list of objects"
        raise RunError(_changed(f"run {run}", f"{problem}, found {value!r:.60}"))
    return value


def require_seconds(value: Any, *, run: str, name: str) -> float:
    """Returns a duration among a run's attributes; refuses anything else."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value < math.inf:
        problem = (
            f"the attribute {name} of its Optuna study must be a number, 0 or more"
        )
        raise RunError(_changed(f"run {run}", f"{problem}, found {value!r:.60}"))
    return float(value)


def require_one_of(value: Any, names: Sequence[str], *, run: str, name: str) -> str:
    """Returns an attribute of a run's Optuna study; refuses any other name."""
    if value not in names:
        problem = f"the attribute {name} must be one of {', '.join(names)}"
        raise RunError(_changed(f"run {run}", f"{problem}, found {value!r:.60}"))
    return str(value)
