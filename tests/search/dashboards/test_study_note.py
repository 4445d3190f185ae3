"""The note of a study: what optuna-dashboard reads, and what a person adds to it."""

import optuna
import optuna_dashboard
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.dashboards.study_note import StudyNote
from search.reports.study_note import code, describe_value
from search.storage.study_note import (
    INVITATION,
    LONGEST,
    OWN,
    note_attributes,
    note_of,
)
from tests.factories.ledger import begin, complete, inside, prune, stored

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


def test_optuna_dashboard_reads_it(tmp_path):
    """The dashboard's own function returns the note, a long one too."""
    ledger = begin(tmp_path)
    for text in ("short", "x" * 3 * LONGEST, "short again"):
        ledger.save_note(text)
        found = optuna_dashboard.get_note(stored(tmp_path))
        assert found == f"{text}\n\n{OWN}{INVITATION}"


def test_what_a_person_wrote_is_kept(tmp_path):
    """What stands below the last heading stays where the note is written anew."""
    ledger = begin(tmp_path)
    ledger.save_note("first")
    study = optuna.load_study(
        study_name="small", storage=f"sqlite:///{tmp_path / 'optuna.db'}"
    )
    optuna_dashboard.save_note(study, f"first\n\n{OWN}\n\nlook at *trial 3*\n")
    ledger.save_note("second")
    found = optuna_dashboard.get_note(stored(tmp_path))
    assert found == f"second\n\n{OWN}\n\nlook at *trial 3*\n"


@given(st.lists(st.text(max_size=3 * LONGEST).filter(lambda t: OWN not in t)))
def test_the_last_note_holds(texts):
    """Whatever came before, the note is the last text; nothing is written twice."""
    attributes = {}
    for text in texts:
        attributes.update(note_attributes(text, attributes))
        assert note_of(attributes).startswith(text)
        assert note_attributes(text, attributes) == []


def test_it_is_written_at_each_better_trial(tmp_path):
    """A note is written at the beginning, at a better trial, and when asked."""
    notes = []
    note = StudyNote(lambda records: f"{len(records)} trials")
    ledger = begin(tmp_path, callbacks=[note])
    note.begin(notes.append)
    for outcome in (complete(0.5), complete(0.4), prune(), complete(0.6)):
        ledger.tell(ledger.ask().number, outcome)
    assert notes == ["0 trials", "1 trials", "4 trials"]
    note.update()
    assert len(notes) == 4
    assert inside(ledger).user_attrs == {}


def test_the_best_value_is_the_corrected_one(tmp_path):
    """Once the search has ended the note has the value without its selection."""
    ledger = begin(tmp_path)
    ledger.tell(ledger.ask().number, complete(0.8146))
    best = ledger.best()
    selection = {"best": 0, "corrected": {"value": 0.79, "low": 0.7, "high": 0.9}}
    assert describe_value(best, selection) == (
        "0.8146; corrected for its selection (BBC-CV) 0.790 "
        "(95 % interval 0.700 to 0.900)"
    )
    alone = selection | {"compared": 1, "completed": 1}
    assert describe_value(best, alone) == (
        "0.8146; no other trial completed (95 % interval 0.700 to 0.900)"
    )
    for other in ({}, selection | {"best": 1}):
        assert "not corrected for that" in describe_value(best, other)


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "a`b", "**x**", "[x](http://y)", "a\n# b"]
)
def test_names_are_no_markdown(name):
    """A name is a code span of one line, whatever it is made of."""
    text = code(name)
    assert text.startswith("`")
    assert text.endswith("`")
    assert not {"`", "\n"} & set(text[1:-1])
