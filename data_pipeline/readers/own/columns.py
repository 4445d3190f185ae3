"""The columns of a table: which one holds what, by the study or by their names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from data_pipeline.dataset.own_data import EMOTION, IMAGE, RATINGS, ROLES, VOTES
from data_pipeline.dataset.skipped_files import Kind, Skipped
from data_pipeline.labels.labels import action_unit_name
from data_pipeline.labels.spellings import action_unit_of, is_intensity
from data_pipeline.readers.own.sheet import Sheet, listed
from data_pipeline.system.errors import DataError, suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Role -> column, and action unit -> column, in the table's order."""

    roles: Mapping[str, str]
    units: Mapping[str, str]

    def get(self, role: str) -> str | None:
        """Returns the column of a role, if it has one."""
        return self.roles.get(role)

    @property
    def votes(self) -> tuple[str, ...]:
        """The roles of votes that have a column."""
        return tuple(role for role in VOTES if role in self.roles)


def find_columns(sheet: Sheet, mapped: Mapping[str, str]) -> Columns:
    """Finds the columns of a table.

    A column that the study maps has that role; any other one has the role of its name,
    in any case, and action units those of their usual spellings. DataError: a mapped
    column is not there, two columns have one role, or there is no image or no label.
    """
    chosen = dict(_mapped(sheet, mapped))
    for role, column in _named(sheet, set(mapped), set(chosen.values())):
        if role in chosen:
            raise DataError(
                f"{sheet.path} row 1: the columns {chosen[role]} and {column} are both "
                f'{role}; name one in [data.columns] {role} = "COLUMN"'
            )
        chosen[role] = column
    columns = Columns(
        roles={role: chosen[role] for role in ROLES if role in chosen},
        units={
            role: column
            for column in sheet.columns
            for role, own in chosen.items()
            if own == column and role not in ROLES
        },
    )
    _check_needed(sheet, columns)
    return columns


def unused_columns(sheet: Sheet, columns: Columns) -> Iterator[Skipped]:
    """Yields the columns that are not read."""
    used = {*columns.roles.values(), *columns.units.values()}
    for column in sheet.columns:
        if column not in used:
            why = "holds intensities" if is_intensity(column) else "has no role"
            yield Skipped(
                place=f"{sheet.path.name} row 1",
                reason=f"the column {listed([column])} {why}, and is not read",
                kind=Kind.COLUMN,
            )


def _mapped(sheet: Sheet, mapped: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yields the roles of ``[data.columns]`` with the columns of the table."""
    for role, wanted in mapped.items():
        name = wanted.strip()
        same = [c for c in sheet.columns if c.casefold() == name.casefold()]
        if not same:
            raise DataError(
                f'{sheet.path} row 1: [data.columns] {role} = "{wanted}" names no '
                f"column; {suggest(name, list(sheet.columns))}"
            )
        yield role, name if name in same else same[0]


def _named(sheet: Sheet, mapped: set[str], used: set[str]) -> Iterator[tuple[str, str]]:
    """Yields the roles that free columns have by their names."""
    for column in sheet.columns:
        unit = action_unit_of(column)
        name = column.casefold().replace(" ", "_").replace("-", "_")
        role = action_unit_name(unit) if unit is not None else _ROLES.get(name)
        if role is not None and role not in mapped and column not in used:
            yield role, column


_ROLES = {role.casefold(): role for role in ROLES}


def _check_needed(sheet: Sheet, columns: Columns) -> None:
    if IMAGE not in columns.roles:
        raise DataError(
            f"{sheet.path} row 1: a table needs a column with the path of each image, "
            f"found {listed(sheet.columns)}; name it image, or in [data.columns] image "
            '= "COLUMN"'
        )
    labels = (EMOTION, *RATINGS, *VOTES)
    if not columns.units and not any(role in columns.roles for role in labels):
        raise DataError(
            f"{sheet.path} row 1: a table needs a column with labels: emotion, AU1, "
            f"valence, arousal or votes_happiness; found {listed(sheet.columns)}; name "
            'one in [data.columns], as in emotion = "COLUMN"'
        )
    if EMOTION in columns.roles and columns.votes:
        raise DataError(
            f"{sheet.path} row 1: emotions are a column or votes, found both: "
            f"{columns.roles[EMOTION]} and {columns.roles[columns.votes[0]]}; rename "
            "one in the table"
        )
