"""A whole run whose trials are on a server that crashes, and the same in a file."""

import json
import time
from dataclasses import dataclass

import psutil
import pytest
import sqlalchemy

from search.storage.url import ENVIRONMENT, normalized_url
from tests.factories.runs import (
    Answer,
    contents,
    ended,
    searched,
    started,
    write_study,
)
from tests.factories.servers.postgres import PASSWORD, QUOTED

pytestmark = pytest.mark.slow

PATIENCE = 300.0
COUNT = sqlalchemy.text("SELECT count(*) FROM trials WHERE state = 'COMPLETE'")


@dataclass(frozen=True, kw_only=True)
class Runs:
    """What both runs left, and what was to be seen of the one on the server."""

    answer: Answer
    commands: str
    files: dict
    in_a_file: dict


def wait_for_a_trial(process, url):
    """Waits until a trial of a run has ended."""
    engine, end = sqlalchemy.create_engine(url), time.monotonic() + PATIENCE
    found = 0
    while not found:
        assert process.poll() is None, ended(process)
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)
        try:
            with engine.connect() as connection:
                found = connection.execute(COUNT).scalar_one()
        except sqlalchemy.exc.ProgrammingError:
            continue  # the tables are not there yet
    engine.dispose()


@pytest.fixture(scope="module")
def runs(servers, coursework, tmp_path_factory):
    """The same study on a server that crashes twice, and in SQLite."""
    server = servers("postgresql")
    place = tmp_path_factory.mktemp("server")
    study = write_study(place)
    url = normalized_url(server.url())
    words = ("--study", study, "--data", coursework, "--out", place / "server")
    process = started(
        "search.run", *words, "--executor", "serial", **{ENVIRONMENT: url}
    )
    try:
        wait_for_a_trial(process, url)
        family = [psutil.Process(process.pid)]
        family += family[0].children(recursive=True)
        commands = " ".join(word for one in family for word in one.cmdline())
        server.crash()
        server.crash()
        answer = ended(process, timeout=PATIENCE)
    finally:
        process.kill()
        process.communicate()
    whole = searched(study, coursework, place / "file")
    assert (whole.code, whole.err) == (0, "")
    return Runs(
        answer=answer,
        commands=commands,
        files=contents(place / "server"),
        in_a_file=contents(place / "file"),
    )


def test_it_ends(runs):
    """A run whose server crashes twice ends as any other."""
    assert (runs.answer.code, runs.answer.err) == (0, "")
    assert "trials: 2 completed, 0 pruned, 0 failed" in runs.answer.out


@pytest.mark.parametrize("name", ["best.toml", "holdout.json"])
def test_it_is_the_same(runs, name):
    """Winner and report are those of the same study in a file."""
    kept = f"tiny-synthetic/{name}"
    found, expected = runs.files[kept], runs.in_a_file[kept]
    if name == "holdout.json":
        found, expected = json.loads(found), json.loads(expected)
        assert found["opened"] == 1
    assert found == expected


def test_no_password(runs):
    """The password is in no output, no file and no list of processes."""
    everything = {"out": runs.answer.out, "commands": runs.commands}
    everything |= {name: str(content) for name, content in runs.files.items()}
    shown = [
        name for name, text in everything.items() if PASSWORD in text or QUOTED in text
    ]
    assert shown == []
