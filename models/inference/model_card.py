"""What ``model.json`` tells of an exported model: what goes in, what comes out."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from data_pipeline.files.documents import DocumentError, read_json
from data_pipeline.files.safe_open import open_regular
from data_pipeline.system.errors import ModelError, shorten

DESCRIBED = ConfigDict(extra="ignore", strict=True)
"""A description may tell more than is needed here."""

MODEL = "model.keras"
RUNS = Path("runs")
"""Where runs lie unless another folder is named."""

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Unit = Annotated[str, Field(pattern=r"^AU\d{1,3}[A-Za-z]?$")]


@dataclass(config=DESCRIBED, frozen=True, kw_only=True, slots=True)
class Input:
    """Square pictures of ``size`` pixels a side, in [0, 255], cut by ``crop``."""

    size: Annotated[int, Field(ge=1, le=1024)]
    channels: Literal[1, 3]
    crop: str | dict[str, Any]


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
    synthetic: bool
    input: Input
    emotions: Annotated[tuple[Name, ...], Field(max_length=100)]
    action_units: Annotated[tuple[Unit, ...], Field(max_length=100)]
    dimensions: tuple[Literal["valence", "arousal"], ...] = ()
    thresholds: dict[str, Share]
    data: Origin
    sha256: str
    versions: dict[str, str]

    def __post_init__(self) -> None:
        """Checks that outputs have names of their own, and units their thresholds."""
        if not any(self.heads().values()):
            raise ValueError("names neither emotions, action units nor dimensions")
        for head, names in self.heads().items():
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{head} names {', '.join(twice)} twice")
        lacking = set(self.action_units) - set(self.thresholds)
        if lacking:
            raise ValueError(f"no threshold for {', '.join(sorted(lacking))}")

    def heads(self) -> dict[str, tuple[str, ...]]:
        """Lists the names of each output of the model, in order."""
        return {
            "emotion": self.emotions,
            "action_units": self.action_units,
            "valence_arousal": self.dimensions,
        }


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
    """Finds the model of a run that was given by name, on real or synthetic data."""
    runs = (RUNS / asked, RUNS / f"{asked}-synthetic")
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
        told = read_json(path)
        description = TypeAdapter(Description).validate_json(json.dumps(told))
    except ValidationError as error:
        raise ModelError(f"{path}: {_faults(error)}; {_REMEDY}") from None
    except DocumentError as error:
        raise ModelError(f"{path} {error}; {_REMEDY}") from None
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read ({error.strerror}); {_REMEDY}"
        ) from error
    with open_regular(model) as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != description.sha256:
        raise ModelError(
            f"{path} describes another model than {model.name}, or the file was "
            f"changed: its SHA-256 is {found[:12]}..., described is "
            f"{description.sha256[:12]}...; {_REMEDY}"
        )
    return description


def contradicted(model: Path, told: str) -> ModelError:
    """Says that a model is not what the description beside it tells.

    Args:
        model: the ``.keras`` file.
        told: what differs.

    Returns:
        The error to raise.
    """
    return ModelError(f"{model.with_suffix('.json')}: {told}; {_REMEDY}")


_REMEDY = "copy both files anew from the run that wrote them"


def _faults(error: ValidationError) -> str:
    told = [
        f"{'.'.join(map(str, fault['loc'])) or 'description'}: {fault['msg']}"
        for fault in error.errors()
    ]
    return shorten("; ".join(told))
