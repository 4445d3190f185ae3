"""Texts beside the numbers: a run writes missing ones, a report all of them again."""

import json

import pytest

from data_pipeline.system.errors import RunError
from search.documents.texts import write_texts
from search.pipeline.past_runs import records_of_run, study_of_run
from search.run_files import REPORT, RESULTS
from tests.factories.made_run import made_run

MINE = "my own words\n"


@pytest.fixture
def tested(tmp_path):
    """A tested run whose results.md was changed by its reader."""
    folder = made_run(tmp_path, trials=2)
    folder.file(RESULTS).write_text(MINE)
    return folder


def test_a_run_keeps_a_text_that_is_there(tested):
    """A run writes a text that is missing, and no other."""
    study, _ = study_of_run(tested)
    records = records_of_run(tested, storage=None)
    assert write_texts(tested, study, records) == []
    assert tested.file(RESULTS).read_text() == MINE
    tested.file(RESULTS).unlink()
    assert write_texts(tested, study, records) == [RESULTS]
    assert "# Results of the study tiny" in tested.file(RESULTS).read_text()


def test_a_report_writes_texts_again(tested):
    """A text that its reader changed is written again from holdout.json."""
    study, _ = study_of_run(tested)
    records = records_of_run(tested, storage=None)
    assert write_texts(tested, study, records, again=True) == [RESULTS]
    assert "# Results of the study tiny" in tested.file(RESULTS).read_text()


def test_an_older_report_has_no_texts(tested):
    """Of a holdout.json that lacks what they need nothing is written."""
    report = tested.file(REPORT)
    report.write_text(report.read_text().replace('"primary"', '"other"'))
    study, _ = study_of_run(tested)
    records = records_of_run(tested, storage=None)
    assert write_texts(tested, study, records, again=True) == []


def test_a_gap_is_named(tested):
    """A report that lacks a number is refused in one message, with the way out."""
    report = json.loads(tested.file(REPORT).read_text())
    del report["search"]["completed"]
    tested.file(REPORT).write_text(json.dumps(report))
    study, _ = study_of_run(tested)
    records = records_of_run(tested, storage=None)
    with pytest.raises(RunError, match=r"lacks 'completed'.*move it away"):
        write_texts(tested, study, records, again=True)
    assert tested.file(RESULTS).read_text() == MINE
