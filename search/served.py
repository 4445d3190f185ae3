"""Serves the curves of a run with TensorBoard."""

from pathlib import Path

from data_pipeline.errors import InputError
from search.curve_files import FOLDER
from search.finished import find_run


def curves_of(out: Path, name: str) -> Path:
    """Finds the folder of a run's curves.

    Args:
        out: the folder of all runs.
        name: of the study or the run.

    Raises:
        InputError: there is no such run, or it has no curves.
    """
    folder = find_run(out, name).file(FOLDER)
    if not folder.is_dir():
        raise InputError(
            f"--study {name}: there are no curves in {folder}: no trial has reported "
            "an epoch yet, or the study says [search] tensorboard = false"
        )
    return folder


def serve_curves(out: Path, name: str, host: str, port: int) -> int:
    """Serves a run's curves until it is interrupted.

    Args:
        out: the folder of all runs.
        name: of the study or the run.
        host: the address to listen at.
        port: the port, or 0 for a free one.

    Returns:
        The exit code.

    Raises:
        InputError: there is no such run, or it has no curves.
    """
    folder = curves_of(out, name)
    from tensorboard import default, program  # noqa: PLC0415 - takes seconds

    served = program.TensorBoard(default.get_plugins())
    served.configure(
        argv=[None, "--logdir", str(folder), "--host", host, "--port", str(port)]
    )
    return 0 if served.main() == 0 else 1
