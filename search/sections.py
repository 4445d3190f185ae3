"""The sections of a study file, as checked and frozen values."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", strict=True)
Positive = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Data:
    """Which data, which targets, at what size (pixels per side).

    ``neutral`` and ``frames`` choose among the frames of a CK+ sequence.
    """

    dataset: Literal["ckplus", "drawn"]
    targets: Annotated[
        tuple[Literal["emotion", "action_units"], ...],
        Field(strict=False, min_length=1),
    ]
    emotions: Literal["high_level", "basic", "basic_neutral"] = "high_level"
    image_size: Annotated[int, Field(ge=16, le=1024)]
    unreadable: Literal["error", "quarantine"] = "error"
    neutral: Literal["none", "first"] = "none"
    frames: Positive | None = None


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Split:
    """How the data are parted; ``hold_out`` is a share of the images."""

    by: Literal["subject", "partition"] = "subject"
    folds: Annotated[int, Field(ge=1, le=100)] = 5
    hold_out: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.2
    hold_out_seed: Seed = 1


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Search:
    """How many trials, and who proposes and stops them."""

    trials: Positive
    seed: Seed = 1
    sampler: Literal["tpe", "random", "gp", "cmaes", "qmc", "grid"] = "tpe"
    pruner: Literal[
        "hyperband", "successive_halving", "median", "patient", "wilcoxon", "none"
    ] = "successive_halving"


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Resources:
    """What one trial takes; a fraction of a GPU shares it."""

    cpus_per_trial: Positive = 1
    gpus_per_trial: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = 0.0
    max_concurrent: Positive = 2


LATER: dict[str, object] = {"data.neutral": "none", "data.frames": None}
"""Keys younger than the first runs -> their defaults, which change nothing of a run."""

SECTIONS: dict[str, type] = {
    "data": Data,
    "split": Split,
    "search": Search,
    "resources": Resources,
}
