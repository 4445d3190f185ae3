"""A ledger on a database server: one driver, restarts, no password in messages."""

import json
import os
import signal
import threading
import time
from contextlib import closing, nullcontext
from wsgiref.util import setup_testing_defaults

import optuna_dashboard
import pytest
from optuna.artifacts import FileSystemArtifactStore

from data_pipeline.system.cli import run_command
from data_pipeline.system.errors import InputError, RunError
from search.dashboards.server import readable
from search.ledger.callback import Callback
from search.storage.driver_lock import only_driver_of_storage
from search.storage.open_storage import open_storage
from search.storage.url import masked
from tests.factories.ledger import begin, complete, finish, inside, report
from tests.factories.processes.holder import holder
from tests.factories.servers.driver import let_go
from tests.factories.servers.postgres import QUOTED


def test_a_search(url, opened):
    """A whole search, and its reopening, work with the driver of the extra."""
    assert url.startswith(("postgresql+psycopg://", "mysql+pymysql://"))
    ledger = opened()
    assert finish(ledger) == [0, 1, 2, 3]
    ledger.close()
    assert opened().exhausted()


def test_a_dashboard(url, tmp_path):
    """Note and picture of a run on a server reach a dashboard."""
    name = "a1b2"
    (tmp_path / name).write_bytes(b"picture")
    about = {"artifact_id": name, "filename": "trial-0000.png", "mimetype": "image/png"}

    class Picture(Callback):
        """Names a file of each trial."""

        def attachments(self, *_):
            """Names it."""
            return {f"artifacts:{name}": json.dumps(about)}

    ledger = begin(tmp_path, url=url, callbacks=[Picture()])
    ledger.save_note("who was held out")
    ledger.tell(ledger.ask().number, complete(0.5))
    let_go(ledger)
    storage = readable(url)
    store = FileSystemArtifactStore(tmp_path)
    app = optuna_dashboard.wsgi(storage, artifact_store=store)
    found = json.loads(asked(app, "/api/studies/1"))
    assert found["note"]["body"].startswith("who was held out")
    (trial,) = found["trials"]
    assert [one["filename"] for one in trial["artifacts"]] == ["trial-0000.png"]
    assert asked(app, f"/artifacts/1/{trial['trial_id']}/{name}") == b"picture"
    storage.engine.dispose()


def asked(app, path):
    """Sends one GET to a WSGI application; returns the answer."""
    environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET", "QUERY_STRING": ""}
    setup_testing_defaults(environ)
    answer = app(environ, lambda *_: None)
    with closing(answer) if hasattr(answer, "close") else nullcontext():
        return b"".join(answer)


def test_the_second_driver(url):
    """A second driver of a study is refused, without a password; of another, not."""
    with (
        only_driver_of_storage(url, "small", lease=2.0),
        pytest.raises(RunError) as refused,
        only_driver_of_storage(url, "small", lease=2.0),
    ):
        pass
    assert f"process {os.getpid()} on " in str(refused.value)
    assert QUOTED not in str(refused.value)
    with (
        only_driver_of_storage(url, "small", lease=2.0) as one,
        only_driver_of_storage(url, "other") as two,
    ):
        one.check()
        two.check()


def test_a_killed_driver(url):
    """After a kill -9 the same machine's next driver takes over at once."""
    code = (
        "import sys; from search.storage.driver_lock import only_driver_of_storage\n"
        f"with only_driver_of_storage({url!r}, 'small'):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    with holder(code) as first:
        os.kill(first.pid, signal.SIGKILL)
    start = time.monotonic()
    with only_driver_of_storage(url, "small"):
        assert time.monotonic() - start < 5


def test_a_restart(server, url, opened):
    """A server that is restarted in the middle costs a search no trial and no lease."""
    with only_driver_of_storage(url, "small") as held:
        ledger = opened(checks=(held.check,))
        request = ledger.ask()
        for again in (
            lambda: None,
            lambda: ledger.report(request.number, report(1, 0.5)),
        ):
            server.stop()
            timer = threading.Timer(1.0, server.start)
            timer.start()
            again()
            timer.join()
        ledger.tell(request.number, complete(0.5))
        assert finish(ledger) == [1, 2, 3]
        ledger.close()
        held.check()
    assert [t.value for t in inside(ledger).trials] == [0.5] * 4


def test_stopped_for_good(server, url, opened, capsys):
    """A server that stays away ends a search: one message, exit code 1, no password."""
    ledger = opened(seconds=1.0)
    request = ledger.ask()
    server.stop()

    def work():
        try:
            ledger.tell(request.number, complete(0.5))
        finally:
            ledger.close()

    assert run_command(work) == 1
    message = capsys.readouterr().err
    assert message.startswith(
        f"error: {masked(url)}: the server of the database does not"
    )
    assert message.count("\n") == 1
    assert "start it" in message
    with pytest.raises(InputError, match="cannot be opened: the server") as refused:
        open_storage(url)
    server.start()
    assert QUOTED not in message + str(refused.value)
    assert finish(opened()) == [1, 2, 3, 4]
