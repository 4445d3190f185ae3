"""TensorBoard's border: only pages of this computer are answered."""

import http.client
import threading
from contextlib import closing, contextmanager
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from search.dashboards.loopback import check_origin
from search.pipeline.tensorboard_server import tensorboard

HERE = "127.0.0.1"


class Quiet(WSGIRequestHandler):
    """Writes no log."""

    def log_message(self, *_):
        """Keeps still."""


@contextmanager
def serving(server):
    """Serves in a thread."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def status_of(port, path="/", **headers):
    """Sends one GET with these headers; returns the status."""
    with closing(http.client.HTTPConnection(HERE, port, timeout=30)) as connection:
        connection.putrequest("GET", path, skip_host=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status


def hello(_environ, start):
    """Answers everybody."""
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def check(port, path="/"):
    """Sends what pages of this computer send, and what others do."""
    for name in (HERE, "localhost", "LocalHost"):
        host = f"{name}:{port}"
        assert status_of(port, path, Host=host) == 200
        assert status_of(port, path, Host=host, Origin=f"http://{host.lower()}") == 200
    own = f"{HERE}:{port}"
    for headers in (
        {},
        {"Host": "evil.example"},
        {"Host": f"evil.example:{port}"},
        {"Host": HERE},
        {"Host": f"{HERE}:{port + 1}"},
        {"Host": f"{HERE}.evil.example:{port}"},
        {"Host": own, "Origin": "http://evil.example"},
        {"Host": own, "Origin": f"http://evil.example:{port}"},
        {"Host": own, "Origin": f"https://{own}"},
        {"Host": own, "Origin": "null"},
    ):
        assert status_of(port, path, **headers) == 403, headers


def test_pages_of_this_computer_alone():
    """Another name of the host, its lack, or a page elsewhere is refused."""
    server = make_server(HERE, 0, check_origin(hello), handler_class=Quiet)
    with serving(server) as port:
        check(port)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_is_guarded(tmp_path):
    """TensorBoard itself answers its own page, and refuses all others."""
    (tmp_path / "curves").mkdir()
    made = tensorboard(tmp_path / "curves", HERE, 0)
    assert made.flags.load_fast == "false"
    with serving(made._make_server()) as port:  # noqa: SLF001 - what main() makes
        check(port, "/data/environment")
        assert status_of(port, "http://evil.example/", Host=f"{HERE}:{port}") == 403
