"""CK+'s label files: an emotion code, or action units with intensities."""

from pathlib import Path

from data_pipeline.dataset.table_checks import read_text
from data_pipeline.files.numerals import parse_number
from data_pipeline.labels.labels import (
    CKPLUS_ACTION_UNITS,
    CKPLUS_EMOTION_CODES,
    Emotion,
    action_unit_name,
)
from data_pipeline.system.errors import DataError, quote_short

OBTAIN_CKPLUS = (
    "CK+ is free for research: request it at https://www.jeffcohn.net/Resources/ (the "
    "agreement form comes back with links), unpack it there, or name its folder with "
    "--data DIR. Without CK+ the same command works on synthetic faces: add "
    "--data synthetic"
)
HIGHEST_INTENSITY = 5
"""E on the FACS scale; 0 means present, intensity not given."""


def read_emotion_code(path: Path) -> Emotion:
    """Reads an emotion file, which holds exactly one code."""
    lines = _numbers(path, columns=1)
    if len(lines) != 1 or lines[0][0] not in CKPLUS_EMOTION_CODES:
        found = "; ".join(f"{line[0]:g}" for line in lines[:5]) or "an empty file"
        raise DataError(
            f"{path}: an emotion file holds one code from 0 (neutral) to 7 "
            f"(surprise), found {found}; restore the file from Emotion_labels.zip, "
            "or remove it if the sequence has no emotion"
        )
    return CKPLUS_EMOTION_CODES[int(lines[0][0])]


def read_coded_units(path: Path) -> dict[str, int | None]:
    """Reads a FACS file: the intensity of each of ``CKPLUS_ACTION_UNITS``.

    0 is absent; ``None`` is present, intensity not given.
    """
    present: dict[int, int | None] = {}
    for line, (unit, intensity) in enumerate(_numbers(path, columns=2), start=1):
        coded = unit == int(unit) and 1 <= unit <= 99  # noqa: PLR2004 (FACS codes)
        graded = intensity in range(HIGHEST_INTENSITY + 1)
        if not coded or not graded:
            raise DataError(
                f"{path} line {line}: an action unit is 1 to 99 and its intensity 0 "
                f"to {HIGHEST_INTENSITY}, found {unit:g} {intensity:g}; restore the "
                "file from FACS_labels.zip"
            )
        if int(unit) in present:
            raise DataError(
                f"{path} line {line}: action unit {unit:g} is already in an "
                "earlier line; remove one of the two lines"
            )
        present[int(unit)] = int(intensity) or None
    return {
        action_unit_name(unit): present.get(unit, 0) for unit in CKPLUS_ACTION_UNITS
    }


def _numbers(path: Path, *, columns: int) -> list[list[float]]:
    """Reads lines of numbers as MATLAB writes them: three spaces, an exponent."""
    lines = []
    for place, line in enumerate(read_text(path).splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        try:
            values = [parse_number(word) for word in words]
        except ValueError:
            values = []
        if len(values) != columns:
            raise DataError(
                f"{path} line {place}: {columns} numbers a line were expected, found "
                f"{quote_short(line.strip(), 40)}; restore the file from its zip"
            )
        lines.append(values)
    return lines
