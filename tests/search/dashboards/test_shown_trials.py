"""What optuna-dashboard shows of a run, requested as by a browser."""

import json
import sqlite3
from contextlib import closing
from wsgiref.util import setup_testing_defaults

import optuna_dashboard
import pytest

from data_pipeline.system.errors import StudyError
from search.ledger.ledger import open_ledger
from search.study.study import read_study
from search.trial.messages import Completed, Failed, Pruned, Report, Spent
from tests.factories.ledger import DATA, begin, complete, finish

NAN = float("nan")
OUTCOMES = (
    Completed(
        value=0.5,
        epoch=1,
        curve=(0.5,),
        scores={"emotion.macro_f1": 0.123456, "emotion.kappa": NAN},
        thresholds={"AU1": 0.5},
        spent=Spent(parameters=900, trained=1.5),
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
    assert attributes[0]["emotion.macro_f1"] == "0.1235"
    assert (attributes[0]["parameters"], attributes[0]["seconds_trained"]) == (
        "900",
        "1.5",
    )
    assert "emotion.kappa" not in attributes[0], "it is undefined"
    assert all(a["backbone"] for a in attributes)


def test_nothing_internal_is_shown(tmp_path):
    """Attributes of a dashboard are plain words and numbers; the study has none.

    Each number can be sorted by, and the value has the name of its metric.
    """
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    ledger = begin(tmp_path)
    finish(ledger)
    ledger.settle_machine({"backend": "tensorflow"})
    found = ask(optuna_dashboard.wsgi(url), "/api/studies/1")
    assert found["user_attrs"] == []
    assert found["objective_names"] == ["emotion.macro_f1"]
    for trial in found["trials"]:
        assert not [a for a in trial["user_attrs"] if a["value"][:1] in "[{"]
    sortable = {a["key"] for a in found["union_user_attrs"] if a["sortable"]}
    assert {"emotion.macro_f1", "epochs", "seconds_trained"} <= sortable


def test_a_storage_of_an_older_version(tmp_path):
    """A run whose attributes are all visible goes on, and its trials count."""
    ledger = begin(tmp_path)
    ledger.tell(ledger.ask().number, complete(0.5))
    ledger.settle_machine({"backend": "tensorflow"})
    ledger.close()
    with closing(sqlite3.connect(tmp_path / "optuna.db")) as file, file:
        for kind in ("trial", "study"):
            name = f"{kind}_system_attributes"
            columns = f"{kind}_id, key, value_json"
            file.execute(
                f"INSERT INTO {kind}_user_attributes ({columns}) SELECT {kind}_id, "  # noqa: S608 - our own tables
                f"substr(key, 8), value_json FROM {name} WHERE key LIKE 'search:%'"
            )
            file.execute(f"DELETE FROM {name} WHERE key LIKE 'search:%'")  # noqa: S608
    ledger = begin(tmp_path)
    (record,) = ledger.records()
    assert (record.value, record.attributes["spent"]["epochs"]) == (0.5, 3)
    assert len(finish(ledger)) == 3
    with pytest.raises(StudyError, match=r"data\.labels: was abc, is other"):
        begin(tmp_path, data={**DATA, "data.labels": "other"})
