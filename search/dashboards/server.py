"""Serves a run with optuna-dashboard, to this computer only."""

import socket
from collections.abc import Callable, Iterable
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from optuna.artifacts import FileSystemArtifactStore
from optuna.storages import BaseStorage, RDBStorage

from data_pipeline.system.errors import InputError
from data_pipeline.system.terminal import print_line
from search.dashboards.loopback import Application, check_origin, refuse
from search.dashboards.trial_pictures import FOLDER
from search.ledger.reader import number_of_study
from search.run_folder import RunFolder
from search.storage.servers.connections import engine_options
from search.storage.url import chosen_storage, normalized_url

READ = ("GET", "HEAD")
NOTES = "/note"


def serve_trials(run: RunFolder, storage: str | None, host: str, port: int) -> None:
    """Serves the trials of a run until it is interrupted, and prints the address.

    ``storage`` is as given to ``search.run``; port 0 is a free one.
    """
    url = chosen_storage(storage) or run.storage
    number = number_of_study(url=url, name=run.name)
    application = dashboard(normalized_url(url), run.of_storage(FOLDER, url))
    with bound_server(application, host, port) as server:
        address = f"http://{host}:{server.server_port}/dashboard/studies/{number}"
        print_line(f"trials of {run.name}: {address} (stop with Ctrl-C)")
        server.serve_forever()


def dashboard(url: str, artifacts: Path) -> Application:
    """Makes the application for a storage and a folder of artifacts.

    A page of it may read everything and write notes. It has buttons that delete a
    study or end a trial, which would break a run.
    """
    try:
        import optuna_dashboard  # noqa: PLC0415 - an extra, and it takes seconds
    except ImportError:
        raise InputError(
            "optuna-dashboard is not installed; pip install -e '.[dashboard]'"
        ) from None
    store = FileSystemArtifactStore(artifacts)
    made = optuna_dashboard.wsgi(readable(url), artifact_store=store)
    return check_origin(only_notes(made))


def readable(url: str) -> BaseStorage | str:
    """Opens a database without creating tables; a journal is opened by its path."""
    if "://" not in url:
        return url
    return RDBStorage(url, engine_kwargs=engine_options(url), skip_table_creation=True)


def only_notes(application: Application) -> Application:
    """Wraps a dashboard so that it changes notes alone."""

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        is_note = environ.get("PATH_INFO", "").rstrip("/").endswith(NOTES)
        method = environ.get("REQUEST_METHOD")
        if method in READ or (method == "PUT" and is_note):
            return application(environ, start)
        return refuse(start, "this dashboard changes notes only; the run has the rest")

    return answer


class _Server(ThreadingMixIn, WSGIServer):
    """Answers each request in a thread, of which none delays the end."""

    daemon_threads = True


class _Handler(WSGIRequestHandler):
    """Logs no requests."""

    def log_message(self, *_: Any) -> None:
        """Writes nothing."""

    def address_string(self) -> str:
        """Returns the address without asking for its name, which may take seconds."""
        return str(self.client_address[0])


def bound_server(application: Application, host: str, port: int) -> WSGIServer:
    """Listens at a port, or a free one for 0; raises ``InputError`` if it is taken."""
    try:
        return make_server(
            host, port, application, server_class=_Server, handler_class=_Handler
        )
    except OSError as error:
        if isinstance(error, socket.gaierror):
            raise
        raise InputError(
            f"--port {port}: cannot be used ({error.strerror}); name another, or 0 for "
            "a free one"
        ) from error
