"""The server of a dashboard: for this computer alone, and it changes notes only."""

import socket
import sys
from contextlib import closing
from wsgiref.util import setup_testing_defaults

import pytest

from data_pipeline.system.errors import InputError
from search import dashboard
from search.dashboards.server import bound_server, only_notes
from search.dashboards.server import dashboard as application
from tests.factories.ledger import begin
from tests.factories.runs import run_main


def hello(_environ, start):
    """Answers everybody."""
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def status(app, method, path, host="127.0.0.1:80"):
    """Sends a request to an application; returns the status."""
    found = []
    environ = {"PATH_INFO": path, "REQUEST_METHOD": method}
    setup_testing_defaults(environ)
    environ["HTTP_HOST"] = host
    b"".join(app(environ, lambda line, *_: found.append(line)))
    return int(found[0].split()[0])


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/studies", 200),
        ("HEAD", "/dashboard", 200),
        ("PUT", "/api/studies/1/note", 200),
        ("PUT", "/api/studies/1/4/note", 200),
        ("DELETE", "/api/studies/1", 403),
        ("POST", "/api/studies", 403),
        ("POST", "/api/studies/1/rename", 403),
        ("POST", "/api/trials/1/tell", 403),
        ("POST", "/api/trials/1/user-attrs", 403),
        ("POST", "/api/studies/1/note", 403),
        ("PUT", "/api/studies/1/preference_feedback_component", 403),
    ],
)
def test_notes_only(method, path, expected):
    """Studies and trials are read, never ended, renamed or deleted."""
    assert status(only_notes(hello), method, path) == expected


def test_the_dashboard_itself(tmp_path):
    """It lists the run to pages of this computer, and refuses others."""
    begin(tmp_path)
    app = application(f"sqlite:///{tmp_path / 'optuna.db'}", tmp_path / "artifacts")
    assert status(app, "GET", "/api/studies/1") == 200
    assert status(app, "DELETE", "/api/studies/1") == 403
    assert status(app, "GET", "/api/studies/1", host="evil.example") == 403


def test_without_the_extra(tmp_path, monkeypatch):
    """The message has the command that installs it."""
    monkeypatch.setitem(sys.modules, "optuna_dashboard", None)
    with pytest.raises(InputError, match=r"pip install -e '\.\[dashboard\]'"):
        application(f"sqlite:///{tmp_path / 'optuna.db'}", tmp_path)


def test_a_port_that_is_taken():
    """The message names the port and the way out."""
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=f"--port {port}: cannot be used"):
            bound_server(hello, "127.0.0.1", port)


def test_a_run_that_is_not_there(tmp_path):
    """A wrong name is wrong input."""
    answer = run_main(dashboard.main, "--study", "nowhere", "--out", str(tmp_path))
    assert answer.code == 2
    assert "there is no run of it" in answer.err
