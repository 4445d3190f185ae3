"""NVIDIA GPUs of this machine; ``nvidia-smi`` is asked here alone."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from shutil import which

COMMAND = "nvidia-smi"
QUERY = (
    "--query-gpu=index,uuid,memory.total,compute_cap,name",
    "--format=csv,noheader,nounits",
)
PATIENCE = 60
"""Seconds until a driver that does not answer counts as broken."""

MEBIBYTE = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """A GPU: its memory in bytes, its compute capability, such as (8, 0), its name."""

    memory: int
    capability: tuple[int, int]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundGpus:
    """The GPUs that a process may use; ``problem`` is why the driver gave no list."""

    gpus: tuple[Gpu, ...] = ()
    problem: str = ""


def find_gpus(variables: Mapping[str, str]) -> FoundGpus:
    """Lists the GPUs of this machine that ``CUDA_VISIBLE_DEVICES`` leaves.

    A machine without NVIDIA's driver has none. The parts of a divided GPU (MIG) are
    not found.

    Args:
        variables: the environment of the process that would use them.

    Returns:
        The GPUs, in the order of that variable if it is set.
    """
    command = which(COMMAND)
    if command is None:
        return FoundGpus()
    try:
        done = subprocess.run(  # noqa: S603 - the driver's own command
            [command, *QUERY],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode:
            return FoundGpus(problem=_first_line(done.stdout + done.stderr))
        named = dict(map(_read_row, done.stdout.strip().splitlines()))
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return FoundGpus(problem=_first_line(str(error)))
    visible = variables.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return FoundGpus(gpus=tuple(named.values()))
    return FoundGpus(gpus=tuple(_chosen(named, visible.split(","))))


def _read_row(row: str) -> tuple[tuple[str, str], Gpu]:
    """Reads ``0, GPU-5a2c, 81559, 9.0, NVIDIA H100``; else raises ``ValueError``."""
    index, uuid, memory, capability, name = map(str.strip, row.split(",", 4))
    major, minor = map(int, capability.split("."))
    gpu = Gpu(memory=int(memory) * MEBIBYTE, capability=(major, minor), name=name)
    return (index, uuid), gpu


def _chosen(
    named: Mapping[tuple[str, str], Gpu], visible: Sequence[str]
) -> Iterator[Gpu]:
    """Yields the GPUs of a list of numbers or ids; CUDA reads it to the first error."""
    for name in map(str.strip, visible):
        found = [
            gpu
            for (index, uuid), gpu in named.items()
            if name == index or (name.startswith("GPU-") and uuid.startswith(name))
        ]
        if len(found) != 1:
            return
        yield found[0]


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "it gave no answer")
