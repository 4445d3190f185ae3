"""What trials run on: backend and versions, device, threads, and this project's code.

The same configuration and seed give the same numbers only where these are the same.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import search
from data_pipeline.system.gpus import Gpu, find_gpus
from data_pipeline.system.keras_import import check_backend
from search.inputs.gpu_shares import Devices, Placement
from search.study.study import Study

PACKAGES = ("keras", "numpy", "scikit-learn", "imbalanced-learn")
OF_BACKEND = {"tensorflow": ("tensorflow",), "jax": ("jax", "jaxlib")}

CODE, DEVICE, CPU = "code", "device", "cpu"
"""Keys of a machine: the digest of this project's sources, and what trains."""

COMMIT, CORES, GPUS = "commit", "cores", "gpus"
"""Further keys, which change no number. Only a checkout has a commit."""

ROOT = Path(search.__file__).parents[1]
SOURCES = ("data_pipeline", "models", "search")

DESCRIBE = ("describe", "--always", "--dirty", "--abbrev=12")
PATIENCE = 10
"""What git is asked, and the seconds that it may take."""

Machine = Mapping[str, str]
"""What trials run on, by name."""


def this_machine(
    study: Study, placement: Placement, devices: Devices | None = None
) -> dict[str, str]:
    """Describes what trials of a study run on.

    Args:
        study: whose ``[resources]`` give the threads of a trial.
        placement: whether a trial has GPUs.
        devices: those of a cluster; ``None`` is this machine.

    Returns:
        Names to texts, in a fixed order.
    """
    backend = check_backend()
    gpus = find_gpus(os.environ).gpus if devices is None else devices.gpus
    return {
        "backend": backend,
        **{name: _version(name) for name in (*OF_BACKEND[backend], *PACKAGES)},
        "python": platform.python_version(),
        DEVICE: _gpu(gpus) if placement.gpus else CPU,
        **({GPUS: _gpus(gpus)} if placement.gpus else {}),
        "processor": devices.processors if devices else processor_name(),
        CORES: str(devices.cores if devices else os.cpu_count()),
        "threads": str(study.resources.cpus_per_trial),
        CODE: code_digest(),
        **_commit(),
    }


def describe_origin(machine: Machine) -> str:
    """Writes what decides the numbers of a trial, to be compared."""
    kept = {k: v for k, v in machine.items() if k not in {COMMIT, CORES, GPUS}}
    return json.dumps(kept, sort_keys=True)


def repeats_exactly(recorded: Machine | None, here: Machine) -> bool:
    """Whether a trial must repeat to the bit: on the same CPU with the same versions.

    Another state of this project's code changes the numbers only if it is meant to.
    """
    if recorded is None or here[DEVICE] != CPU:
        return False
    ignored = {CODE, COMMIT, CORES, GPUS, "python"}
    names = (recorded.keys() | here.keys()) - ignored
    return all(recorded.get(name) == here.get(name) for name in names)


def project_versions() -> dict[str, str]:
    """Lists what must be equal on all nodes of a cluster: its names and versions."""
    backend = check_backend()
    packages = ("ray", "optuna", *OF_BACKEND[backend], *PACKAGES)
    return {
        "this project": code_digest(),
        "python": platform.python_version(),
        "backend": backend,
        **{name: _version(name) for name in packages},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _gpu(gpus: Sequence[Gpu]) -> str:
    major, minor = min((gpu.capability for gpu in gpus), default=(0, 0))
    return f"gpu of compute capability {major}.{minor}"


def _gpus(gpus: Sequence[Gpu]) -> str:
    """Counts the GPUs by their names."""
    found = Counter(gpu.name for gpu in gpus)
    return ", ".join(f"{count} x {name}" for name, count in found.items())


def processor_name() -> str:
    """Names the processor: its instructions decide the order of sums."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    return names[0].strip() if names else platform.processor() or platform.machine()


def _commit() -> dict[str, str]:
    """Names the commit that is checked out, with ``-dirty`` after changes.

    Empty where this project is installed without its history, or git does not tell.
    """
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return {}
    # Without locks: git may be at work in the checkout.
    command = [git, "--no-optional-locks", "-C", str(ROOT), *DESCRIBE]
    try:
        done = subprocess.run(  # noqa: S603 - git's own command
            command,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return {} if done.returncode else {COMMIT: done.stdout.strip()}


def code_digest() -> str:
    """Digests this project's sources."""
    digest = hashlib.sha256()
    for path in sorted(
        path for name in SOURCES for path in (ROOT / name).rglob("*.py")
    ):
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
