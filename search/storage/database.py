"""Optuna's database storage, with one transaction for the start or end of a trial."""

import json
from collections.abc import Iterator, Mapping
from copy import copy
from datetime import datetime
from typing import Any

from optuna.distributions import distribution_to_json
from optuna.storages import RDBStorage
from optuna.storages._cached_storage import _CachedStorage
from optuna.storages._rdb import models
from optuna.storages._rdb.storage import _create_scoped_session
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from search.storage.draft import changed

Rows = tuple[type[models.BaseModel], str, list[dict[str, Any]]]
"""A table, its column of names, and rows to write."""


class Database(RDBStorage):
    """Optuna's storage without its own retries of creating a trial.

    The caller checks that a key has the same distribution in each trial.
    """

    def _create_new_trial(
        self, study_id: int, template_trial: FrozenTrial | None = None
    ) -> FrozenTrial:
        wanted = copy(template_trial or create_trial(state=TrialState.RUNNING))
        empty = _empty(wanted)
        with _create_scoped_session(self.scoped_session) as session:
            # Locks the study's row, because the trial's number is counted.
            models.StudyModel.find_or_raise_by_id(study_id, session, for_update=True)
            row = self._get_prepared_new_trial(study_id, empty, session)
            session.flush()
            wanted._trial_id = int(row.trial_id)  # noqa: SLF001 - as Optuna's storages do
            wanted.number = int(row.number)
            _write(session, empty, wanted)
        return wanted

    def update_trial(self, before: FrozenTrial, after: FrozenTrial) -> None:
        """Writes what changed of a trial, and its end."""
        number = after._trial_id  # noqa: SLF001
        with _create_scoped_session(self.scoped_session) as session:
            row = models.TrialModel.find_or_raise_by_id(
                number, session, for_update=True
            )
            self.check_trial_is_updatable(number, TrialState(row.state))
            _write(session, before, after)
            if after.state == before.state:
                return
            for objective, value in enumerate(after.values or ()):
                self._set_trial_value_without_commit(session, row, objective, value)
            row.state = after.state
            row.datetime_complete = datetime.now()  # noqa: DTZ005 - as Optuna does


class CachedDatabase(_CachedStorage):
    """Optuna's memory of finished trials, before a ``Database``."""

    _backend: Database

    def update_trial(self, before: FrozenTrial, after: FrozenTrial) -> None:
        """Writes what changed of a trial, and its end."""
        self._backend.update_trial(before, after)

    def get_trial_number_from_id(self, trial_id: int) -> int:
        """Returns the number of a trial that was read or created here."""
        return self._trial_id_to_study_id_and_number[trial_id][1]


def _write(session: Session, before: FrozenTrial, after: FrozenTrial) -> None:
    """Replaces the rows of a trial's parameters and attributes that changed."""
    owner = {"trial_id": after._trial_id}  # noqa: SLF001
    for model, name, rows in _rows(before, after):
        if rows:
            old = (getattr(model, name).in_([row[name] for row in rows]),)
            session.execute(delete(model).filter_by(**owner).where(*old))
            session.execute(insert(model), [owner | row for row in rows])


def _rows(before: FrozenTrial, after: FrozenTrial) -> Iterator[Rows]:
    params = changed(before.params, after.params)
    kinds = {name: after.distributions[name] for name in params}
    yield (
        models.TrialParamModel,
        "param_name",
        [
            {
                "param_name": name,
                "param_value": kind.to_internal_repr(params[name]),
                "distribution_json": distribution_to_json(kind),
            }
            for name, kind in kinds.items()
        ],
    )
    user = changed(before.user_attrs, after.user_attrs)
    yield models.TrialUserAttributeModel, "key", _attributes(user)
    system = changed(before.system_attrs, after.system_attrs)
    yield models.TrialSystemAttributeModel, "key", _attributes(system)


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value_json": json.dumps(v)} for key, v in values.items()]


def _empty(trial: FrozenTrial) -> FrozenTrial:
    """Returns a trial without its parameters and attributes."""
    other = copy(trial)
    other.params, other.distributions = {}, {}
    other.user_attrs, other.system_attrs = {}, {}
    return other
