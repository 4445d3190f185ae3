"""Data sets whose layouts ready studies describe, recognized by these studies."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from data_pipeline import readers
from data_pipeline.dataset.config import read_study_data
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.files.study_files import find_study, load_study
from data_pipeline.readers.reader import read_options
from data_pipeline.system.errors import DataError

DESCRIBED: Mapping[str, str] = {
    "rafdb": r"^(train|test)_[0-9]+",
    "rafdb_folders": r"^(train|test)_[0-9]+",
    "kdef": r"^[ABab][FMfm][0-9]{2}[A-Za-z]{3,4}[.]",
    "jaffe": r"^[A-Z]{2}[.-][A-Z]{2}[0-9][.-]",
    "emotionet": "",
}
"""Study -> an expression that is in the name of each image of its data set."""

_WRITTEN = ("hold_out", "hold_out_seed")
"""Keys of ``[split]`` that are in every draft."""

Tables = tuple[str, dict[str, Any], dict[str, Any], SampleTable]
"""A study, its keys of ``[data]`` and ``[split]``, and what they read."""


def described(root: Path) -> Tables | None:
    """Returns the first ready study that reads a folder, with all its keys."""
    for name, pattern in DESCRIBED.items():
        table = _read(root, name)
        if table is None or not all(re.search(pattern, n) for n in _names(table)):
            continue
        raw = load_study(find_study(name))
        split = {k: value for k, value in raw["split"].items() if k not in _WRITTEN}
        return name, raw["data"], split, table
    return None


def _read(root: Path, name: str) -> SampleTable | None:
    data = read_study_data(name).data
    try:
        reader, folder = readers.find(root, data.dataset, data.own())
        return reader.read(folder, read_options(data, lambda *_: None))
    except DataError:
        return None


def _names(table: SampleTable) -> Iterator[str]:
    return (Path(image).name for image in table.frame["image"])
