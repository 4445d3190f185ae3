"""Decides how trials share GPUs by memory; asks no machine."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from data_pipeline.system.gpus import Gpu
from models.backend import CONTEXT_MEMORY
from models.config.hyperparameters import HYPERPARAMETERS, PRECISIONS
from search.study.sections import Resources
from search.study.study import Study

ON_CPUS = 2
"""Trials at once without a GPU, by default."""

MOST_ON_A_GPU = 4
"""Trials at once on a GPU, by default: they compute in turns."""

LEAST_MEMORY = 10**9
BYTES_A_PIXEL = 4000
"""Of a training step: all layers of DenseNet121 return as much for each pixel."""

TENSOR_CORES, BFLOAT16 = (7, 0), (8, 0)
"""Compute capabilities from which GPUs have them."""

STEPS = 10_000
"""Ray counts a GPU in ten-thousandths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """How many trials run at once, and how many GPUs, or what share, each has.

    ``precision`` is the fastest that the GPUs compute in and that suffices.
    """

    concurrent: int = ON_CPUS
    gpus: float = 0.0
    precision: str = PRECISIONS[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """What the nodes of a cluster have together; ``processors`` names them.

    The largest node takes ``places`` trials at once on its CPUs.
    """

    gpus: tuple[Gpu, ...]
    cores: int
    places: int
    processors: str


def place_trials(
    resources: Resources, gpus: Sequence[Gpu], *, needed: int, cores: int
) -> Placement:
    """Gives trials GPUs if there are any.

    Args:
        resources: of the study.
        gpus: of this machine.
        needed: bytes that a trial needs on a GPU.
        cores: that trials may use together.

    Returns:
        At least one trial at once; where fewer GPUs are found than one trial is to
        have, that trial.
    """
    wanted, share = resources.max_concurrent, resources.gpus_per_trial
    if share == 0 or (share is None and not gpus):
        return Placement(concurrent=wanted or ON_CPUS)
    if share is None:
        fitting = _fitting(gpus, needed)
        most = len(gpus) * min(fitting, MOST_ON_A_GPU)
        wanted = wanted or max(1, min(most, cores // resources.cpus_per_trial))
        share = _share(min(fitting, math.ceil(wanted / len(gpus))))
    places = _places(share, len(gpus))
    wanted = wanted or min(places, max(1, cores // resources.cpus_per_trial))
    return Placement(
        concurrent=max(1, min(wanted, places)),
        gpus=share,
        precision=half_precision(gpus),
    )


def half_precision(gpus: Sequence[Gpu]) -> str:
    """Returns the half precision that all GPUs are made for; float32 if there is none.

    Tensor cores came with compute capability 7.0, bfloat16 with 8.0.

    Example:
        >>> half_precision([Gpu(memory=1, capability=(7, 5))])
        'mixed_float16'
    """
    least = min((gpu.capability for gpu in gpus), default=(0, 0))
    if least >= BFLOAT16:
        return "mixed_bfloat16"
    return "mixed_float16" if least >= TENSOR_CORES else PRECISIONS[0]


def _fitting(gpus: Sequence[Gpu], needed: int) -> int:
    """Counts the trials that fit on the smallest GPU, at least one."""
    least = min(gpu.memory for gpu in gpus)
    return max(1, least // (needed + CONTEXT_MEMORY))


def _share(parts: int) -> float:
    return (STEPS // parts) / STEPS


def _places(share: float, count: int) -> int:
    """Counts the trials that ``count`` GPUs take at once."""
    if share > 1:
        return int(count // share)
    return count * (STEPS // max(1, round(share * STEPS)))


def estimated_memory(study: Study) -> int:
    """Estimates the bytes that the largest trial of a study needs on a GPU."""
    default = HYPERPARAMETERS["training.batch_size"].default
    rows = int(study.space.highest("training.batch_size", default))
    return LEAST_MEMORY + rows * study.data.image_size**2 * BYTES_A_PIXEL
