"""The last trials of a search fine-tune its best heads."""

import pytest

from search.sampling.finetuning import finetuned_params
from tests.factories.ledger import (
    GRID,
    SMALL,
    STORAGES,
    begin,
    complete,
    crash,
    fail,
    inside,
    prune,
    report,
    small,
)

STAGES = """[space]
"finetune.stage" = ["full", "features"]
"finetune.learning_rate" = { low = 1e-5, high = 1e-3, when = { "finetune.stage" = ["full"] } }
"finetune.copies" = { choices = [0, 4], when = { "finetune.stage" = ["features"] } }
"augmentation.preset" = ["standard"]
"""  # noqa: E501 - an inline table takes one line
VALUES = (0.5, 0.9, 0.7, 0.8, 0.6)


def study(*, trials=7, best=2, text=SMALL):
    """Makes a study whose last trials fine-tune the best."""
    more = f"trials = {trials}\nfinetune_best = {best}"
    return small(("trials = 4", more), ("[space]\n", STAGES), text=text)


def is_head(request):
    """Whether a trial trains the head alone."""
    return request.values["finetune.stage"] == "features"


def run(ledger, values=VALUES):
    """Runs all trials with these values, in order; returns the requests."""
    requests = []
    while (request := ledger.ask()) is not None:
        ledger.tell(request.number, complete(values[len(requests) % len(values)]))
        requests.append(request)
    return requests


@pytest.mark.parametrize("storage", STORAGES)
def test_the_best_heads_are_finetuned(tmp_path, storage):
    """Sampled trials train heads; the last ones are the best of them, whole."""
    ledger = begin(tmp_path, study(), storage=storage)
    requests = run(ledger)
    assert [is_head(each) for each in requests] == [True] * 5 + [False] * 2
    named = [each.enqueued for each in requests]
    assert named == [""] * 5 + ["fine-tunes trial 1", "fine-tunes trial 3"]
    for whole, head in ((requests[5], requests[1]), (requests[6], requests[3])):
        same = head.values.keys() & whole.values.keys() - {"finetune.stage"}
        assert {key: head.values[key] for key in same} == {
            key: whole.values[key] for key in same
        }
        assert "finetune.copies" not in whole.values
        assert 1e-5 <= whole.values["finetune.learning_rate"] <= 1e-3
    assert ledger.exhausted()


def test_finetuning_waits_for_running_heads(tmp_path):
    """A head trial that still runs may be among the best: no other begins then."""
    ledger = begin(tmp_path, study())
    requests = [ledger.ask() for _ in range(5)]
    assert ledger.ask() is None
    for request, value in zip(requests[:4], VALUES, strict=False):
        ledger.tell(request.number, complete(value))
    assert ledger.ask() is None
    assert not ledger.exhausted()
    ledger.tell(requests[4].number, complete(0.95))
    assert ledger.ask().enqueued == "fine-tunes trial 4"
    assert ledger.ask().enqueued == "fine-tunes trial 1"
    assert ledger.ask() is None


def test_finetuned_trials_are_never_pruned(tmp_path):
    """Their first epochs repeat the head's, which says nothing of their last."""
    median = SMALL.replace('pruner = "none"', 'pruner = "median"')
    ledger = begin(tmp_path, study(text=median))
    for request in [ledger.ask() for _ in range(5)]:
        for step in (1, 2, 3):
            ledger.report(request.number, report(step, 0.9, last=step == 3))
        ledger.tell(request.number, complete(0.9))
    whole = ledger.ask()
    assert not is_head(whole)
    assert not any(ledger.report(whole.number, report(s, 0.1)) for s in (1, 2))


def test_pruned_heads_follow_completed_ones(tmp_path):
    """Where fewer heads completed, the pruned ones with the best values follow."""
    ledger = begin(tmp_path, study(best=3, trials=8))
    for value in (0.9, 0.5, 0.8, 0.6, 0.7):
        request = ledger.ask()
        ledger.report(request.number, report(1, value))
        outcome = complete(value) if request.number == 1 else prune()
        ledger.tell(request.number, outcome)
    named = [each.enqueued for each in run(ledger)]
    assert named == [f"fine-tunes trial {number}" for number in (1, 0, 2)]


def test_heads_without_a_value_are_not_finetuned(tmp_path):
    """Of heads that failed, diverged or reported nothing the budget trains others."""
    ledger = begin(tmp_path, study())
    for place in range(5):
        request = ledger.ask()
        if place == 4:
            ledger.report(request.number, report(1, 0.9))
        ended = {3: complete(0.5), 2: fail(), 4: prune("diverged")}
        ledger.tell(request.number, ended.get(place, prune()))
    requests = run(ledger)
    assert [each.enqueued for each in requests] == ["fine-tunes trial 3", ""]
    assert is_head(requests[1])


@pytest.mark.parametrize("storage", STORAGES)
def test_a_killed_search_finetunes_the_same(tmp_path, storage):
    """A lost fine-tuning runs again as one, and no head is fine-tuned twice."""
    ledger = begin(tmp_path, study(), storage=storage)
    for value in VALUES:
        ledger.tell(ledger.ask().number, complete(value))
    lost = ledger.ask()
    crash(ledger)
    ledger = begin(tmp_path, study(), storage=storage)
    again, other = run(ledger)
    assert (again.enqueued, again.seed) == ("fine-tunes trial 1", lost.seed)
    assert again.values == lost.values
    assert other.enqueued == "fine-tunes trial 3"


def test_a_larger_budget_finetunes_the_new_best(tmp_path):
    """A continued search trains more heads first, and fine-tunes those that lack it."""
    run(begin(tmp_path, study()))
    requests = run(begin(tmp_path, study(trials=12)), (0.1, 0.95, 0.2, 0.99, 0.99))
    assert [is_head(each) for each in requests] == [True] * 3 + [False] + [True]
    assert requests[3].enqueued == "fine-tunes trial 8"


def test_a_grid_has_heads_first(tmp_path):
    """Of a grid only the heads are walked, and its end is the fine-tuning."""
    space = '"finetune.stage" = ["full", "features"]\n'
    made = small(
        ("trials = 4", "trials = 30\nfinetune_best = 2"),
        ("[space]\n", f"[space]\n{space}"),
        text=GRID,
    )
    ledger = begin(tmp_path, made)
    requests = run(ledger)
    assert [is_head(each) for each in requests] == [True] * 3 + [False] * 2
    assert ledger.exhausted()


def test_the_parameters_are_in_the_space():
    """What is enqueued is the head's, but for the keys of its own stage."""
    head = {
        "finetune.stage": "features",
        "finetune.copies": 4,
        "augmentation.preset": "standard",
        "training.optimizer": "adam",
        "training.learning_rate": 1e-3,
    }
    found = finetuned_params(head, study().space)
    assert found == {
        "finetune.stage": "full",
        "augmentation.preset": "standard",
        "training.optimizer": "adam",
        "training.learning_rate": 1e-3,
    }


def test_no_finetuning_without_the_key(tmp_path):
    """Both stages are sampled where no number of best trials is given."""
    made = study(trials=12, best=0)
    assert {is_head(each) for each in run(begin(tmp_path, made))} == {True, False}
    states = [trial.system_attrs for trial in inside(begin(tmp_path, made)).trials]
    assert not any("fixed_params" in each for each in states)
