"""A trial's own view of a storage, which writes what changed in one step.

Optuna writes each parameter, each attribute and the state in a transaction of its own.
"""

from collections.abc import Sequence
from copy import copy
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

UNSTORED = -1
"""The id of a trial before it is created."""


class DraftStorage:
    """A storage that keeps one trial's parameters and attributes until ``write``.

    The trial's reports and its end are written at once, and so is every other trial.
    """

    def __init__(self, storage: BaseStorage, study_id: int, trial: FrozenTrial) -> None:
        """Shows ``trial``, which is stored already unless its id is ``UNSTORED``."""
        self._storage = storage
        self._study_id = study_id
        self._written = trial
        self.trial = _copied(trial)

    def __getattr__(self, name: str) -> Any:
        """Returns what the storage itself has."""
        if name.startswith("__"):  # copy() looks these up before __init__
            raise AttributeError(name)
        return getattr(self._storage, name)

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Returns the trial as it will be written, or another one."""
        return (
            self.trial if self._shows(trial_id) else self._storage.get_trial(trial_id)
        )

    def get_trial_system_attrs(self, trial_id: int) -> dict[str, Any]:
        """Returns the system attributes of a trial."""
        return self.get_trial(trial_id).system_attrs

    def set_trial_param(
        self, trial_id: int, name: str, value: float, distribution: BaseDistribution
    ) -> None:
        """Keeps a parameter, or writes that of another trial."""
        if not self._shows(trial_id):
            self._storage.set_trial_param(trial_id, name, value, distribution)
            return
        self.trial.params[name] = distribution.to_external_repr(value)
        self.trial.distributions[name] = distribution

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Keeps an attribute, or writes that of another trial."""
        if self._shows(trial_id):
            self.trial.user_attrs[key] = value
        else:
            self._storage.set_trial_user_attr(trial_id, key, value)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Keeps a system attribute, or writes that of another trial."""
        if self._shows(trial_id):
            self.trial.system_attrs[key] = value
        else:
            self._storage.set_trial_system_attr(trial_id, key, value)

    def write_system_attr(self, key: str, value: Any) -> None:
        """Writes an attribute of the trial at once, so that other trials see it."""
        self.trial.system_attrs[key] = self._written.system_attrs[key] = value
        number = self.trial._trial_id  # noqa: SLF001 - as Optuna's storages do
        self._storage.set_trial_system_attr(number, key, value)

    def set_trial_intermediate_value(
        self, trial_id: int, step: int, value: float
    ) -> None:
        """Writes a report."""
        self._storage.set_trial_intermediate_value(self._stored(trial_id), step, value)

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        """Writes a trial's end with everything that was kept."""
        if not self._shows(trial_id):
            return self._storage.set_trial_state_values(trial_id, state, values)
        self.trial.state, self.trial.values = state, values
        self.write()
        return True

    def write(self) -> None:
        """Creates the trial, or writes what changed since the last time."""
        trial, storage = self.trial, self._storage
        if self._written._trial_id == UNSTORED:  # noqa: SLF001 - as Optuna's storages do
            trial._trial_id = storage.create_new_trial(self._study_id, trial)  # noqa: SLF001
            trial.number = storage.get_trial_number_from_id(trial._trial_id)  # noqa: SLF001
        else:
            update_trial(storage, self._written, trial)
        self._written = _copied(trial)

    def _shows(self, trial_id: int) -> bool:
        return trial_id in (UNSTORED, self.trial._trial_id)  # noqa: SLF001

    def _stored(self, trial_id: int) -> int:
        return self.trial._trial_id if self._shows(trial_id) else trial_id  # noqa: SLF001


def update_trial(storage: BaseStorage, before: FrozenTrial, after: FrozenTrial) -> None:
    """Writes what changed: in one transaction where the storage can, the state last."""
    together = getattr(storage, "update_trial", None)
    if together is not None:
        together(before, after)
        return
    number = after._trial_id  # noqa: SLF001
    for name in changed(before.params, after.params):
        kind = after.distributions[name]
        value = kind.to_internal_repr(after.params[name])
        storage.set_trial_param(number, name, value, kind)
    for key, value in changed(before.user_attrs, after.user_attrs).items():
        storage.set_trial_user_attr(number, key, value)
    for key, value in changed(before.system_attrs, after.system_attrs).items():
        storage.set_trial_system_attr(number, key, value)
    if after.state != before.state:
        storage.set_trial_state_values(number, after.state, after.values)


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Returns the entries that are new or have another value, in their order."""
    return {
        key: value
        for key, value in after.items()
        if key not in before or before[key] != value
    }


def _copied(trial: FrozenTrial) -> FrozenTrial:
    """Copies a trial as far as drafts change it."""
    other = copy(trial)
    other.params, other.distributions = dict(trial.params), dict(trial.distributions)
    other.user_attrs = dict(trial.user_attrs)
    other.system_attrs = dict(trial.system_attrs)
    return other
