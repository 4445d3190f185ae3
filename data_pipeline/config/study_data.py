"""The sections of the data of a study file, finished or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_pipeline.config.data_config import DataConfig
from data_pipeline.config.section import read_section, refuse
from data_pipeline.config.split_config import SplitConfig
from data_pipeline.files.study_files import find_study, load_study
from data_pipeline.system.errors import StudyError

DRAFT: dict[str, Any] = {"targets": ["emotion"], "image_size": 48}
"""Values of required keys for looking at the data of an unfinished study."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyData:
    """The sections ``[data]`` and ``[split]`` of a study.

    ``has_targets`` is false while the study names none; ``name`` is the study's,
    and ``place`` its file, for messages.
    """

    data: DataConfig
    split: SplitConfig
    has_targets: bool = True
    name: str = ""
    place: str = ""


def read_study_data(study: str) -> StudyData:
    """Reads the sections of the data from a study file, finished or not.

    ``study`` is a name in ``studies/`` or a path that ends in ``.toml``. StudyError:
    one message with every problem that a search would find in the two sections.
    """
    path = find_study(study)
    tables = load_study(path)
    data_table, split_table = (_table(path, key, tables) for key in ("data", "split"))
    problems: list[str] = []
    data = read_section("data", DataConfig, DRAFT | dict(data_table), problems)
    split = read_section("split", SplitConfig, split_table, problems)
    refuse(problems, str(path))
    return StudyData(
        data=data,
        split=split,
        has_targets="targets" in data_table,
        name=path.stem,
        place=str(path),
    )


def _table(path: Path, name: str, tables: Mapping[str, Any]) -> Mapping[str, Any]:
    table = tables.get(name, {})
    if not isinstance(table, dict):
        raise StudyError(f"{path}: {name}: must be a section, found {table!r}")
    return table
