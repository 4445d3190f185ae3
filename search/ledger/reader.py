"""Reads the trials of a study from Optuna, as records."""

from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from data_pipeline.system.errors import InputError
from models.config.config import with_precision
from search.ledger.attributes import (
    check_attributes,
    require_mapping,
    require_seconds,
    translated_errors,
)
from search.ledger.finished_trials import foreign
from search.ledger.identity import (
    IDENTITY,
    PIXELS,
    stored_machines,
    stored_precision,
)
from search.ledger.records import TrialRecord
from search.sampling.objectives import value_of
from search.sampling.parameter_sets import (
    MACHINE,
    is_counted,
    is_interrupted,
    ordinal_of,
)
from search.stopping.search_clock import SECONDS
from search.stopping.search_end import ALL_TRIED, SearchEnd, early_end
from search.stopping.untried import grid_is_exhausted
from search.storage.hidden_attributes import attributes_of, study_attribute
from search.storage.open_storage import open_storage
from search.storage.url import file_of, masked, normalized_url
from search.study.enqueued import find_enqueued
from search.study.study import Study


def read_records(study: Study, *, url: str, name: str) -> tuple[TrialRecord, ...]:
    """Reads the trials of a run without opening it for writing.

    Raises ``InputError`` if the storage has no Optuna study ``name``, ``RunError`` if
    another program changed its trials.
    """
    trials, place = _load(url, name), f"{name} in {masked(url)}"
    with translated_errors(place):
        stored = trials.get_trials(deepcopy=False)
        others = foreign(stored, study.search.seed)
        own = (trial for trial in stored if trial.number not in others)
        check_attributes(own, run=place)
        return records_of(study, trials)


def read_identity(*, url: str, name: str) -> Mapping[str, Any]:
    """Reads the split, data and space that a run began with; see ``read_records``."""
    trials, place = _load(url, name), f"{name} in {masked(url)}"
    with translated_errors(place):
        identity = study_attribute(trials, IDENTITY, {})
        return require_mapping(identity, run=place, name=IDENTITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProvenance:
    """What a run began with, ``identity`` and ``pixels``, and what it ran on."""

    identity: Mapping[str, Any]
    pixels: Mapping[str, Any]
    machines: Sequence[Mapping[str, Any]]

    def machine_of(self, record: TrialRecord) -> Mapping[str, Any] | None:
        """Returns what a trial ran on; ``None`` where the run does not say so."""
        place: int | None = record.attributes.get(MACHINE)
        if place is None or place >= len(self.machines):
            return None
        return self.machines[place]


def read_provenance(*, url: str, name: str) -> RunProvenance:
    """Reads what a run's trials depend on beside their configurations."""
    trials, place = _load(url, name), f"{name} in {masked(url)}"
    with translated_errors(place):
        found = {
            key: require_mapping(study_attribute(trials, key, {}), run=place, name=key)
            for key in (IDENTITY, PIXELS)
        }
        machines = stored_machines(trials)
    return RunProvenance(machines=machines, **found)


def read_end(study: Study, *, url: str, name: str) -> SearchEnd | None:
    """Reads why a search has ended before its number of trials; see ``read_records``.

    ``None`` while a trial runs, and once that number has run. A rerun after
    failures alone continues the search.
    """
    trials, place = _load(url, name), f"{name} in {masked(url)}"
    with translated_errors(place):
        stored = trials.get_trials(deepcopy=False)
        others = foreign(stored, study.search.seed)
        own = [trial for trial in stored if trial.number not in others]
        if any(trial.state == TrialState.RUNNING for trial in own):
            return None
        done = sum(trial.state.is_finished() and is_counted(trial) for trial in own)
        if done >= study.search.trials:
            return None
        if grid_is_exhausted(study, own):
            return ALL_TRIED
        return early_end(
            study.search,
            own,
            running=(),
            seconds=seconds_searched(trials),
            goals=study.goals,
        )


def number_of_study(*, url: str, name: str) -> int:
    """Returns by which number a storage has a run; see ``read_records``."""
    return int(_load(url, name)._study_id)  # noqa: SLF001 - a dashboard's address has it


def _load(url: str, name: str) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    url = normalized_url(url)
    path = file_of(url)
    if path is not None and not path.is_file():
        raise InputError(
            f"{path}: there is no such file; name the run's storage with --storage"
        )
    storage = open_storage(url)
    try:
        with translated_errors(f"{name} in {masked(url)}", but=KeyError):
            return optuna.load_study(study_name=name, storage=storage)
    except KeyError as error:
        raise InputError(
            f"{masked(url)}: has no study {name}; name the run's storage with --storage"
        ) from error


def records_of(
    study: Study, trials: optuna.Study, numbers: Sequence[int] = ()
) -> tuple[TrialRecord, ...]:
    """Reads started trials in the order of their numbers, without foreign ones.

    ``numbers`` are those of own trials to read; without any, all are read.
    """
    stored = trials.get_trials(deepcopy=False)
    others: Container[int] = ()
    if numbers:
        stored = [*_with_numbers(stored, numbers)]
    else:
        others = foreign(stored, study.search.seed)
    precision = stored_precision(trials)
    return tuple(
        _record(study, trial, precision)
        for trial in stored
        if trial.state != TrialState.WAITING and trial.number not in others
    )


def _with_numbers(
    trials: Sequence[FrozenTrial], numbers: Sequence[int]
) -> Iterator[FrozenTrial]:
    """Finds trials among all, which are in the order of their numbers."""
    for number in sorted(numbers):
        place = bisect_left(trials, number, key=lambda trial: trial.number)
        if place < len(trials) and trials[place].number == number:
            yield trials[place]


def _record(study: Study, trial: FrozenTrial, precision: str) -> TrialRecord:
    attributes = attributes_of(trial)
    enqueued = find_enqueued(study.enqueued, trial.params)
    completed = trial.state == TrialState.COMPLETE
    return TrialRecord(
        number=trial.number,
        ordinal=ordinal_of(trial),
        state=trial.state.name,
        reason=str(attributes.pop("reason", "")),
        value=value_of(trial) if completed else None,
        objectives=dict(zip(study.goals, trial.values or (), strict=False))
        if completed
        else {},
        values=with_precision(study.space.config(trial.params), precision),
        curve=dict(trial.intermediate_values),
        attributes=attributes,
        enqueued=enqueued.name if enqueued else "",
        interrupted=is_interrupted(trial),
    )


def seconds_searched(trials: optuna.Study) -> float:
    """Reads how long the starts of a run have searched."""
    stored = study_attribute(trials, SECONDS, 0.0)
    seconds = require_seconds(stored, run=trials.study_name, name=SECONDS)
    own = trials.get_trials(deepcopy=False)
    return max([seconds, *(float(attributes_of(t).get(SECONDS) or 0.0) for t in own)])
