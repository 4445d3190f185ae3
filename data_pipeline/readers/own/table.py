"""Reader of own data in a table: a row for each image, columns as the study says."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_pipeline.dataset.own_data import (
    EMOTION,
    IMAGE,
    INTENSITY,
    MOST_INTENSE,
    PART,
    SEQUENCE,
    SUBJECT,
    VOTES,
    OwnData,
)
from data_pipeline.dataset.sample_table import Sample, SampleTable, sample_table
from data_pipeline.dataset.skipped_files import Skipped, skipped_among, skipped_files
from data_pipeline.dataset.table_checks import checked_samples, image_path
from data_pipeline.files.numerals import parse_number, parse_whole
from data_pipeline.labels.labels import (
    FERPLUS_EMOTIONS,
    FERPLUS_VOTES,
    action_unit_name,
)
from data_pipeline.labels.spellings import action_unit_of
from data_pipeline.labels.votes import vote_distributions
from data_pipeline.readers.own.columns import (
    Columns,
    describe_ignored,
    find_columns,
    skipped_columns,
    unused_columns,
)
from data_pipeline.readers.own.file_names import (
    PART_NAMES,
    Names,
    describe_included,
    find_in_names,
    included,
    part_of,
)
from data_pipeline.readers.own.sheet import (
    PARQUET,
    Row,
    Sheet,
    is_sheet,
    read_sheet,
)
from data_pipeline.readers.own.words import (
    describe_words,
    in_words,
    own_words,
    spelling,
)
from data_pipeline.readers.reader import DEFAULTS, ReadOptions, visible
from data_pipeline.system.errors import DataError, StudyError

LAYOUT = (
    "a table, one .csv, .tsv or .parquet file in the folder (or a file named with "
    '--data FILE, or [data] table = "FILE"), with a column image: paths relative to '
    "the table"
)
OBTAIN = (
    "[data.columns] names the columns: see own data in data_pipeline/README.md. To try "
    "it, add --data synthetic"
)
SOURCE = "table"

_MOST_VOTES = 127
"""Votes of one category that a table holds."""


def detect(root: Path) -> bool:
    """Detects a table file, or a folder with exactly one."""
    return _sheet_file(root) is not None


def read(root: Path, options: ReadOptions = DEFAULTS) -> SampleTable:
    """Reads the table, row by row; whether an image exists is not checked.

    An empty label is masked. A place such as ``faces.csv row 17`` counts the header as
    row 1, as editors do.
    """
    options.check_no_frames(root)
    own = options.own
    path = _named_file(root, own) if own.table else _sheet_file(root)
    if path is None:
        raise DataError(f"{root}: there is no table; expected {LAYOUT}")
    _check_form(path, own)
    folder = root if own.table else path.parent
    sheet = read_sheet(
        path, separator=own.separator, header=own.header, missing=own.missing
    )
    columns = find_columns(sheet, own)
    rows, notes = _readings(sheet, columns, own)
    words = own_words(
        ((word, each.place(EMOTION)) for each in rows if (word := each.word())),
        own.emotions,
    )
    samples = [each.sample(spelling(words)) for each in rows]
    unused = unused_columns(sheet, columns)
    skipped = list(skipped_columns(sheet, unused))
    units = _coded(samples, columns)
    if root.is_dir():
        skipped += _beside(folder, path, samples)
    return sample_table(
        checked_samples(samples, folder),
        root=folder,
        source=SOURCE,
        channels=own.channels,
        action_units=units,
        votes=FERPLUS_VOTES if columns.votes else (),
        words=words,
        skipped=skipped,
        understood=(
            *_described(columns),
            *notes,
            *describe_ignored(unused),
            *_describe_uncoded(columns, units),
        ),
    )


def _sheet_file(root: Path) -> Path | None:
    if root.is_file():
        return root
    sheets = [path for path in visible(root) if is_sheet(path)]
    return sheets[0] if len(sheets) == 1 else None


def _check_form(path: Path, own: OwnData) -> None:
    """Refuses keys of a text's form for a Parquet file, which would ignore them."""
    given = {"separator": own.separator is not None, "header": not own.header}
    wrong = [key for key, is_given in given.items() if is_given]
    if path.suffix.lower() == PARQUET and wrong:
        found = getattr(own, wrong[0])
        value = str(found).lower() if isinstance(found, bool) else repr(found)
        raise StudyError(
            f"[data] {wrong[0]}: is of a text file, and {path} is a Parquet table, "
            f"which has columns with names, found {wrong[0]} = {value}; drop the key"
        )


def _named_file(root: Path, own: OwnData) -> Path:
    """Returns the table that the study names."""
    path = root / str(own.table)
    if root.is_file():
        raise StudyError(
            f"[data] table: names a table in the data folder, but --data {root} is a "
            "file; name its folder, or drop the key"
        )
    if not path.is_file():
        raise StudyError(
            f'{root}: there is no table "{own.table}", which [data] table names; name '
            "the folder that holds it with --data, or correct the key"
        )
    return path


def _readings(
    sheet: Sheet, columns: Columns, own: OwnData
) -> tuple[list["_Reading"], list[str]]:
    """Returns the rows that the study includes, with notes on what was read how."""
    images = [_image(row, columns) for row in sheet.rows]
    kept = included(images, own.include)
    rows = [
        (row, image)
        for row, image, keep in zip(sheet.rows, images, kept, strict=True)
        if keep
    ]
    names = find_in_names([image for _, image in rows], own.names)
    readings = [
        _Reading(row=row, columns=columns, own=own, image=image, names=said)
        for (row, image), said in zip(rows, names, strict=True)
    ]
    written = (word for each in readings if (word := each.written()))
    return readings, [*describe_included(kept), *describe_words(written, own.words)]


def _image(row: Row, columns: Columns) -> str:
    """Returns the path of a row's image."""
    column = columns.roles[IMAGE]
    text = row.cells.get(column) or columns.text(row, IMAGE) or ""
    place = f"{row.path} row {row.number}, column {column}"
    return image_path(text, place, like="faces/NAME.png")


def _beside(root: Path, path: Path, samples: list[Sample]) -> Iterator[Skipped]:
    """Yields folders without a row's image, and files beside the table."""
    used = {root / sample.image.partition("/")[0] for sample in samples}
    used.add(root / path.relative_to(root).parts[0])
    others = [
        file
        for file in visible(root)
        if file not in used and file.suffix.lower() in (".csv", ".txt")
    ]
    yield from skipped_among(root, root, used)
    yield from skipped_files(root, others)


def _coded(samples: list[Sample], columns: Columns) -> tuple[str, ...]:
    """Returns the action units that are known in some row."""
    known = {
        unit
        for sample in samples
        for labels in (sample.action_units, sample.intensities)
        for unit, label in labels.items()
        if label is not None
    }
    return tuple(unit for unit in columns.coded if unit in known)


def _describe_uncoded(columns: Columns, units: tuple[str, ...]) -> Iterator[str]:
    """Yields a line with the action units that are unknown in every row."""
    unknown = [unit for unit in columns.coded if unit not in units]
    if unknown:
        yield f"unknown in every row, and left out: {', '.join(unknown)}"


def _described(columns: Columns) -> Iterator[str]:
    """Describes the columns that do not have a usual name of their role."""
    levels = {f"{INTENSITY}{unit}": col for unit, col in columns.levels.items()}
    for role, column in {**columns.roles, **columns.units, **levels}.items():
        unit = action_unit_of(column)
        named = unit is not None and action_unit_name(unit) == role
        if column.casefold() != role.casefold() and not named:
            yield f"column {column} is read as {role}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One row with its columns, being read."""

    row: Row
    columns: Columns
    own: OwnData
    image: str
    names: Names

    def place(self, role: str) -> str:
        """Returns the place of the cell of a role, for messages."""
        return f"{self.row.path} row {self.row.number}, column {self.columns.get(role)}"

    def written(self) -> str | None:
        """Returns the emotion as it is written."""
        return self._text(EMOTION)

    def word(self) -> str | None:
        """Returns the emotion in the study's words."""
        word = self.written()
        return None if word is None else in_words(word, self.own.words)

    def _text(self, role: str) -> str | None:
        """Returns what the row or the file name says of a role."""
        return self.names.get(role) or self.columns.text(self.row, role)

    def sample(self, words: dict[str, str]) -> Sample:
        """Reads the row; ``words`` maps lower-case words to the classes."""
        row, word = self.row, self.word()
        votes = self._votes()
        emotion = words[word.casefold()] if word else _winner(votes)
        units = {unit: self._unit(unit) for unit in self.columns.coded}
        graded = units if self.own.present_from is not None else self.columns.levels
        return Sample(
            image=self.image,
            subject=self._text(SUBJECT),
            sequence=self._text(SEQUENCE),
            emotion=emotion,
            action_units={unit: present for unit, (present, _) in units.items()},
            intensities={unit: units[unit][1] for unit in graded},
            partition=self._part(),
            votes=votes,
            valence=self._rating("valence"),
            arousal=self._rating("arousal"),
            place=row.place,
        )

    def _part(self) -> str | None:
        if PART in self.names:
            return self.names[PART]
        column = self.columns.get(PART)
        text = self.row.text(column)
        part = None if text is None else part_of(text)
        if column is not None and text is not None and part is None:
            raise self.row.wrong(column, f"a part is one of {PART_NAMES}, or empty")
        return part

    def _unit(self, unit: str) -> tuple[bool | None, int | None]:
        """Reads whether an action unit is present, and its intensity."""
        least, apart = self.own.present_from, self.columns.levels.get(unit)
        level = self._level(apart)
        if unit not in self.columns.units:
            return _at_least(level, least or 1), level
        found = self._level(self.columns.units[unit])
        if apart is None and least is not None:
            return _at_least(found, least), found
        if found is not None and found > 1:
            raise self._no_presence(unit)
        return _at_least(found, 1), level

    def _no_presence(self, unit: str) -> DataError:
        """Makes the error for an intensity where 0 or 1 was expected."""
        way_out = (
            f"for intensities of 0 to {MOST_INTENSE} set [data] present_from, the "
            "least one that counts as present: 2 is usual (1 counts traces too)"
        )
        if unit in self.columns.levels:
            way_out = f"its intensities are in {self.columns.levels[unit]}"
        column = self.columns.units[unit]
        return self.row.wrong(column, "an action unit is 0, 1 or empty", way_out)

    def _level(self, column: str | None) -> int | None:
        """Reads 0 or 1 of an action unit, or its intensity."""
        text = self.row.text(column)
        if column is None or text is None:
            return None
        try:
            number = parse_number(text)
        except ValueError:
            number = -1.0
        if number not in range(MOST_INTENSE + 1):
            rule = f"an action unit is 0 or 1, an intensity 0 to {MOST_INTENSE}"
            raise self.row.wrong(
                column, rule, "correct the cell, or empty it if the unit was not coded"
            )
        return int(number)

    def _rating(self, role: str) -> float | None:
        column = self.columns.get(role)
        text = self.row.text(column)
        if column is None or text is None:
            return None
        try:
            value = parse_number(text.replace(",", ".", 1))  # as some countries write
        except ValueError:
            value = np.inf
        if not -1 <= value <= 1:
            raise self.row.wrong(
                column,
                f"{role} is a number from -1 to 1, or empty",
                "correct the cell, or rescale the column",
            )
        return value

    def _votes(self) -> tuple[int, ...]:
        """Counts the votes in the order of FER+; a category without a column has 0."""
        if not self.columns.votes:
            return ()
        roles = {category: role for role, category in VOTES.items()}
        return tuple(
            self._vote(self.columns.get(roles[category])) for category in FERPLUS_VOTES
        )

    def _vote(self, column: str | None) -> int:
        text = self.row.text(column)
        if column is None or text is None:
            return 0
        try:
            count = parse_whole(text)
        except ValueError:
            count = _MOST_VOTES + 1
        if count > _MOST_VOTES:
            raise self.row.wrong(column, f"votes are a number from 0 to {_MOST_VOTES}")
        return count


def _at_least(level: int | None, least: int) -> bool | None:
    return None if level is None else level >= least


def _winner(votes: tuple[int, ...]) -> str | None:
    """Returns the emotion with most votes, if another category does not have them."""
    if not votes or not any(votes):
        return None
    shares, kept = vote_distributions(np.array([votes]), "argmax")
    return str(FERPLUS_EMOTIONS[int(shares[0].argmax())]) if kept[0] else None
