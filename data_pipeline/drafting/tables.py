"""Drafting the keys of a table: its file, its columns, and what cells mean."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from data_pipeline.dataset.own_data import EMOTION, IMAGE
from data_pipeline.dataset.skipped_files import MAX_COUNTED, files_below
from data_pipeline.dataset.table_checks import read_text
from data_pipeline.drafting.guesses import (
    describe_columns,
    guess_columns,
    guess_intensities,
    guess_missing,
    guess_votes,
    guess_words,
)
from data_pipeline.drafting.paths import guess_image
from data_pipeline.labels.spellings import is_image
from data_pipeline.readers.own.sheet import (
    ENDINGS,
    PARQUET,
    Sheet,
    is_sheet,
    read_sheet,
)
from data_pipeline.readers.reader import visible
from data_pipeline.system.errors import DataError

LISTS = (*ENDINGS, ".txt", ".lst")
"""Endings of files that may list images."""
_SEPARATORS = ",;\t"
_MOST_WORDS = 20


def find_table(root: Path) -> Path | None:
    """Finds the table in a folder, or the only list of images below it.

    DataError: the folder has several tables.
    """
    sheets = [path for path in (root, *visible(root)) if is_sheet(path)]
    if root.is_file():
        return root
    if len(sheets) > 1:
        names = ", ".join(path.name for path in sheets)
        raise DataError(
            f"--data {root}: one table was expected, found {names}; name one of them, "
            f"as in --data {sheets[0]}"
        )
    if sheets:
        return sheets[0]
    files = sorted(islice(files_below(root), MAX_COUNTED))
    lists = [path for path in files if path.suffix.lower() in LISTS and _lists(path)]
    return lists[0] if len(lists) == 1 else None


def draft_table(root: Path, path: Path) -> tuple[dict[str, Any], list[str], Sheet]:
    """Guesses the keys that read a table, and says what is assumed."""
    keys: dict[str, Any] = {"dataset": "table"}
    if path not in (root, *visible(root)):
        keys["table"] = path.relative_to(root).as_posix()
    form = _form(path)
    sheet = read_sheet(path, **form)
    columns = guess_columns(sheet)
    columns |= _image(root if "table" in keys else path.parent, sheet, columns)
    assumed = list(describe_columns(columns))
    votes = {} if EMOTION in columns or _has(sheet, EMOTION) else guess_votes(sheet)
    if votes:
        keys |= {"emotions": "ferplus", "labels": "majority"}
        assumed.append(f"columns count votes: {', '.join(votes.values())}")
    elif not form["header"]:
        columns |= _emotion(sheet, columns)
    missing = guess_missing(sheet)
    if missing:
        keys["missing"] = missing
        assumed.append(f"{' and '.join(missing)} mean that a unit was not coded")
    levels = guess_intensities(sheet)
    assumed += [
        f"a unit is present from intensity {each} on" for each in levels.values()
    ]
    found = columns | votes
    changed = {role: column for role, column in found.items() if role != column}
    keys |= {key: value for key, value in form.items() if value not in (None, True)}
    emotion = found.get(EMOTION) or _has(sheet, EMOTION)
    keys |= guess_words(word for row in sheet.rows if (word := row.text(emotion)))
    return keys | levels | ({"columns": changed} if changed else {}), assumed, sheet


def _lists(path: Path) -> bool:
    """Returns whether the first line of a file names an image."""
    return path.suffix.lower() != PARQUET and _has_image(_first_line(path))


def _form(path: Path) -> dict[str, Any]:
    """Guesses whether blanks separate cells, and whether there is a header."""
    if path.suffix.lower() == PARQUET:
        return {"separator": None, "header": True}
    line = _first_line(path)
    blanks = not any(mark in line for mark in _SEPARATORS) and " " in line.strip()
    return {"separator": " " if blanks else None, "header": not _has_image(line)}


def _first_line(path: Path) -> str:
    try:
        lines = read_text(path).splitlines()
    except DataError:
        return ""
    return next((line for line in lines if line.strip()), "")


def _has_image(line: str) -> bool:
    cells = line.translate(dict.fromkeys(map(ord, _SEPARATORS), " ")).split()
    return any(_names_image(cell.strip("\"'")) for cell in cells)


def _names_image(cell: str) -> bool:
    return is_image(PurePosixPath(cell.replace("\\", "/")).name)


def _image(root: Path, sheet: Sheet, columns: dict[str, str]) -> dict[str, str]:
    """Finds the column of images by its name or its cells, and where these are."""
    named = [column for column in sheet.columns if column.casefold() == IMAGE]
    column = columns.get(IMAGE) or next(iter([*named, *_image_columns(sheet)]), None)
    if column is None:
        return {}
    cells = [row.cells[column].strip() for row in sheet.rows]
    return {IMAGE: guess_image(root, column, cells) or column}


def _image_columns(sheet: Sheet) -> Iterator[str]:
    for column in sheet.columns:
        if all(_names_image(row.cells[column].strip()) for row in sheet.rows):
            yield column


def _emotion(sheet: Sheet, columns: dict[str, str]) -> dict[str, str]:
    """Takes the only other column with few different words as the emotion."""
    used = "\n".join(columns.values())
    few = [
        column
        for column in sheet.columns
        if column not in columns.values()
        and f"{{{column}" not in used
        and 1 < len({row.text(column) for row in sheet.rows}) <= _MOST_WORDS
    ]
    return {EMOTION: few[0]} if len(few) == 1 else {}


def _has(sheet: Sheet, role: str) -> str | None:
    """Returns the column with the name of a role, in any case."""
    return next((c for c in sheet.columns if c.casefold() == role), None)
