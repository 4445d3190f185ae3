"""Optuna's database storage, with one transaction for the start or end of a trial."""

import json
from collections.abc import Container, Mapping
from copy import copy
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from optuna.distributions import distribution_to_json
from optuna.storages import RDBStorage
from optuna.storages._cached_storage import _CachedStorage
from optuna.storages._rdb import models
from optuna.storages._rdb.storage import _create_scoped_session
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy import Connection, Table, bindparam, delete, insert, select

from search.storage.draft import changed

Rows = list[dict[str, Any]]

PARAMS: Table = models.TrialParamModel.__table__
USER: Table = models.TrialUserAttributeModel.__table__
SYSTEM: Table = models.TrialSystemAttributeModel.__table__
PARTS: dict[str, Table] = {
    "params": PARAMS,
    "values": models.TrialValueModel.__table__,
    "user_attributes": USER,
    "system_attributes": SYSTEM,
    "intermediate_values": models.TrialIntermediateValueModel.__table__,
}
"""The tables of a trial by the names that Optuna gives to their rows."""

FEW = 100
"""How many trials are read at once in this way; more come from another program."""


class Database(RDBStorage):
    """Optuna's storage without its own retries of creating a trial.

    The caller checks that a key has the same distribution in each trial.
    """

    def __init__(self, url: str, **options: Any) -> None:
        """Opens a database; closes its connections if that fails."""
        try:
            super().__init__(url, **options)
        except BaseException:
            engine = getattr(self, "engine", None)
            if engine is not None:
                engine.dispose()
            raise

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
            _insert(session.connection(), _rows(empty, wanted))
        return wanted

    def update_trial(self, before: FrozenTrial, after: FrozenTrial) -> None:
        """Writes what changed of a trial, and its end."""
        number, rows = after._trial_id, _rows(before, after)  # noqa: SLF001
        with _create_scoped_session(self.scoped_session) as session:
            row: Any = models.TrialModel.find_or_raise_by_id(
                number, session, for_update=True
            )
            self.check_trial_is_updatable(number, row.state)
            _delete(session.connection(), rows)
            _insert(session.connection(), rows)
            if after.state == before.state:
                return
            for objective, value in enumerate(after.values or ()):
                self._set_trial_value_without_commit(session, row, objective, value)
            row.state = after.state
            row.datetime_complete = datetime.now()  # noqa: DTZ005 - as Optuna does

    def _get_trials(
        self,
        study_id: int,
        states: Container[TrialState] | None,
        included_trial_ids: set[int],
        trial_id_greater_than: int,
    ) -> list[FrozenTrial]:
        """Reads a few trials without Optuna's object of each row."""
        row = models.TrialModel
        known = [one for one in included_trial_ids if one <= trial_id_greater_than]
        with _create_scoped_session(self.scoped_session) as session:
            new = session.query(row).filter(
                row.study_id == study_id, row.trial_id > trial_id_greater_than
            )
            found = new.limit(FEW + 1).all()
            if known:  # a query of its own, as no index serves both
                some = session.query(row).filter(row.trial_id.in_(known))
                found += some.limit(FEW + 1).all()
            if states is None and len(found) <= FEW:
                return self._built(session.connection(), found)
        return super()._get_trials(
            study_id, states, included_trial_ids, trial_id_greater_than
        )

    def _built(self, connection: Connection, found: list[Any]) -> list[FrozenTrial]:
        """Builds trials from their rows; ``found`` are those of the first table."""
        trials: dict[int, Any] = {
            row.trial_id: SimpleNamespace(
                trial_id=row.trial_id,
                number=row.number,
                state=row.state,
                datetime_start=row.datetime_start,
                datetime_complete=row.datetime_complete,
                **{part: [] for part in PARTS},
            )
            for row in sorted(found, key=lambda row: row.trial_id)
        }
        for part, table in PARTS.items() if trials else ():
            query = select(table).where(table.c.trial_id.in_(trials))
            for row in connection.execute(query):
                getattr(trials[row.trial_id], part).append(row)
        return [*map(self._build_frozen_trial_from_trial_model, trials.values())]


class CachedDatabase(_CachedStorage):
    """Optuna's memory of finished trials, before a ``Database``."""

    _backend: Database

    def update_trial(self, before: FrozenTrial, after: FrozenTrial) -> None:
        """Writes what changed of a trial, and its end."""
        self._backend.update_trial(before, after)

    def get_all_trials(
        self,
        study_id: int,
        deepcopy: bool = True,
        states: Container[TrialState] | None = None,
    ) -> list[FrozenTrial]:
        """Returns the trials by number, of which Optuna would ask each trial."""
        if deepcopy or states is not None:
            return super().get_all_trials(study_id, deepcopy, states)
        self._read_trials_from_remote_storage(study_id)
        with self._lock:
            trials = self._studies[study_id].trials
            return [trials[number] for number in sorted(trials)]

    def get_trial_number_from_id(self, trial_id: int) -> int:
        """Returns the number of a trial that was read or created here."""
        return self._trial_id_to_study_id_and_number[trial_id][1]


def _rows(before: FrozenTrial, after: FrozenTrial) -> dict[Table, Rows]:
    """Returns the new and changed rows of a trial's parameters and attributes."""
    params = changed(before.params, after.params)
    return {
        PARAMS: [_param(after, name) for name in params],
        USER: _attributes(after, changed(before.user_attrs, after.user_attrs)),
        SYSTEM: _attributes(after, changed(before.system_attrs, after.system_attrs)),
    }


def _param(trial: FrozenTrial, name: str) -> dict[str, Any]:
    kind = trial.distributions[name]
    return {
        "trial_id": trial._trial_id,  # noqa: SLF001
        "param_name": name,
        "param_value": kind.to_internal_repr(trial.params[name]),
        "distribution_json": distribution_to_json(kind),
    }


def _attributes(trial: FrozenTrial, values: Mapping[str, Any]) -> Rows:
    number = trial._trial_id  # noqa: SLF001
    return [
        {"trial_id": number, "key": key, "value_json": json.dumps(value)}
        for key, value in values.items()
    ]


def _insert(connection: Connection, tables: Mapping[Table, Rows]) -> None:
    for table, rows in tables.items():
        if rows:
            connection.execute(insert(table), rows)


def _delete(connection: Connection, tables: Mapping[Table, Rows]) -> None:
    """Deletes rows that an earlier value or an earlier attempt may have left."""
    for table, rows in tables.items():
        name = "param_name" if table is PARAMS else "key"
        old = (table.c.trial_id == bindparam("of"), table.c[name] == bindparam("named"))
        if rows:
            connection.execute(
                delete(table).where(*old),
                [{"of": row["trial_id"], "named": row[name]} for row in rows],
            )


def _empty(trial: FrozenTrial) -> FrozenTrial:
    """Returns a trial without its parameters and attributes."""
    other = copy(trial)
    other.params, other.distributions = {}, {}
    other.user_attrs, other.system_attrs = {}, {}
    return other
