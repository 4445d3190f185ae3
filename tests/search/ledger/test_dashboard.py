"""What optuna-dashboard shows of a run, requested as by a browser."""

import json
from wsgiref.util import setup_testing_defaults

import optuna_dashboard

from search.ledger.ledger import open_ledger
from search.study.study import read_study
from search.trial.messages import Completed, Failed, Pruned, Report, Spent

OUTCOMES = (
    Completed(
        value=0.5, epoch=1, curve=(0.5,), scores={}, thresholds={}, spent=Spent()
    ),
    Pruned(reason="diverged"),
    Failed(reason="ValueError: no"),
)


def ask(app, path):
    """Sends one GET to a WSGI application; returns the JSON it answers."""
    lines = []
    environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET", "QUERY_STRING": ""}
    setup_testing_defaults(environ)
    body = b"".join(app(environ, lambda status, *_: lines.append(status)))
    assert lines[0].startswith("200"), (lines, body)
    return json.loads(body)


def test_states_are_shown_as_they_were(tmp_path):
    """Completed, pruned and failed trials keep their state, reports and reason."""
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    study = read_study("ckplus", settings=["search.trials=3", "search.pruner=none"])
    ledger = open_ledger(study, url=url, name="shown", data={})
    for outcome in OUTCOMES:
        number = ledger.ask().number
        report = Report(step=1, fold=0, epoch=1, value=0.5, last=False, spent=Spent())
        ledger.report(number, report)
        ledger.tell(number, outcome)

    app = optuna_dashboard.wsgi(url)
    found = ask(app, "/api/studies/1")["trials"]
    assert [trial["state"] for trial in found] == ["Complete", "Pruned", "Fail"]
    assert [len(trial["intermediate_values"]) for trial in found] == [1, 1, 1]
    attributes = [{a["key"]: a["value"] for a in t["user_attrs"]} for t in found]
    assert [a.get("reason") for a in attributes][1:] == [
        "diverged",
        "ValueError: no",
    ]
