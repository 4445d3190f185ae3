"""Study files, found by the name of the study."""

from pathlib import Path
from typing import Any

from data_pipeline.files.documents import DocumentError, read_toml
from data_pipeline.files.safe_open import is_regular
from data_pipeline.system.errors import StudyError, suggest

STUDIES = Path(__file__).resolve().parents[2] / "studies"


def find_study(name: str) -> Path:
    """Finds the file of a study by its name in ``studies/`` or its own path.

    Args:
        name: a name, or a path that ends in ``.toml``.

    Raises:
        StudyError: there is no such file; the message lists the available names.
    """
    path = Path(name) if name.endswith(".toml") else STUDIES / f"{name}.toml"
    if is_regular(path):
        return path
    available = sorted(file.stem for file in STUDIES.glob("*.toml"))
    raise StudyError(
        f"--study {name}: there is no study file {path}; {suggest(name, available)}, "
        "or the path of a .toml file"
    )


def load_study(path: Path) -> dict[str, Any]:
    """Reads the tables of a study file.

    Raises:
        StudyError: the file cannot be read or is not TOML.
    """
    try:
        return read_toml(path)
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror})") from error
    except DocumentError as error:
        raise StudyError(f"{path}: {error}") from error
