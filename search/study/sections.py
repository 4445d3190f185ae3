"""The sections of a study file, as checked and frozen values."""

from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from data_pipeline.dataset.config import STRICT, DataConfig, Seed, SplitConfig

Machines = Annotated[int, Field(ge=1, le=1024)]


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Search:
    """How many trials, and who proposes and stops them.

    ``enqueue`` holds known configurations, which are tried first; ``warm_start`` names
    an earlier study, whose best trials come next. ``tensorboard`` writes curves of
    every trial, ``checkpoints`` the models of so many best trials.
    """

    trials: Annotated[int, Field(ge=1, le=1_000_000)]
    seed: Seed = 1
    sampler: Literal["tpe", "random", "gp", "cmaes", "qmc", "grid"] = "tpe"
    pruner: Literal[
        "hyperband", "successive_halving", "median", "patient", "wilcoxon", "none"
    ] = "successive_halving"
    tensorboard: bool = True
    checkpoints: Annotated[int, Field(ge=0)] = 0
    warm_start: Annotated[str, Field(min_length=1)] | None = None
    enqueue: Annotated[tuple[dict[str, Any], ...], Field(strict=False)] = ()


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Resources:
    """What one trial takes; a fraction of a GPU shares it."""

    cpus_per_trial: Machines = 1
    gpus_per_trial: Annotated[float, Field(ge=0.0, le=1024, allow_inf_nan=False)] = 0.0
    max_concurrent: Machines = 2


LATER: dict[str, object] = {
    "data.neutral": "none",
    "data.frames": None,
    "data.labels": None,
    "data.crop": "none",
    "data.subjects": {},
    "split.validation": None,
    "split.duplicates": "keep",
}
"""Keys younger than the first runs -> their defaults, which change nothing of a run."""

RENAMED: dict[str, str] = {"data.labels": "data.label_rule"}
"""Keys whose name in a run's identity is taken: there ``data.labels`` is a digest."""

SECTIONS: dict[str, type] = {
    "data": DataConfig,
    "split": SplitConfig,
    "search": Search,
    "resources": Resources,
}
