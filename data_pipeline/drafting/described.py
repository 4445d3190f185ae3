"""Data sets whose layouts ready studies describe, recognized by these studies."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from data_pipeline import readers
from data_pipeline.config.study_data import read_study_data
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.files.study_files import find_study, load_study
from data_pipeline.readers.reader import read_options
from data_pipeline.system.errors import DataError, InputError

DESCRIBED: Mapping[str, str] = {
    "disfa": r"(^|/)SN[0-9]{3}/[0-9]+[.]",
    "bp4d": r"(^|/)[FM][0-9]{3}/T[1-8]/[0-9]+[.]",
    "rafdb": r"(^|/)(train|test)_[0-9]+",
    "rafdb_folders": r"(^|/)(train|test)_[0-9]+",
    "kdef": r"(^|/)[ABab][FMfm][0-9]{2}[A-Za-z]{3,4}[.]",
    "jaffe": r"(^|/)[A-Z]{2}[.-][A-Z]{2}[0-9][.-]",
    "emotionet": "",
}
"""Study -> an expression that is in the path of each image of its data set."""

LABEL_FILES: Mapping[str, str] = {
    "disfa": "ActionUnit_Labels/*/*_au*.txt",
    "bp4d": "AUCoding/AU_OCC/*.csv",
}
"""Study -> label files as published, of which the lines in its header make a table."""

_WRITTEN = ("hold_out", "hold_out_seed")
"""Keys of ``[split]`` that are in every draft."""

Tables = tuple[str, dict[str, Any], dict[str, Any], SampleTable]
"""A study, its keys of ``[data]`` and ``[split]``, and what they read."""


def described(root: Path) -> Tables | None:
    """Returns the first ready study that reads a folder, with all its keys.

    DataError: the folder, or the one above, has label files of which a table is to be
    made first.
    """
    for name, pattern in DESCRIBED.items():
        table = _read(root, name)
        if table is None or not all(re.search(pattern, n) for n in _images(table)):
            continue
        raw = load_study(find_study(name))
        split = {k: value for k, value in raw["split"].items() if k not in _WRITTEN}
        return name, raw["data"], split, table
    _refuse_label_files(root)
    return None


def _refuse_label_files(root: Path) -> None:
    """Names the lines that make a table, where there is none yet."""
    for name, files in LABEL_FILES.items():
        for folder in (root, root.resolve().parent) if root.is_dir() else ():
            if any(folder.glob(files)) and not any(root.glob("*.csv")):
                raise DataError(
                    f"--data {root}: {folder / files} are the label files of {name}, "
                    "which its reader needs in one table; run the lines in the header "
                    f"of studies/{name}.toml, which make {name}.csv, and --study {name}"
                )


def _read(root: Path, name: str) -> SampleTable | None:
    data = read_study_data(name).data
    try:
        reader, folder = readers.find(root, data.dataset, data.own())
        return reader.read(folder, read_options(data, lambda *_: None))
    except InputError:
        return None


def _images(table: SampleTable) -> Iterator[str]:
    return (Path(image).as_posix() for image in table.frame["image"])
