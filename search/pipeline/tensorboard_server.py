"""Serves the curves of a run with TensorBoard, to this computer only."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from data_pipeline.system.errors import InputError
from data_pipeline.system.keras_import import ignore_user_settings
from search.callbacks.tensorboard_writer import FOLDER
from search.pipeline.past_runs import find_run

NAMES = ("127.0.0.1", "localhost")
"""Host names of this computer."""

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A WSGI application (PEP 3333)."""


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


def check_origin(application: Application) -> Application:
    """Wraps an application so that it refuses pages of other computers.

    Such a page may send its visitors here, by this address or by a name of its own
    that resolves to it (DNS rebinding). Host and Origin show it.
    """

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        hosts = {f"{name}:{environ.get('SERVER_PORT')}" for name in NAMES}
        origin = environ.get("HTTP_ORIGIN")
        is_own = origin is None or origin in {f"http://{host}" for host in hosts}
        if environ.get("HTTP_HOST", "").lower() in hosts and is_own:
            return application(environ, start)
        start("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"this address is for pages of this computer only\n"]

    return answer
