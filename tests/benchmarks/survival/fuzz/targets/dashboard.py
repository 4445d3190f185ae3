"""``search.dashboard`` up to the point at which it would serve, and one page of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch
from wsgiref.util import setup_testing_defaults

from search.dashboard import main as dashboard
from search.dashboards import server

PAGES = ("/api/studies", "/dashboard/")


def main(words: Sequence[str]) -> int:
    """Runs the command, with a server that answers two requests and ends."""
    with patch.object(server, "bound_server", _answer_once):
        return dashboard(words)


@contextmanager
def _answer_once(application: object, *_: object) -> Iterator[object]:
    def serve() -> None:
        for page in PAGES:
            environ = {"PATH_INFO": page, "REMOTE_ADDR": "127.0.0.1"}
            setup_testing_defaults(environ)
            list(application(environ, lambda *_: None))

    yield SimpleNamespace(server_port=0, serve_forever=serve)
