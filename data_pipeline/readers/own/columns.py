"""The columns of a table: which one holds what, by the study or by their names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from data_pipeline.dataset.own_data import (
    EMOTION,
    IMAGE,
    INTENSITY,
    JOINED,
    RATINGS,
    ROLES,
    VOTES,
    OwnData,
)
from data_pipeline.dataset.skipped_files import Kind, Skipped
from data_pipeline.labels.labels import action_unit_name
from data_pipeline.labels.spellings import action_unit_of, is_intensity
from data_pipeline.readers.own.sheet import Row, Sheet, listed
from data_pipeline.readers.own.templates import fill, is_template, template_columns
from data_pipeline.system.errors import DataError, StudyError, quote_short, suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Role -> column, and action unit -> column, in the table's order.

    A role of ``JOINED`` may have a template of columns in place of a column. ``levels``
    are the columns of intensities alone.
    """

    roles: Mapping[str, str]
    units: Mapping[str, str]
    levels: Mapping[str, str]

    def get(self, role: str) -> str | None:
        """Returns the column of a role, if it has one."""
        return self.roles.get(role)

    def text(self, row: Row, role: str) -> str | None:
        """Returns a row's value of a role; ``None`` if it is unknown or has none."""
        column = self.roles.get(role)
        if column is None or column in row.cells:
            return row.text(column)
        return fill(column, {name: row.text(name) for name in row.cells})

    @property
    def coded(self) -> tuple[str, ...]:
        """The action units that have a column of either kind."""
        return tuple(dict.fromkeys((*self.units, *self.levels)))

    @property
    def votes(self) -> tuple[str, ...]:
        """The roles of votes that have a column."""
        return tuple(role for role in VOTES if role in self.roles)


def find_columns(sheet: Sheet, own: OwnData) -> Columns:
    """Finds the columns of a table.

    A column that the study maps has that role; any other one has the role of its name,
    in any case, and action units those of their usual spellings. StudyError: a mapped
    column is not there. DataError: two columns have one role, or there is no image or
    no label.
    """
    chosen = dict(_mapped(sheet, own.columns))
    for role, column in _named(sheet, set(own.columns), set(chosen.values())):
        if role in chosen:
            raise DataError(
                f"{sheet.path} row 1: the columns {chosen[role]} and {column} are both "
                f'{role}; name one in [data.columns] {role} = "COLUMN"'
            )
        chosen[role] = column
    columns = Columns(
        roles={role: chosen[role] for role in ROLES if role in chosen},
        units=_units(sheet, chosen, ""),
        levels=_units(sheet, chosen, INTENSITY),
    )
    _check_needed(sheet, columns, own)
    _check_presence(sheet, columns, own)
    return columns


def _units(sheet: Sheet, chosen: Mapping[str, str], kind: str) -> dict[str, str]:
    """Returns action unit -> column for roles that begin with ``kind``."""
    return {
        role.removeprefix(kind): column
        for column in sheet.columns
        for role, own in chosen.items()
        if own == column and re.fullmatch(rf"{kind}AU\d+", role)
    }


def unused_columns(sheet: Sheet, columns: Columns) -> list[str]:
    """Lists the columns that are not read."""
    used = {
        *columns.roles.values(),
        *columns.units.values(),
        *columns.levels.values(),
    }
    for template in columns.roles.values():
        used |= {*filter(None, template_columns(template, sheet.columns).values())}
    return [column for column in sheet.columns if column not in used]


def skipped_columns(sheet: Sheet, unused: Sequence[str]) -> Iterator[Skipped]:
    """Yields the unread columns whose names say that they hold labels."""
    for column in unused:
        if _is_suspicious(column):
            why = "holds intensities" if is_intensity(column) else "has no role"
            yield Skipped(
                place=f"{sheet.path.name} row 1",
                reason=f"the column {listed([column])} {why}, and is not read",
                kind=Kind.COLUMN,
            )


def describe_ignored(unused: Sequence[str]) -> Iterator[str]:
    """Yields a line with the unread columns that nobody misses."""
    others = [column for column in unused if not _is_suspicious(column)]
    if others:
        yield f"columns without a role: {listed(others)}"


def _is_suspicious(column: str) -> bool:
    """Returns whether a column is nearly, or in two ways, named after a role."""
    name = column.casefold()
    return is_intensity(column) or bool(get_close_matches(name, _ROLES, cutoff=0.8))


def _mapped(sheet: Sheet, mapped: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yields the roles of ``[data.columns]`` with the columns of the table."""
    for role, wanted in mapped.items():
        name = wanted.strip()
        same = [c for c in sheet.columns if c.casefold() == name.casefold()]
        if not same and role in JOINED and is_template(name):
            for place, column in template_columns(name, sheet.columns).items():
                if column is None:
                    raise _unknown(sheet, role, wanted, place)
            same = [name]
        if not same:
            raise _unknown(sheet, role, wanted, name)
        yield role, name if name in same else same[0]


def _unknown(sheet: Sheet, role: str, wanted: str, name: str) -> StudyError:
    which = (
        f"names no column {quote_short(name)}" if name != wanted else "names no column"
    )
    return StudyError(
        f'{sheet.path} row 1: [data.columns] {role} = "{wanted}" {which}; '
        f"{suggest(name, list(sheet.columns))}"
    )


def _named(sheet: Sheet, mapped: set[str], used: set[str]) -> Iterator[tuple[str, str]]:
    """Yields the roles that free columns have by their names."""
    for column in sheet.columns:
        name = column.casefold().replace(" ", "_").replace("-", "_")
        kind = INTENSITY if name.startswith(INTENSITY) else ""
        unit = action_unit_of(name.removeprefix(kind))
        role = _ROLES.get(name) if unit is None else f"{kind}{action_unit_name(unit)}"
        if role is not None and role not in mapped and column not in used:
            yield role, column


_ROLES = {role.casefold(): role for role in ROLES}


def _check_needed(sheet: Sheet, columns: Columns, own: OwnData) -> None:
    if IMAGE not in columns.roles:
        raise DataError(
            f"{sheet.path} row 1: a table needs a column with the path of each image, "
            f"found {listed(sheet.columns)}; name it image, or in [data.columns] image "
            '= "COLUMN", or image = "FOLDER/{COLUMN}.jpg"'
        )
    _check_named(sheet, columns, own)
    labels = (EMOTION, *RATINGS, *VOTES)
    there = {*columns.roles, *own.names}
    if not columns.coded and there.isdisjoint(labels):
        raise DataError(
            f"{sheet.path} row 1: a table needs a column with labels: emotion, AU1, "
            f"valence, arousal or votes_happiness; found {listed(sheet.columns)}; name "
            'one in [data.columns], as in emotion = "COLUMN", or find the emotion in '
            "file names with [data] emotion"
        )
    if EMOTION in columns.roles and columns.votes:
        raise DataError(
            f"{sheet.path} row 1: emotions are a column or votes, found both: "
            f"{columns.roles[EMOTION]} and {columns.roles[columns.votes[0]]}; rename "
            "one in the table"
        )


def _check_named(sheet: Sheet, columns: Columns, own: OwnData) -> None:
    """Refuses what file names and a column both say."""
    for role in own.names:
        if role in columns.roles:
            raise DataError(
                f"[data] {role}: the {role} is in the file names or in a column, found "
                f"both: {sheet.path} has the column {columns.roles[role]}; drop the "
                "key, or rename the column"
            )


def _check_presence(sheet: Sheet, columns: Columns, own: OwnData) -> None:
    """Refuses intensities without a rule for presence."""
    alone = [unit for unit in columns.levels if unit not in columns.units]
    if alone and own.present_from is None:
        unit, column = alone[0], columns.levels[alone[0]]
        raise DataError(
            f"{sheet.path} row 1: the column {column} has intensities of {unit}, but "
            "none of 0 and 1 says whether it is present; set [data] present_from, the "
            "least intensity that counts as present, or name one in [data.columns] "
            f'{unit} = "COLUMN"'
        )
