"""What a search stores beside its trials and dashboards do not show.

Dashboards list the user attributes of Optuna; these are among its system attributes. A
storage of an older version has them among the user attributes.
"""

from collections.abc import Mapping
from typing import Any

import optuna
from optuna.trial import FrozenTrial

PREFIX = "search:"


def study_attribute(study: optuna.Study, key: str, default: Any = None) -> Any:
    """Reads an attribute of a study; ``default`` where there is none."""
    hidden = study._storage.get_study_system_attrs(study._study_id)  # noqa: SLF001 - no public way since Optuna 5
    found = hidden.get(PREFIX + key)
    return study.user_attrs.get(key, default) if found is None else found


def hide_study_attribute(study: optuna.Study, key: str, value: Any) -> None:
    """Stores an attribute of a study."""
    study._storage.set_study_system_attr(study._study_id, PREFIX + key, value)  # noqa: SLF001 - likewise


def hide_trial_attribute(trial: optuna.Trial, key: str, value: Any) -> None:
    """Stores an attribute of a trial."""
    trial.storage.set_trial_system_attr(trial._trial_id, PREFIX + key, value)  # noqa: SLF001 - likewise


def attributes_of(trial: FrozenTrial) -> dict[str, Any]:
    """Lists the attributes of a trial, both the hidden ones and the others."""
    return {**trial.user_attrs, **hidden_in(trial.system_attrs)}


def hidden_in(system: Mapping[str, Any]) -> dict[str, Any]:
    """Picks the hidden attributes out of Optuna's own ones.

    Example:
        >>> hidden_in({"search:spent": {}, "fixed_params": {}})
        {'spent': {}}
    """
    return {
        key.removeprefix(PREFIX): value
        for key, value in system.items()
        if key.startswith(PREFIX)
    }
