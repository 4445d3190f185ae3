"""Pages that are served: the live page and optuna-dashboard, each without training."""

import asyncio
import socket
import threading
from contextlib import contextmanager

from aiohttp import web

from models.inference.sidecar import Input, Origin, Sidecar
from models.live.page_info import page_info
from models.live.security import HERE
from models.live.server import Live, application
from search.dashboards.server import bound_server, dashboard
from search.dashboards.trial_pictures import FOLDER
from search.ledger.ledger import open_ledger
from search.reports.study_note import code
from search.study.study import read_study
from search.trial.messages import Failed
from tests.factories.made_run import made_run

UNITS = ("AU1", "AU12")


@contextmanager
def live_page(folder, names):
    """Serves the live page of a model with every head; yields its address."""
    card = Sidecar(
        study=names.study,
        synthetic=True,
        input=Input(size=8, channels=1, crop="none"),
        emotions=(names.emotion, "positive", "surprise"),
        action_units=UNITS,
        intensities=UNITS,
        dimensions=("valence", "arousal"),
        thresholds=dict.fromkeys(UNITS, 0.4),
        data=Origin(dataset=names.file),
        sha256="",
        versions={},
    )
    record = folder / names.file.replace("/", "")
    shown = page_info(card, source=None, record=record, note=names.reason, detects=True)
    live = Live(pipeline=None, source=None, record=None, page_info=shown)
    with socket.create_server((HERE, 0)) as listener:
        port = listener.getsockname()[1]
    runner = web.AppRunner(application(live, port), access_log=None)
    with _thread() as wait:
        wait(_begin(runner, port))
        yield f"http://{HERE}:{port}/"
        wait(runner.cleanup())


async def _begin(runner, port):
    await runner.setup()
    await web.TCPSite(runner, HERE, port).start()


@contextmanager
def _thread():
    """Runs an event loop in a thread; yields what waits there for work."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def noted_run(folder, names):
    """Makes the trials of a run, of which one failed, and its note."""
    run = made_run(folder, tested=False, trials=8)
    study = read_study(str(run.file("study.toml")))
    data = {"data.labels": "abc"}
    ledger = open_ledger(study, url=run.storage, name=run.name, data=data)
    ledger.tell(ledger.ask().number, Failed(reason=names.reason))
    ledger.save_note(f"## {code(names.study)}\n\nTrial 0 ({code(names.known)}): 0.5")
    ledger.close()
    return run


@contextmanager
def dashboard_page(run):
    """Serves the trials of a run; yields the address of its study."""
    artifacts = run.path / FOLDER
    artifacts.mkdir()
    with bound_server(dashboard(run.storage, artifacts), HERE, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HERE}:{server.server_port}/dashboard/studies/1"
        server.shutdown()
