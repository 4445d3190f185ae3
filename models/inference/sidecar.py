"""The sidecar, ``model.json``: inputs and outputs of an exported model."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from data_pipeline.files.documents import DocumentError, read_json
from data_pipeline.files.safe_open import sha256
from data_pipeline.system.errors import ModelError, shorten

DESCRIBED = ConfigDict(extra="ignore", strict=True)
"""A sidecar may hold more than is needed here."""

MODEL = "model.keras"
MODELS = (MODEL, "model.onnx", "model.tflite")
"""Names that a model has in a folder, by preference."""

RUNS = Path("runs")
"""The default folder of runs."""

Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Unit = Annotated[str, Field(pattern=r"^AU\d{1,3}[A-Za-z]?$")]


@dataclass(config=DESCRIBED, frozen=True, kw_only=True, slots=True)
class Input:
    """Square images of ``size`` pixels a side, in [0, 255], cropped by ``crop``."""

    size: Annotated[int, Field(ge=1, le=1024)]
    channels: Literal[1, 3]
    crop: str | dict[str, Any]


@dataclass(config=DESCRIBED, frozen=True, kw_only=True, slots=True)
class Origin:
    """The data a model was trained on."""

    dataset: str


@dataclass(config=DESCRIBED, frozen=True, kw_only=True, slots=True)
class Sidecar:
    """Describes an exported model; its own run wrote it.

    ``thresholds`` is the least probability at which an action unit counts as present.
    """

    study: str
    synthetic: bool
    input: Input
    emotions: Annotated[tuple[Name, ...], Field(max_length=100)]
    action_units: Annotated[tuple[Unit, ...], Field(max_length=100)]
    intensities: Annotated[tuple[Unit, ...], Field(max_length=100)] = ()
    dimensions: tuple[Literal["valence", "arousal"], ...] = ()
    thresholds: dict[str, Share]
    data: Origin
    sha256: str
    versions: dict[str, str]

    def __post_init__(self) -> None:
        """Checks that outputs have distinct names, and units have thresholds."""
        if not any(self.heads().values()):
            raise ValueError(
                "names neither emotions, action units, intensities nor dimensions"
            )
        for head, names in self.heads().items():
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{head} names {', '.join(twice)} twice")
        lacking = set(self.action_units) - set(self.thresholds)
        if lacking:
            raise ValueError(f"no threshold for {', '.join(sorted(lacking))}")

    def heads(self) -> dict[str, tuple[str, ...]]:
        """Lists the labels of each output of the model, in order."""
        return {
            "emotion": self.emotions,
            "action_units": self.action_units,
            "action_unit_intensities": self.intensities,
            "valence_arousal": self.dimensions,
        }


def model_file(given: Path) -> Path:
    """Returns the model's file, given it or its folder.

    Raises:
        ModelError: there is none.
    """
    found = [given / name for name in MODELS if (given / name).is_file()]
    path = next(iter(found), given / MODEL) if given.is_dir() else given
    if not path.is_file():
        meant = _of_run(given)
        raise ModelError(
            f"no such model: {path}; a finished run writes runs/<study>/model.keras"
            f"{f'; did you mean {meant}?' if meant else ''}"
        )
    return path


def _of_run(name: Path) -> Path | None:
    """Returns the model of a run of this name, on real or synthetic data."""
    runs = (RUNS / name, RUNS / f"{name}-synthetic")
    return next((run / MODEL for run in runs if (run / MODEL).is_file()), None)


def read_sidecar(model: Path) -> Sidecar:
    """Reads the sidecar beside a model, and checks that it belongs to this file.

    Args:
        model: the model's file.

    Returns:
        The sidecar.

    Raises:
        ModelError: there is none, it is incomplete, or it is another model's.
    """
    path = model.with_suffix(".json")
    if not path.is_file():
        raise ModelError(
            f"{path} is missing; it describes how images are cropped and what the "
            f"outputs mean. Copy it from the run that wrote {model.name}"
        )
    try:
        content = read_json(path)
        sidecar = TypeAdapter(Sidecar).validate_json(json.dumps(content))
    except ValidationError as error:
        raise ModelError(f"{path}: {_faults(error)}; {_REMEDY}") from None
    except DocumentError as error:
        raise ModelError(f"{path} {error}; {_REMEDY}") from None
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read ({error.strerror}); {_REMEDY}"
        ) from error
    digest = sha256(model)
    if digest != sidecar.sha256:
        raise ModelError(
            f"{path} describes another model than {model.name}, or the file was "
            f"changed: its SHA-256 is {digest[:12]}..., the sidecar has "
            f"{sidecar.sha256[:12]}...; {_REMEDY}"
        )
    return sidecar


def contradicted(model: Path, difference: str) -> ModelError:
    """Makes the error for a model that does not match the sidecar beside it."""
    return ModelError(f"{model.with_suffix('.json')}: {difference}; {_REMEDY}")


_REMEDY = "copy both files again from the run that wrote them"


def _faults(error: ValidationError) -> str:
    faults = [
        f"{'.'.join(map(str, fault['loc'])) or 'sidecar'}: {fault['msg']}"
        for fault in error.errors()
    ]
    return shorten("; ".join(faults))
