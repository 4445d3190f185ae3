"""Places the trials of a run on this machine's GPUs, or on its CPUs."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

from data_pipeline.system.errors import InputError
from data_pipeline.system.gpus import Gpu, find_gpus
from data_pipeline.system.keras_import import JAX, check_backend
from data_pipeline.system.workers import process_pool, usable_cores
from models.backend import count_devices
from models.config.hyperparameters import AUTO, PRECISIONS
from search.inputs.gpu_shares import Devices, Placement, estimated_memory, place_trials
from search.ledger.records import TrialRecord
from search.study.sections import Resources
from search.study.study import Study

HEADROOM = 1.2
"""How much more than the largest measured memory a trial gets."""

GIGABYTE = 10**9


def find_placement(
    study: Study,
    records: Iterable[TrialRecord] = (),
    *,
    serial: bool = False,
    devices: Devices | None = None,
    print_line: Callable[[str], None] = lambda _: None,
) -> Placement:
    """Decides how many trials run at once, and on what.

    ``records`` are trials of the run, which have measured their memory; ``serial`` is
    one trial at a time. ``devices`` are a cluster's, ``None`` are this machine's.
    Prints what is found, and nothing without GPUs.
    ``InputError`` is raised where a trial is to have more GPUs than there are.
    """
    resources = study.resources
    if serial:
        resources = replace(resources, max_concurrent=1)
    if devices is None:
        gpus, cores = _usable_gpus(resources, print_line), usable_cores()
    else:
        gpus, cores = devices.gpus, devices.cores
    share = resources.gpus_per_trial or 0.0
    if len(gpus) < share:
        raise InputError(
            f"{study.place}: [resources] gpus_per_trial: {share:g} requested, "
            f"{len(gpus)} found; set it to 0 to train on CPUs"
        )
    measured = measured_memory(records)
    needed = measured or estimated_memory(study)
    placement = place_trials(resources, gpus, needed=needed, cores=cores)
    if devices is not None and not placement.gpus:
        return replace(placement, concurrent=max(1, devices.places))
    if placement.gpus:
        source = "measured" if measured else "estimated"
        print_line(f"{describe_placement(placement, gpus, needed)} ({source})")
    return placement


def describe_precision(study: Study, found: str, kept: str) -> Iterator[str]:
    """Describes in what trials compute, where the study leaves it open and it matters.

    ``found`` is what this machine would choose, ``kept`` what the run began with.
    """
    open_values = study.space.ends("training.precision", AUTO)
    if AUTO not in open_values or found == kept == PRECISIONS[0]:
        return
    why = "" if found == kept else f", as the run began ({found} on this machine)"
    yield f"precision: {kept}{why}"


def measured_memory(records: Iterable[TrialRecord]) -> int:
    """Returns the bytes that a trial needs by the trials of a run; 0: none measured."""
    spent = [record.attributes.get("spent") or {} for record in records]
    return int(
        HEADROOM * max((one.get("device_memory", 0) for one in spent), default=0)
    )


def describe_placement(placement: Placement, gpus: Sequence[Gpu], needed: int) -> str:
    """Describes how trials share GPUs, each of which ``needed`` so many bytes.

    Example:
        >>> gpu = Gpu(memory=80 * GIGABYTE, capability=(8, 0))
        >>> describe_placement(Placement(concurrent=4, gpus=0.25), [gpu], 2 * GIGABYTE)
        'GPUs: 1 of 80 GB; trials at once: 4, with 0.25 of a GPU; a trial needs 2.0 GB'
    """
    least = min(gpu.memory for gpu in gpus) / GIGABYTE
    part = (
        f"{placement.gpus:g} of a GPU"
        if placement.gpus < 1
        else (f"GPUs for each: {placement.gpus:g}")
    )
    return (
        f"GPUs: {len(gpus)} of {least:.0f} GB; trials at once: {placement.concurrent}, "
        f"with {part}; a trial needs {needed / GIGABYTE:.1f} GB"
    )


def _usable_gpus(
    resources: Resources, print_line: Callable[[str], None]
) -> tuple[Gpu, ...]:
    """Lists the GPUs that the backend can use; tells of others that there are."""
    if resources.gpus_per_trial == 0:
        return ()
    found = find_gpus(os.environ)
    if found.problem:
        print_line(f"no GPU is used, because nvidia-smi fails: {found.problem}")
    if not found.gpus:
        return ()
    count = _count_devices()
    if count < len(found.gpus):
        backend = check_backend()
        package = '"jax[cuda12]"' if backend == JAX else '-e ".[gpu]"'
        print_line(
            f"GPUs: {len(found.gpus)} found, of which {backend} can use {count}; "
            f"for NVIDIA GPUs: pip install {package}"
        )
    return found.gpus[:count]


def _count_devices() -> int:
    """Counts in another process what the backend can use: the driver loads no Keras."""
    with process_pool(1) as pool:
        try:
            return pool.submit(count_devices).result()
        except BrokenProcessPool:
            return 0  # it crashed at the GPU
