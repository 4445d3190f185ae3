"""Reads trials from the tables of Optuna's database storage, many at once.

Optuna makes an object of each row, of which a trial has some sixty.
"""

import functools
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from sys import intern
from typing import Any

from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial
from sqlalchemy import Connection, Row, Table, select

TRIALS: Table = models.TrialModel.__table__
PARAMS: Table = models.TrialParamModel.__table__
USER: Table = models.TrialUserAttributeModel.__table__
SYSTEM: Table = models.TrialSystemAttributeModel.__table__
VALUES: Table = models.TrialValueModel.__table__
REPORTS: Table = models.TrialIntermediateValueModel.__table__
PARTS = (PARAMS, VALUES, USER, SYSTEM, REPORTS)
"""The tables that hold a trial's parts."""


def built(connection: Connection, found: Sequence[Any]) -> list[FrozenTrial]:
    """Builds trials from their rows; ``found`` are those of the first table."""
    parts: dict[int, dict[Table, list[Row[Any]]]] = {
        row.trial_id: {table: [] for table in PARTS} for row in found
    }
    for table in PARTS:
        query = select(table).where(table.c.trial_id.in_(parts))
        for row in connection.execute(query):
            parts[row.trial_id][table].append(row)
    return [_trial(row, parts[row.trial_id]) for row in found]


def _trial(row: Any, parts: Mapping[Table, Sequence[Row[Any]]]) -> FrozenTrial:
    """Builds a trial from its rows, as Optuna does.

    What many trials have in common is one object, which saves most of their memory.
    """
    reported = models.TrialIntermediateValueModel
    params = sorted(parts[PARAMS], key=lambda one: one.param_id)
    kinds = {intern(p.param_name): _distribution(p.distribution_json) for p in params}
    values = sorted(parts[VALUES], key=lambda one: one.objective)
    return FrozenTrial(
        number=row.number,
        state=row.state,
        value=None,
        values=[*map(_value, values)] or None,
        datetime_start=_local(row.datetime_start),
        datetime_complete=_local(row.datetime_complete),
        params={
            name: kind.to_external_repr(one.param_value)
            for (name, kind), one in zip(kinds.items(), params, strict=True)
        },
        distributions=kinds,
        user_attrs=_read(parts[USER]),
        system_attrs=_read(parts[SYSTEM]),
        intermediate_values={
            one.step: reported.stored_repr_to_intermediate_value(
                one.intermediate_value, one.intermediate_value_type
            )
            for one in parts[REPORTS]
        },
        trial_id=row.trial_id,
    )


def _local(stored: datetime | None) -> datetime | None:
    """Turns a time as Optuna stores it into one as its trials have it."""
    return stored and stored.replace(tzinfo=UTC).astimezone().replace(tzinfo=None)


def _value(row: Row[Any]) -> float:
    return models.TrialValueModel.stored_repr_to_value(row.value, row.value_type)


def _read(attributes: Sequence[Row[Any]]) -> dict[str, Any]:
    return {intern(one.key): json.loads(one.value_json) for one in attributes}


@functools.lru_cache(maxsize=1024)
def _distribution(text: str) -> BaseDistribution:
    return json_to_distribution(text)
