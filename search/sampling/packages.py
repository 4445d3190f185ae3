"""Packages that a sampler needs and an installation may lack: asked for, not loaded."""

from importlib.util import find_spec

from data_pipeline.system.errors import StudyError

PACKAGES: dict[str, tuple[str, str]] = {"gp": ("torch", "PyTorch")}
"""Sampler -> the package that it needs, and what people call it."""


def check_sampler(name: str) -> None:
    """Refuses a sampler whose package is not installed.

    Args:
        name: of the sampler.

    Raises:
        StudyError: it is not; says what to install and what to take instead.
    """
    package, called = PACKAGES.get(name, ("sys", ""))
    if find_spec(package) is None:
        raise StudyError(
            f"[search] sampler: {name} needs {called}, which is not installed; "
            f"pip install -e '.[{name}]', or take sampler tpe"
        )
