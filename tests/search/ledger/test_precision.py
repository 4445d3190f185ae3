"""The precision of a run: decided by its first machine, and kept."""

import pytest

from data_pipeline.system.errors import RunError
from models.config.config import complete
from search.callbacks.trials_csv import trials_csv
from search.final.exported_config import config_text
from tests.factories.ledger import begin, small, stored
from tests.factories.ledger import complete as completed

KEY, HALF = "training.precision", "mixed_bfloat16"
FIXED = small(("[fixed]", f'[fixed]\n"{KEY}" = "float32"'))


def test_a_run_keeps_the_precision_it_began_with(tmp_path):
    """A resumed run computes as its first trial did, on whatever machine."""
    first = begin(tmp_path)
    assert first.settle_precision(HALF) == HALF
    assert first.ask().values[KEY] == HALF
    first.close()
    second = begin(tmp_path)
    assert second.settle_precision("float32") == HALF
    request = second.ask()
    assert request.values[KEY] == HALF
    second.tell(request.number, completed(0.5))
    assert {record.values[KEY] for record in second.records()} == {HALF}
    assert f",{HALF}," in trials_csv(second.records())
    text = config_text(small(), second.best(), synthetic=True)
    assert f'"{KEY}" = "{HALF}"' in text


def test_a_run_on_cpus_is_as_before(tmp_path):
    """Where nothing is decided, values are the study's, and exports say float32."""
    ledger = begin(tmp_path)
    assert ledger.settle_precision("float32") == "float32"
    values = ledger.ask().values
    assert KEY not in values
    assert complete(values)[KEY] == "float32"
    later = begin(tmp_path)
    assert later.settle_precision(HALF) == "float32"
    assert KEY not in later.ask().values


def test_before_the_first_trial_another_machine_may_decide(tmp_path):
    """A start that ended before its first trial does not decide the precision."""
    begin(tmp_path).settle_precision(HALF)
    ledger = begin(tmp_path)
    assert ledger.settle_precision("float32") == "float32"
    assert KEY not in ledger.ask().values


def test_a_study_decides_first(tmp_path):
    """A precision that the study fixes is that of every trial."""
    ledger = begin(tmp_path, FIXED)
    ledger.settle_precision(HALF)
    assert ledger.ask().values[KEY] == "float32"


def test_a_precision_that_no_search_wrote(tmp_path):
    """Another program's attribute is refused in one message."""
    ledger = begin(tmp_path)
    ledger.ask()
    stored(tmp_path).set_user_attr("precision", ["half"])
    with pytest.raises(RunError, match=r"precision must be one of float32.*\['half'\]"):
        ledger.records()
