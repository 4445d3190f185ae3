"""The sections of a study file, validated and frozen."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, WrapValidator
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from data_pipeline.config.data_config import DataConfig
from data_pipeline.config.section import STRICT, Seed, one_of
from data_pipeline.config.split_config import SplitConfig
from data_pipeline.own_code.named_code import CODE
from data_pipeline.system.memory import memory_share
from search.costs.limits import Constraints
from search.study.algorithms import HUB, PRUNERS, SAMPLERS, is_pruner, is_sampler

SamplerName = Annotated[str, one_of(SAMPLERS, f"{HUB}NAME", CODE, also=is_sampler)]
PrunerName = Annotated[str, one_of(PRUNERS, CODE, also=is_pruner)]
GIGABYTE = 10**9
Machines = Annotated[int, Field(ge=1, le=1024)]
AUTO = "auto"


def _or_auto(value: Any, check: Any) -> Any:
    """Reads ``"auto"`` as ``None``, and checks any other value."""
    if value == AUTO:
        return None
    try:
        return check(value)
    except ValidationError as error:
        rule = error.errors()[0]["msg"].removeprefix("Input should be ")
        raise PydanticCustomError("auto", '"auto" or {rule}', {"rule": rule}) from None


def _whole_above_one(value: float | None) -> float | None:
    """Refuses a GPU and a half, which Ray cannot give to a trial."""
    if value is not None and value > 1 and not value.is_integer():
        raise PydanticCustomError("whole", "a whole number where it is above 1")
    return value


GpuShare = Annotated[
    float | None,
    Field(ge=0.0, le=1024, allow_inf_nan=False),
    AfterValidator(_whole_above_one),
    WrapValidator(_or_auto),
]
Concurrency = Annotated[int | None, Field(ge=1, le=1024), WrapValidator(_or_auto)]


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Search:
    """Number of trials, sampler, pruner and what is kept.

    No trial starts after ``hours`` of searching, nor once ``stop_after`` trials have
    begun after the best one, nor where the first ``stop_after_failures`` have failed.
    ``enqueue`` holds configurations to try first; ``warm_start`` names an earlier study
    whose best trials come next. ``tensorboard`` writes curves of every trial,
    ``checkpoints`` the models of so many best trials. ``baselines`` adds linear
    baselines to the test. The last ``finetune_best`` trials fine-tune the best ones
    whose head was trained on features.
    """

    trials: Annotated[int, Field(ge=1, le=1_000_000)]
    hours: Annotated[float, Field(gt=0.0, le=87600, allow_inf_nan=False)] | None = None
    stop_after: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    stop_after_failures: Annotated[int, Field(ge=1, le=1_000_000)] = 5
    seed: Seed = 1
    sampler: SamplerName = "bohb"
    pruner: PrunerName = "successive_halving"
    tensorboard: bool = True
    baselines: bool = True
    checkpoints: Annotated[int, Field(ge=0)] = 0
    finetune_best: Annotated[int, Field(ge=0, le=1000)] = 0
    warm_start: Annotated[str, Field(min_length=1)] | None = None
    enqueue: Annotated[tuple[dict[str, Any], ...], Field(strict=False)] = ()


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Final:
    """Which trial is retrained, with how many seeds, and which model is tested.

    The trial is the best one, or the smallest or the fastest of those that the best one
    is not significantly better than. Of several seeds the model is their ``ensemble``,
    or the one with the ``median`` training loss. ``calibrate`` corrects the
    probabilities.
    """

    choose: Literal["best", "smallest_tied", "fastest_tied"] = "best"
    seeds: Annotated[int, Field(ge=1, le=100)] = 1
    model: Literal["ensemble", "median"] = "ensemble"
    calibrate: bool = True


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Resources:
    """What one trial uses; a fraction of a GPU shares it.

    ``None`` stands for ``"auto"``: trials share GPUs by memory, and are as many as
    fit; without a GPU, two run at once on CPUs. A worker drops compiled graphs before
    it holds more than ``memory_per_worker`` gigabytes, and is replaced after a trial
    if it does; by default its share of this machine's memory. A run removes arrays of
    the cache that are unused longest while it holds more than ``cache_size`` gigabytes.
    """

    cpus_per_trial: Machines = 1
    gpus_per_trial: GpuShare = None
    max_concurrent: Concurrency = None
    memory_per_worker: (
        Annotated[float, Field(ge=0.1, le=65536, allow_inf_nan=False)] | None
    ) = None
    cache_size: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] = 100.0

    def worker_memory(self, concurrent: int) -> int:
        """Returns the bytes that each of so many workers may hold."""
        if self.memory_per_worker is None:
            return memory_share(concurrent)
        return int(self.memory_per_worker * GIGABYTE)

    def cache_bytes(self) -> int:
        """Returns the bytes that the cache of all runs may hold."""
        return int(self.cache_size * GIGABYTE)


SECTIONS: dict[str, type] = {
    "data": DataConfig,
    "split": SplitConfig,
    "constraints": Constraints,
    "search": Search,
    "final": Final,
    "resources": Resources,
}
