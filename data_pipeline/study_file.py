"""What a study file says about its data: read alone, without the search."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_pipeline.documents import DocumentError, read_toml
from data_pipeline.errors import StudyError, nearest, shortened
from data_pipeline.regular import is_regular
from data_pipeline.study_sections import (
    Data,
    Split,
    data_problems,
    read_section,
    split_problems,
)

STUDIES = Path(__file__).resolve().parent.parent / "studies"

UNSAID: dict[str, Any] = {"targets": ["emotion"], "image_size": 48}
"""What a study that is still being written may lack: data can be looked at without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataKeys:
    """The sections ``[data]`` and ``[split]`` of a study.

    ``targets_known`` is false where the study names no targets yet; ``place`` is the
    file, for messages.
    """

    data: Data
    split: Split
    targets_known: bool = True
    place: str = ""


def read_data_keys(study: str) -> DataKeys:
    """Reads the data's part of a study file; ``search.run`` judges the whole of it.

    Args:
        study: a name in ``studies/`` or a path that ends in ``.toml``.

    Returns:
        The sections, complete with the defaults that a search takes.

    Raises:
        StudyError: no such file, not TOML, or a key is missing or wrong; one message
            with every problem that a search would find in the two sections.
    """
    path = _find(study)
    try:
        tables = read_toml(path)
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror})") from error
    except DocumentError as error:
        raise StudyError(f"{path}: {error}") from error
    problems: list[str] = []
    named = _section(path, "data", tables)
    data = read_section("data", Data, UNSAID | dict(named), problems)
    split = read_section("split", Split, _section(path, "split", tables), problems)
    problems.extend(data_problems(data) if data else ())
    problems.extend(split_problems(split) if split else ())
    if problems:
        raise StudyError(
            "\n".join(f"{path}: {shortened(problem)}" for problem in problems)
        )
    return DataKeys(
        data=data, split=split, targets_known="targets" in named, place=str(path)
    )


def _find(study: str) -> Path:
    path = Path(study) if study.endswith(".toml") else STUDIES / f"{study}.toml"
    if is_regular(path):
        return path
    known = sorted(file.stem for file in STUDIES.glob("*.toml"))
    raise StudyError(
        f"--study {study}: there is no study file {path}; {nearest(study, known)}, "
        "or the path of a .toml file"
    )


def _section(path: Path, name: str, tables: Mapping[str, Any]) -> Mapping[str, Any]:
    found = tables.get(name, {})
    if not isinstance(found, dict):
        raise StudyError(f"{path}: {name}: must be a section, found {found!r}")
    return found
