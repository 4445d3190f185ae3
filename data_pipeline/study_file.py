"""What a study file says about its data: read alone, without the search."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from data_pipeline.errors import StudyError
from data_pipeline.regular import is_regular, read_text

STUDIES = Path(__file__).resolve().parent.parent / "studies"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataKeys:
    """The keys of ``[data]`` and ``[split]`` that say which rows are in which part."""

    dataset: str
    neutral: str = "none"
    frames: int | None = None
    by: str = "subject"
    folds: int = 5
    hold_out: float = 0.2
    hold_out_seed: int = 1
    validation: float | None = None


_SECTIONS: dict[str, dict[str, type]] = {
    "data": {"dataset": str, "neutral": str, "frames": int},
    "split": {
        "by": str,
        "folds": int,
        "hold_out": float,
        "hold_out_seed": int,
        "validation": float,
    },
}


def read_data_keys(study: str) -> DataKeys:
    """Reads the data's part of a study file; ``search.run`` judges the whole of it.

    Args:
        study: a name in ``studies/`` or a path that ends in ``.toml``.

    Returns:
        The keys, complete with the defaults that a search takes.

    Raises:
        StudyError: no such file, not TOML, or a key is missing or of a wrong type.
    """
    path = _find(study)
    try:
        tables = tomllib.loads(read_text(path))
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path}: is not a TOML file: {error}") from error
    found: dict[str, Any] = {}
    for section, kinds in _SECTIONS.items():
        found |= _keys(path, section, tables.get(section, {}), kinds)
    if "dataset" not in found:
        raise StudyError(
            f'{path}: [data] dataset: is missing; say which, such as "ckplus"'
        )
    return DataKeys(**found)


def _find(study: str) -> Path:
    path = Path(study) if study.endswith(".toml") else STUDIES / f"{study}.toml"
    if is_regular(path):
        return path
    known = sorted(file.stem for file in STUDIES.glob("*.toml"))
    near = get_close_matches(study, known, n=1)
    meant = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}."
    raise StudyError(
        f"--study {study}: there is no study file {path}; {meant} Or give the path of "
        "a .toml file"
    )


def _keys(
    path: Path, section: str, table: object, kinds: Mapping[str, type]
) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise StudyError(f"{path}: {section}: must be a section, found {table!r}")
    found = {key: table[key] for key in kinds if key in table}
    for key, value in found.items():
        kind = kinds[key]
        whole = kind is float and isinstance(value, int)
        if isinstance(value, bool) or not (isinstance(value, kind) or whole):
            raise StudyError(
                f"{path}: [{section}] {key}: must be of type {kind.__name__}, found "
                f"{value!r}; correct the study file"
            )
    return found
