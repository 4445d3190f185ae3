"""Optuna's database storage for one driver with many trials.

A trial starts and ends in one transaction, and what the driver wrote of a running trial
is not read again: otherwise each question reads all trials that run.
"""

import json
from collections.abc import Collection, Container, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from optuna.distributions import distribution_to_json
from optuna.storages import RDBStorage
from optuna.storages._cached_storage import _CachedStorage, _StudyInfo
from optuna.storages._rdb import models
from optuna.storages._rdb.storage import _create_scoped_session
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from search.storage.draft import changed
from search.storage.tables.trial_rows import (
    PARAMS,
    REPORTS,
    SYSTEM,
    TRIALS,
    USER,
    built,
)

Rows = list[dict[str, Any]]

RUNS = (TrialState.RUNNING, TrialState.WAITING)
FEW = 500
"""How many trials one statement reads; SQLite takes 32,766 values."""


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

    def set_trial_intermediate_value(
        self, trial_id: int, step: int, intermediate_value: float
    ) -> None:
        """Writes a report without Optuna's object of each row."""
        kinds = models.TrialIntermediateValueModel
        stored, kind = kinds.intermediate_value_to_stored_repr(intermediate_value)
        values = {"intermediate_value": stored, "intermediate_value_type": kind}
        key = {"trial_id": trial_id, "step": step}
        with _create_scoped_session(self.scoped_session) as session:
            connection = session.connection()
            state = connection.scalar(
                select(TRIALS.c.state).where(TRIALS.c.trial_id == trial_id)
            )
            if state is None:
                raise KeyError(models.NOT_FOUND_MSG)
            self.check_trial_is_updatable(trial_id, state)
            same = (REPORTS.c.trial_id == trial_id, REPORTS.c.step == step)
            # An earlier attempt may have written it.
            if not connection.execute(update(REPORTS).where(*same), values).rowcount:
                connection.execute(insert(REPORTS), {**key, **values})

    def ended(self, trial_ids: Collection[int]) -> set[int]:
        """Returns which of some trials have ended."""
        found: set[int] = set()
        with _create_scoped_session(self.scoped_session) as session:
            for some in _parts(sorted(trial_ids)):
                query = select(TRIALS.c.trial_id).where(
                    TRIALS.c.trial_id.in_(some), TRIALS.c.state.not_in(RUNS)
                )
                found.update(session.connection().scalars(query))
        return found

    def _get_trials(
        self,
        study_id: int,
        states: Container[TrialState] | None,
        included_trial_ids: set[int],
        trial_id_greater_than: int,
    ) -> list[FrozenTrial]:
        """Reads trials without Optuna's object of each row."""
        old = sorted(one for one in included_trial_ids if one <= trial_id_greater_than)
        with _create_scoped_session(self.scoped_session) as session:
            connection = session.connection()
            new = select(TRIALS).where(
                TRIALS.c.study_id == study_id, TRIALS.c.trial_id > trial_id_greater_than
            )
            rows = [*connection.execute(new.order_by(TRIALS.c.trial_id))]
            for some in _parts(old):  # queries of their own, as no index serves both
                again = select(TRIALS).where(TRIALS.c.trial_id.in_(some))
                rows += connection.execute(again)
            return [
                trial
                for some in _parts(rows)
                for trial in built(connection, some)
                if states is None or trial.state in states
            ]


@dataclass(slots=True)
class _Known:
    """What is known of a study's trials: the newest, and those that may still change.

    ``followed`` are unfinished ones that only this process writes; ``unread`` must be
    read again. ``own`` are those that were started here.
    """

    newest: int = -1
    unread: set[int] = field(default_factory=set)
    followed: set[int] = field(default_factory=set)
    own: set[int] = field(default_factory=set)

    def read(self, trial: FrozenTrial) -> None:
        """Notes that a trial was read."""
        number = trial._trial_id  # noqa: SLF001 - as Optuna's storages do
        self.newest = max(self.newest, number)
        self.unread.discard(number)
        self.followed.discard(number)
        if trial.state.is_finished():
            self.own.discard(number)
        else:
            (self.followed if number in self.own else self.unread).add(number)

    def written(self, number: int, *, own: bool) -> None:
        """Notes that a trial must be read again."""
        self.followed.discard(number)
        if number <= self.newest:
            self.unread.add(number)
        if own:
            self.own.add(number)


class CachedDatabase(_CachedStorage):
    """Optuna's memory of finished trials, before a ``Database``.

    Of a trial that runs in this process only the reports are kept up to date, without
    reading; that another program ended it is read each time.
    """

    _backend: Database

    def __init__(self, backend: Database) -> None:
        """Remembers nothing yet."""
        super().__init__(backend)
        self._known: dict[int, _Known] = {}

    def create_new_trial(
        self, study_id: int, template_trial: FrozenTrial | None = None
    ) -> int:
        """Creates a trial; a template has all that is known at the start."""
        number = super().create_new_trial(study_id, template_trial)
        if template_trial is not None and template_trial.state == TrialState.RUNNING:
            self._known.setdefault(study_id, _Known()).own.add(number)
        return number

    def update_trial(self, before: FrozenTrial, after: FrozenTrial) -> None:
        """Writes what changed of a trial, and its end."""
        self._backend.update_trial(before, after)
        self._written(after._trial_id, own=True)  # noqa: SLF001

    def set_trial_param(self, trial_id: int, *args: Any, **named: Any) -> None:
        """Writes a parameter, as Optuna does."""
        super().set_trial_param(trial_id, *args, **named)
        self._written(trial_id)

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Writes an attribute, as Optuna does."""
        super().set_trial_user_attr(trial_id, key, value)
        self._written(trial_id)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Writes a system attribute, as Optuna does."""
        super().set_trial_system_attr(trial_id, key, value)
        self._written(trial_id)

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        """Writes a state, as Optuna does."""
        done = super().set_trial_state_values(trial_id, state, values)
        self._written(trial_id)
        return done

    def set_trial_intermediate_value(
        self, trial_id: int, step: int, intermediate_value: float
    ) -> None:
        """Writes a report, and adds it to a copy of the trial that is remembered."""
        super().set_trial_intermediate_value(trial_id, step, intermediate_value)
        if not any(trial_id in known.followed for known in self._known.values()):
            return
        study_id, number = self._trial_id_to_study_id_and_number[trial_id]
        trials = self._studies[study_id].trials
        trials[number] = trial = copy(trials[number])
        reported = {step: float(intermediate_value)}
        trial.intermediate_values = trial.intermediate_values | reported

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
            return [*self._studies[study_id].trials.values()]

    def get_trial_number_from_id(self, trial_id: int) -> int:
        """Returns the number of a trial that was read or created here."""
        return self._trial_id_to_study_id_and_number[trial_id][1]

    def _read_trials_from_remote_storage(self, study_id: int) -> None:
        """Reads new trials, and those that another program may have changed."""
        with self._lock:
            self._studies.setdefault(study_id, _StudyInfo())
            known = self._known.setdefault(study_id, _Known())
            again = known.unread | self._backend.ended(known.followed)
            found = self._backend._get_trials(study_id, None, again, known.newest)  # noqa: SLF001 - as Optuna does
            self._add_trials_to_cache(study_id, found)
            for trial in found:
                known.read(trial)

    def _add_trials_to_cache(self, study_id: int, trials: list[FrozenTrial]) -> None:
        """Keeps the trials in the order of their numbers."""
        info = self._studies[study_id]
        last = next(reversed(info.trials), -1)
        new = [one.number for one in trials if one.number not in info.trials]
        super()._add_trials_to_cache(study_id, trials)
        if new != sorted(new) or min(new, default=last) < last:
            info.trials = dict(sorted(info.trials.items()))

    def _written(self, trial_id: int, *, own: bool = False) -> None:
        if trial_id in self._trial_id_to_study_id_and_number:
            study_id, _ = self._trial_id_to_study_id_and_number[trial_id]
            self._known.setdefault(study_id, _Known()).written(trial_id, own=own)


def _parts(items: list[Any]) -> list[list[Any]]:
    return [items[start : start + FEW] for start in range(0, len(items), FEW)]


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
