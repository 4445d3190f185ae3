"""The sections of a study file, validated and frozen."""

from typing import Annotated, Any

from pydantic import Field
from pydantic.dataclasses import dataclass

from data_pipeline.dataset.config import STRICT, DataConfig, Seed, SplitConfig, one_of
from data_pipeline.system.memory import memory_share
from search.study.algorithms import HUB, PRUNERS, SAMPLERS, is_hub_name

SamplerName = Annotated[str, one_of(SAMPLERS, f"{HUB}NAME", also=is_hub_name)]
GIGABYTE = 10**9
Machines = Annotated[int, Field(ge=1, le=1024)]


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Search:
    """Number of trials, sampler, pruner and what is kept.

    ``enqueue`` holds configurations to try first; ``warm_start`` names an earlier study
    whose best trials come next. ``tensorboard`` writes curves of every trial,
    ``checkpoints`` the models of so many best trials.
    """

    trials: Annotated[int, Field(ge=1, le=1_000_000)]
    seed: Seed = 1
    sampler: SamplerName = "bohb"
    pruner: Annotated[str, one_of(PRUNERS)] = "successive_halving"
    tensorboard: bool = True
    checkpoints: Annotated[int, Field(ge=0)] = 0
    warm_start: Annotated[str, Field(min_length=1)] | None = None
    enqueue: Annotated[tuple[dict[str, Any], ...], Field(strict=False)] = ()


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Resources:
    """What one trial uses; a fraction of a GPU shares it.

    A worker drops compiled graphs before it holds more than ``memory_per_worker``
    gigabytes, and is replaced after a trial if it does; by default the share of this
    machine's memory that falls to each of ``max_concurrent``.
    """

    cpus_per_trial: Machines = 1
    gpus_per_trial: Annotated[float, Field(ge=0.0, le=1024, allow_inf_nan=False)] = 0.0
    max_concurrent: Machines = 2
    memory_per_worker: (
        Annotated[float, Field(ge=0.1, le=65536, allow_inf_nan=False)] | None
    ) = None

    def worker_memory(self) -> int:
        """Returns the bytes that one worker may hold."""
        if self.memory_per_worker is None:
            return memory_share(self.max_concurrent)
        return int(self.memory_per_worker * GIGABYTE)


SECTIONS: dict[str, type] = {
    "data": DataConfig,
    "split": SplitConfig,
    "search": Search,
    "resources": Resources,
}
