"""Attributes in a storage that no search wrote are refused with their trial."""

import json
import sqlite3
from contextlib import closing

import pytest

from data_pipeline.system.errors import HarnessError, RunError
from models.calibration.calibration import CalibrationFit
from search.callbacks.trials_csv import trials_csv
from search.final.exported_config import config_text
from search.ledger.identity import changes
from search.ledger.reader import read_identity, read_records
from search.reports.console import describe_gap
from search.trial.generalization_gap import Gap
from search.trial.messages import Completed, Spent
from tests.factories.ledger import begin, complete, finish, prune, report, small
from tests.strategies.damage import WRONG

STUDY, TRIAL = "study_system_attributes", "trial_system_attributes"
SHOWN = "trial_user_attributes"
BROKEN = ("", "\0", "{", "[", '"', "nope", "[" * 100_000, "1" * 5000)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The storage of a small search that is done, one trial pruned."""
    folder = tmp_path_factory.mktemp("run")
    ledger = begin(folder)
    pruned = ledger.ask().number
    ledger.report(pruned, report(1, 0.3))
    ledger.tell(pruned, prune())
    whole = Completed(
        **{name: getattr(complete(0.5), name) for name in Completed.__slots__}
        | {
            "thresholds": {"AU1": 0.5},
            "learning_rates": (0.1, 0.01),
            "gap": Gap(
                trained_value=0.6, baseline_value=0.1, gap=0.1, diagnosis="balanced"
            ),
            "spent": Spent(epochs=3, parameters=9),
            "calibration": CalibrationFit(),
        }
    )
    ledger.tell(ledger.ask().number, whole)
    finish(ledger)
    ledger.close()
    return folder / "optuna.db"


@pytest.fixture
def storage(run, tmp_path):
    """A copy of it, to change."""
    path = tmp_path / "optuna.db"
    with closing(sqlite3.connect(run)) as old, closing(sqlite3.connect(path)) as new:
        old.backup(new)
    return path


def rows(path, table):
    """Lists the attributes in a table: their rows, keys and values."""
    with closing(sqlite3.connect(path)) as file:
        return file.execute(f"SELECT rowid, key, value_json FROM {table}").fetchall()  # noqa: S608 - our own tables


def write(path, table, row, text):
    """Overwrites the row of an attribute; the row stays."""
    with closing(sqlite3.connect(path)) as file, file:
        if text is None:
            file.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))  # noqa: S608
        else:
            words = f"UPDATE {table} SET value_json = ? WHERE rowid = ?"  # noqa: S608
            file.execute(words, (text, row))


def used(path):
    """Does with a run's trials what commands do with them."""
    url = f"sqlite:///{path}"
    read_identity(url=url, name="small")
    records = read_records(small(), url=url, name="small")
    trials_csv(records)
    for record in records:
        describe_gap(record.attributes)
        if record.value is not None:
            config_text(small(), record, synthetic=False)
    ledger = begin(path.parent)
    ledger.best()
    finish(ledger)
    ledger.close()


@pytest.mark.parametrize("table", [STUDY, TRIAL, SHOWN])
def test_no_attribute_breaks_a_run(storage, table):
    """Any attribute leaves the run working, or gives one message that names it."""
    texts = [*map(json.dumps, WRONG), *BROKEN, None]
    some = slice(None, None, 1 if table == STUDY else 3)
    for number, (row, key, whole) in enumerate(rows(storage, table)[some]):
        # All texts with each attribute of each trial would take minutes.
        for text in texts if table == STUDY else [texts[7 * number % len(texts)]]:
            write(storage, table, row, text)
            try:
                used(storage)
            except HarnessError as error:
                message = str(error)
                assert "run small" in message or str(storage) in message, (key, text)
            if text is None:
                break  # the row is gone
            write(storage, table, row, whole)


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("epoch", '"x"', "trial 1: the attribute epoch: .*found 'x'"),
        ("epoch", None, "trial 1: the attribute epoch is missing"),
        ("epoch", "0", "epoch: .*greater than or equal to 1"),
        ("spent", "[]", "trial 0: the attribute spent"),
        ("spent", '{"epochs": "many"}', "spent.epochs: .*found 'many'"),
        ("thresholds", '{"AU1": 2.0}', "thresholds.AU1: .*less than or equal to 1"),
        ("thresholds", "null", "thresholds is missing"),
        ("learning_rates", "[0.1, -1]", "learning_rates.1: .*greater than 0"),
        ("scores", "3", "trial 1: the attribute scores"),
        ("calibration", '{"temperature": 0}', "calibration.temperature: .*than 0"),
        ("gap", None, "of the attributes trained_value, gap, diagnosis only"),
        ("gap", "NaN", "gap: .*finite"),
    ],
)
def test_a_wrong_attribute_is_named(storage, key, text, words):
    """The message has run, trial, attribute, the value found and the way out."""
    table = SHOWN if key in ("epoch", "gap") else TRIAL
    names = (key, f"search:{key}")
    row = next(row for row, found, _ in rows(storage, table) if found in names)
    write(storage, table, row, text)
    message = f"run small.*{words}.*restore a copy"
    with pytest.raises(RunError, match=message):
        begin(storage.parent)
    with pytest.raises(RunError, match=message):
        read_records(small(), url=f"sqlite:///{storage}", name="small")


@pytest.mark.parametrize(
    "change",
    [
        "trial_values SET value = NULL",
        "trial_values SET value = 'x'",
        "trial_values SET value = 1e999",
        "trial_intermediate_values SET intermediate_value = X'00ff'",
        "trials SET number = -1 WHERE number = 0",
        "trials SET state = 'DONE'",
        "trial_params SET distribution_json = '[]'",
        "trial_params SET param_value = 'x'",
        "studies SET study_name = X'00'",
        "study_directions SET direction = 'UP'",
    ],
)
def test_rows_that_no_search_has_written_are_refused(storage, change):
    """Other rows than Optuna writes are one message with the storage, or are used."""
    with closing(sqlite3.connect(storage)) as file, file:
        file.execute(f"UPDATE {change}")
    try:
        used(storage)
    except HarnessError as error:
        assert str(storage) in str(error)  # noqa: PT017 - either may come


@pytest.mark.parametrize("key", ["identity"])
def test_a_wrong_attribute_of_the_study_is_named(storage, key):
    """The stored identity of a run must be an object."""
    row = next(
        row for row, found, _ in rows(storage, STUDY) if found == f"search:{key}"
    )
    write(storage, STUDY, row, "[]")
    with pytest.raises(HarnessError, match="run small"):
        begin(storage.parent)
    with pytest.raises(RunError, match=f"attribute {key} of its Optuna study"):
        read_identity(url=f"sqlite:///{storage}", name="small")


def test_long_texts_are_shortened():
    """A changed text is printed as it is, shorten."""
    (line,) = changes({"a": "(" * 5000}, {"a": 1})
    assert line.startswith("a: was ((((")
    assert len(line) < 350
