"""What ``model.json`` tells of an exported model: what goes in, what comes out."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from data_pipeline.errors import ModelError
from data_pipeline.regular import open_regular, read_text

DESCRIBED = ConfigDict(extra="ignore")
"""A description may tell more than is needed here."""

MODEL = "model.keras"
RUNS = Path("runs")
"""Where runs lie unless another folder is named."""

Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(config=DESCRIBED, frozen=True, kw_only=True, slots=True)
class Input:
    """Square pictures of ``size`` pixels a side, in [0, 255], cut by ``crop``."""

    size: Annotated[int, Field(ge=1)]
    channels: Literal[1, 3]
    crop: str | Mapping[str, Any]


@dataclass(config=DESCRIBED, frozen=True, kw_only=True, slots=True)
class Origin:
    """The data a model learned from."""

    dataset: str


@dataclass(config=DESCRIBED, frozen=True, kw_only=True, slots=True)
class Description:
    """An exported model, told by its own run.

    ``thresholds`` is the least probability at which an action unit counts as present.
    """

    study: str
    drawn: bool
    input: Input
    emotions: tuple[str, ...]
    action_units: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    thresholds: Mapping[str, Share]
    data: Origin
    sha256: str
    versions: Mapping[str, str]

    def __post_init__(self) -> None:
        """Checks that every action unit has its threshold."""
        lacking = set(self.action_units) - set(self.thresholds)
        if lacking:
            raise ValueError(f"no threshold for {', '.join(sorted(lacking))}")


def model_file(asked: Path) -> Path:
    """Finds the model in what a person named.

    Args:
        asked: a ``.keras`` file, or the folder of a run.

    Returns:
        The file.

    Raises:
        ModelError: there is none.
    """
    path = asked / MODEL if asked.is_dir() else asked
    if not path.is_file():
        meant = _named_after_its_run(asked)
        raise ModelError(
            f"no such model: {path}; a run writes it to runs/<study>/model.keras at "
            f"its end{f'; did you mean {meant}?' if meant else ''}"
        )
    return path


def _named_after_its_run(asked: Path) -> Path | None:
    """Finds the model of a run, or of one on drawn data, whose name alone was given."""
    runs = (RUNS / asked, RUNS / f"{asked}-drawn")
    return next((run / MODEL for run in runs if (run / MODEL).is_file()), None)


def read_description(model: Path) -> Description:
    """Reads the description beside a model, and makes sure that it is this model's.

    Args:
        model: the ``.keras`` file.

    Returns:
        The description.

    Raises:
        ModelError: there is none, it lacks something, or it is another model's.
    """
    path = model.with_suffix(".json")
    if not path.is_file():
        raise ModelError(
            f"{path} is missing, which says how pictures are cropped and what the "
            f"outputs mean; copy it from the run that wrote {model.name}"
        )
    try:
        told = json.loads(read_text(path))
        description = TypeAdapter(Description).validate_python(told)
    except ValidationError as error:
        raise ModelError(f"{path}: {_faults(error)}; {_REMEDY}") from None
    except ValueError as error:
        raise ModelError(f"{path} is not JSON ({error}); {_REMEDY}") from None
    with open_regular(model) as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != description.sha256:
        raise ModelError(
            f"{path} describes another model than {model.name}, or the file was "
            f"changed: its SHA-256 is {found[:12]}..., described is "
            f"{description.sha256[:12]}...; {_REMEDY}"
        )
    return description


_REMEDY = "copy both files anew from the run that wrote them"


def _faults(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'description'}: {fault['msg']}"
        for fault in error.errors()
    )
