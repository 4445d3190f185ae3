"""optuna-dashboard in a browser: a real run, as a person sees it."""

import threading

import pytest

from search.dashboards.server import bound_server, dashboard
from tests.factories.processes.browser import browser
from tests.factories.runs import STUDY, searched, write_study

pytestmark = pytest.mark.slow

WIDTHS = (390, 1440)
NAME = "0.5 x emotion.macro_f1 + 0.5 x action_units.mean_auc"


@pytest.fixture(scope="module")
def served(tmp_path_factory, coursework):
    """The address of a small run's study, and the folder of the run."""
    place = tmp_path_factory.mktemp("place")
    study = write_study(place, text=STUDY.replace("trials = 2", "trials = 1"))
    answer = searched(study, coursework, place / "runs", "--until", "search")
    assert (answer.code, answer.err) == (0, "")
    folder = place / "runs/tiny-synthetic"
    app = dashboard(f"sqlite:///{folder / 'optuna.db'}", folder / "artifacts")
    with bound_server(app, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/dashboard/studies/1", folder
        server.shutdown()


def test_what_a_person_sees(served, tmp_path):
    """The metric's name, the note and the picture are there, and nothing internal."""
    address, folder = served
    (picture,) = (folder / "artifacts").iterdir()
    with browser(tmp_path) as page:
        page.open(f"{address}/trials?numbers=0")
        page.wait("document.body.innerText.includes('emotion.macro_f1')")
        image = f"document.querySelector(\"img[src*='{picture.name}']\")"
        page.wait(f"{image} && {image}.naturalWidth > 500")
        text = page.run("document.body.innerText")
        page.open(f"{address}/note")
        page.wait("document.body.innerText.includes('no subject is in two parts')")
        text += page.run("document.body.innerText")
        for width in WIDTHS:
            page.resize(width)
            page.wait(f"document.scrollingElement.scrollWidth <= {width}", patience=10)
        page.open(address)
        page.wait(f"document.body.innerText.includes({NAME!r})")
        text += page.run("document.body.innerText")
    assert "python -m search.export --study tiny-synthetic" in text
    assert not [word for word in ("search:", '"space.', "identity") if word in text]
