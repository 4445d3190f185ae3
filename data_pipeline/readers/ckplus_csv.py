"""Reader of the CK+ coursework table: one CSV row for each sequence's peak frame.

Source: RMIT COSC2779/2972, assignment 1: ``data_labels.csv``, 560 rows, 21 columns.
Students' variants are read too: with columns dropped or added, and rows removed.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from data_pipeline.dataset.sample_table import Sample, SampleTable, sample_table
from data_pipeline.dataset.skipped_files import (
    Kind,
    Skipped,
    skipped_among,
    skipped_files,
)
from data_pipeline.dataset.subject_aliases import canonical_id
from data_pipeline.dataset.table_checks import checked_samples, image_path
from data_pipeline.files.numerals import parse_number
from data_pipeline.labels.labels import HighLevelEmotion, action_unit_name
from data_pipeline.labels.spellings import (
    action_unit_of,
    describe_respellings,
    is_intensity,
)
from data_pipeline.readers.ckplus_labels import OBTAIN_CKPLUS
from data_pipeline.readers.own.sheet import Row, listed, read_sheet
from data_pipeline.readers.reader import DEFAULTS, ReadOptions, visible
from data_pipeline.system.errors import DataError

TABLE = "data_labels.csv"
EMOTION = "high_level_emotion"
LAYOUT = (
    "the coursework table: data_labels.csv (columns filepath, high_level_emotion "
    "and/or AU1, AU2, ...) beside cohn-kanade-images/"
)
OBTAIN = OBTAIN_CKPLUS
USED = ("subject", "sequence", "filepath", EMOTION)
UNUSED = ("image_index", "file_prefix", "emotion_num")
"""Known columns that repeat the others."""

_SUBJECT = re.compile(r"(?<![A-Za-z0-9])S[0-9]{3}(?![0-9])")
_SPELLED = re.compile(
    r"(?<![A-Za-z0-9])S[-_ ]?[0-9OIl]{3}(?![A-Za-z0-9])", re.IGNORECASE
)
"""A mistyped subject in a path: it is compared, and never used as an id."""


def detect(root: Path) -> bool:
    """Detects a CSV file, ``data_labels.csv`` in a folder, or a single CSV file."""
    return _table_file(root) is not None


def read(root: Path, options: ReadOptions = DEFAULTS) -> SampleTable:
    """Reads the table, row by row.

    It needs ``filepath`` and at least one label; missing ``subject`` and ``sequence``
    are taken from the path. An empty label is masked. The table has no basic emotions.
    Column names match in any case, action units also as ``au 17`` and ``AU17_c``. A
    place such as ``data_labels.csv row 17`` counts the header as row 1, as editors do.

    Source: reference table, sha256 5d972920262653f5..., 560 rows of 123 subjects.
    """
    options.check_no_frames(root)
    path = _table_file(root)
    if path is None:
        raise DataError(f"{root}: there is no {TABLE}")
    header, rows = _parsed(path)
    units = _units(path, header)
    _check_columns(path, header, units)
    samples = checked_samples((_sample(row, units) for row in rows), path.parent)
    skipped = list(_skipped(path, header, units))
    if root.is_dir():
        skipped += _beside(path, samples)
    return sample_table(
        samples,
        root=path.parent,
        source="ckplus_csv",
        channels=1,
        action_units=tuple(units),
        skipped=skipped,
        understood=describe_respellings((name, unit) for unit, name in units.items()),
    )


def _table_file(root: Path) -> Path | None:
    if root.is_file():
        return root if root.suffix.lower() == ".csv" else None
    if (root / TABLE).is_file():
        return root / TABLE
    tables = _tables(root)
    return tables[0] if len(tables) == 1 else None


def _tables(root: Path) -> list[Path]:
    return [
        path
        for path in visible(root)
        if path.suffix.lower() == ".csv" and path.is_file()
    ]


def _parsed(path: Path) -> tuple[list[str], list[Row]]:
    """Reads the table, its known columns in one spelling."""
    sheet = read_sheet(path, missing=("none",))
    header = list(map(_normalized, sheet.columns))
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DataError(
            f"{path} row 1: {listed(twice)} names two columns; remove one of them"
        )
    return header, [row.renamed(_normalized) for row in sheet.rows]


def _normalized(column: str) -> str:
    """Normalizes the spelling of a known column."""
    name = column.casefold().replace(" ", "_").replace("-", "_")
    name = {"file_path": "filepath"}.get(name, name)
    return name if name in (*USED, *UNUSED) else column


def _units(path: Path, header: list[str]) -> dict[str, str]:
    """Maps action-unit names to their columns, in the table's order."""
    units: dict[str, str] = {}
    for column in header:
        unit = action_unit_of(column)
        if unit is None:
            continue
        name = action_unit_name(unit)
        if name in units:
            raise DataError(
                f"{path} row 1: {units[name]} and {column} are the same AU; remove one "
                "of the two columns"
            )
        units[name] = column
    return units


def _skipped(path: Path, header: list[str], units: dict[str, str]) -> Iterator[Skipped]:
    """Yields the columns that are not read."""
    used = {*USED, *UNUSED, *units.values(), ""}
    for column in header:
        if column not in used:
            why = "holds intensities" if is_intensity(column) else "is unknown"
            yield Skipped(
                place=f"{path.name} row 1",
                reason=f"the column {listed([column])} {why}, and is not read",
                kind=Kind.COLUMN,
            )


def _beside(path: Path, samples: list[Sample]) -> list[Skipped]:
    """Lists other tables, and folders without a row's image."""
    root = path.parent
    used = {root / sample.image.partition("/")[0] for sample in samples}
    tables = [file for file in _tables(root) if file != path]
    return skipped_among(root, root, used) + skipped_files(root, tables)


def _check_columns(path: Path, header: list[str], units: dict[str, str]) -> None:
    if "filepath" not in header:
        missing = "filepath"
    elif EMOTION not in header and not units:
        missing = f"{EMOTION} or an action unit (AU1, AU2, ...)"
    else:
        return
    raise DataError(
        f"{path}: the table lacks the column {missing}; found {listed(header)}; the "
        "first line names the columns: subject, sequence, filepath, AU1, ..., "
        f"{EMOTION}"
    )


def _sample(row: Row, units: dict[str, str]) -> Sample:
    image = image_path(row.cells["filepath"], f"{row.path} row {row.number}, filepath")
    return Sample(
        image=image,
        subject=_subject(row, image),
        sequence=row.text("sequence") or image.rpartition("/")[0].rpartition("/")[2],
        high_level_emotion=_emotion(row),
        action_units={name: _presence(row, column) for name, column in units.items()},
        place=row.place,
    )


def _subject(row: Row, image: str) -> str | None:
    """Returns the subject in the column or in the path; they must not differ."""
    named = row.text("subject")
    shown = set(_SUBJECT.findall(image))
    if len(shown) > 1 or (named is not None and shown - {named}):
        column = "filepath" if named is None else "subject"
        raise row.wrong(
            column, f"filepath {image} names one subject, {' or '.join(sorted(shown))}"
        )
    if named is not None and not shown:
        _check_spelled(row, image, named)
    return named if named is not None else next(iter(shown), None)


def _check_spelled(row: Row, image: str, named: str) -> None:
    """Refuses a row if its path names another subject in another spelling."""
    if not _SPELLED.fullmatch(named):
        return
    others = [
        name
        for name in _SPELLED.findall(image)
        if canonical_id(name) != canonical_id(named)
    ]
    if others:
        raise row.wrong("subject", f"filepath {image} names the subject {others[0]}")


def _emotion(row: Row) -> str | None:
    value = row.text(EMOTION)
    emotion = None if value is None else value.casefold()
    if emotion is not None and emotion not in list(HighLevelEmotion):
        raise row.wrong(
            EMOTION, f"the emotion is one of {', '.join(HighLevelEmotion)} or empty"
        )
    return emotion


def _presence(row: Row, column: str) -> bool | None:
    value = row.text(column)
    if value is None:
        return None
    try:
        present = parse_number(value)
    except ValueError:
        present = -1
    if present not in (0, 1):
        raise row.wrong(column, "an action unit is 0, 1 or empty")
    return present == 1
