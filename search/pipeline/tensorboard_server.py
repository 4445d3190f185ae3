"""Serves the curves of a run with TensorBoard, to this computer only."""

from pathlib import Path
from typing import Any

from data_pipeline.system.errors import InputError
from data_pipeline.system.keras_import import ignore_user_settings
from search.callbacks.tensorboard_writer import FOLDER
from search.dashboards.loopback import Application, check_origin
from search.pipeline.past_runs import find_run


def curves_folder(out: Path, name: str) -> Path:
    """Finds the curves of a run in ``out`` by its name or its study's."""
    folder = find_run(out, name).file(FOLDER)
    if not folder.is_dir():
        raise InputError(
            f"--study {name}: there are no curves in {folder}: no trial has reported "
            "an epoch yet, or the study has [search] tensorboard = false"
        )
    return folder


def serve_curves(out: Path, name: str, host: str, port: int) -> int:
    """Serves a run's curves until it is interrupted; returns the exit code.

    Port 0 is a free one.
    """
    return 0 if tensorboard(curves_folder(out, name), host, port).main() == 0 else 1


def tensorboard(folder: Path, host: str, port: int) -> Any:
    """Configures TensorBoard to serve ``folder`` to pages of this computer only."""
    # It imports TensorFlow, which imports Keras.
    ignore_user_settings()
    from tensorboard import default, program  # noqa: PLC0415 - takes seconds

    class Program(program.TensorBoard):  # type: ignore[misc]
        """TensorBoard without its own signal handler."""

        def _install_signal_handler(self, *_: Any) -> None:
            """Leaves SIGTERM to the command."""

    def server(application: Application, flags: Any) -> Any:
        listening = program.create_port_scanning_werkzeug_server
        return listening(check_origin(application), flags)

    made = Program(default.get_plugins(), server_class=server)
    # Without its second server, which is written in Rust and has no origin check.
    words = ["--logdir", str(folder), "--host", host, "--port", str(port)]
    made.configure(argv=[None, *words, "--load_fast", "false"])
    return made
