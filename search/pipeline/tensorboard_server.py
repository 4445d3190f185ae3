"""Serves the curves of a run with TensorBoard, to this computer alone."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from data_pipeline.system.errors import InputError
from data_pipeline.system.keras_import import ignore_user_settings
from search.callbacks.tensorboard_writer import FOLDER
from search.pipeline.past_runs import find_run

NAMES = ("127.0.0.1", "localhost")
"""How pages of this computer call it."""

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
"""What WSGI calls one (PEP 3333)."""


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
    return 0 if tensorboard(curves_of(out, name), host, port).main() == 0 else 1


def tensorboard(folder: Path, host: str, port: int) -> Any:
    """Makes TensorBoard ready to serve a folder.

    Args:
        folder: of curves.
        host: the address to listen at.
        port: the port, or 0 for a free one.

    Returns:
        Its program, which answers pages of this computer alone.
    """
    # It imports TensorFlow, which imports Keras.
    ignore_user_settings()
    from tensorboard import default, program  # noqa: PLC0415 - takes seconds

    class Program(program.TensorBoard):  # type: ignore[misc]
        """TensorBoard, whose end is the command's business."""

        def _install_signal_handler(self, *_: Any) -> None:
            """Leaves a polite kill to the command."""

    def server(application: Application, flags: Any) -> Any:
        listening = program.create_port_scanning_werkzeug_server
        return listening(guarded(application), flags)

    made = Program(default.get_plugins(), server_class=server)
    # Without its second server, which is written in Rust and has no guard.
    words = ["--logdir", str(folder), "--host", host, "--port", str(port)]
    made.configure(argv=[None, *words, "--load_fast", "false"])
    return made


def guarded(application: Application) -> Application:
    """Stands before every answer of a server.

    A page elsewhere may send its visitors here, by this address or by a name of its
    own that leads here (DNS rebinding): Host and Origin give it away.

    Args:
        application: what answers pages of this computer.

    Returns:
        An application that refuses all others.
    """

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        hosts = {f"{name}:{environ.get('SERVER_PORT')}" for name in NAMES}
        origin = environ.get("HTTP_ORIGIN")
        is_own = origin is None or origin in {f"http://{host}" for host in hosts}
        if environ.get("HTTP_HOST", "").lower() in hosts and is_own:
            return application(environ, start)
        start("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
        return [b"this address is for pages of this computer alone\n"]

    return answer
