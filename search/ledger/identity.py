"""The identity of a run (space, split, objective, data), which may not change."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import optuna

from data_pipeline.system.errors import StudyError, shorten
from models.config.hyperparameters import PRECISIONS
from search.ledger.attributes import (
    require_mapping,
    require_mappings,
    require_one_of,
)
from search.storage.hidden_attributes import hide_study_attribute, study_attribute

IDENTITY = "identity"
PIXELS = "pixels"
SEED = "search.seed"
PRECISION = "precision"
MACHINES = "machines"


def check_started_by_search(trials: optuna.Study, wanted: Sequence[str]) -> None:
    """Refuses an Optuna study of a run's name that another program created.

    A study without trials is accepted if it has the ``wanted`` directions. With trials
    of a search, another objective is a changed identity.
    """
    directions = [direction.name.lower() for direction in trials.directions]
    count = len(trials.get_trials(deepcopy=False))
    is_known = isinstance(study_attribute(trials, IDENTITY), Mapping)
    if count and is_known:
        return
    if directions != list(wanted):
        found = f"its directions are {', '.join(directions)}"
    elif count:
        found = f"it has {count} trials and no search space"
    else:
        return
    raise StudyError(
        f"run {trials.study_name}: the storage has an Optuna study of this name that "
        f"was not created by a search, which has the directions {', '.join(wanted)} "
        f"here and stores its space: {found}. Name another --storage, or copy the "
        "study file under another name"
    )


def original_seed(trials: optuna.Study, seed: int) -> int:
    """Returns the seed that a run began with, or ``seed`` for a new run."""
    identity = study_attribute(trials, IDENTITY)
    stored = identity.get(SEED) if isinstance(identity, Mapping) else None
    return stored if isinstance(stored, int) else seed


def check_identity(
    trials: optuna.Study, identity: Mapping[str, Any], key: str = IDENTITY
) -> None:
    """Stores a run's identity, or raises ``StudyError`` with each changed key.

    A run begins with its first trial: a start that failed before, for example at a
    broken image, does not fix the identity. ``identity`` maps flat keys to JSON values.
    """
    now = json.loads(json.dumps(dict(identity)))
    before = study_attribute(trials, key)
    if before is None or not trials.get_trials(deepcopy=False):
        hide_study_attribute(trials, key, now)
        return
    run = trials.study_name
    lines = changes(require_mapping(before, run=run, name=key), now)
    if lines:
        raise StudyError(
            f"run {run}: space, split, objective, data and own code must not change "
            "after the first trial; changed:\n"
            + "\n".join(f"  {line}" for line in lines)
            + "\nRestore them, or copy the study file under another name."
        )


def keep_precision(trials: optuna.Study, found: str) -> None:
    """Stores the precision of a run's machine, unless the run has begun."""
    if not trials.get_trials(deepcopy=False) and found != stored_precision(trials):
        hide_study_attribute(trials, PRECISION, found)


def stored_precision(trials: optuna.Study) -> str:
    """Returns the precision that a run began with, where its study leaves it open."""
    run, stored = trials.study_name, study_attribute(trials, PRECISION, PRECISIONS[0])
    return require_one_of(stored, PRECISIONS, run=run, name=PRECISION)


def keep_machine(trials: optuna.Study, found: Mapping[str, str]) -> int:
    """Stores what the trials of a start run on; returns its place in the list."""
    stored = stored_machines(trials)
    if dict(found) not in stored:
        stored.append(dict(found))
        hide_study_attribute(trials, MACHINES, stored)
    return stored.index(dict(found))


def stored_machines(trials: optuna.Study) -> list[dict[str, Any]]:
    """Lists what the starts of a run ran on; a trial names one by its place."""
    stored = study_attribute(trials, MACHINES, [])
    run = trials.study_name
    return require_mappings(stored, run=run, name=MACHINES)


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Lists the keys whose values differ.

    Example:
        >>> changes({"split.folds": 5}, {"split.folds": 3, "data.image_size": 48})
        ['data.image_size: was absent, is 48', 'split.folds: was 5, is 3']
    """
    return [
        f"{key}: was {_text(before.get(key, 'absent'))}, is "
        f"{_text(now.get(key, 'absent'))}"
        for key in sorted(now.keys() | before.keys())
        if now.get(key) != before.get(key)
    ]


def _text(value: object) -> str:
    """Writes a stored value; a searched key is stored as its TOML text."""
    text = value if isinstance(value, str) else json.dumps(value)
    return shorten(text, most=300)
