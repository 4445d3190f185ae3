"""A test's report says what a reader must know of its trials."""

from search.holdout.disclosure import BY_PRUNER, describe_trials
from search.ledger.records import TrialRecord
from search.sampling.parameter_sets import FINETUNE_OF


def trial(number, **more):
    """Makes a trial that ended."""
    plain = {"state": "PRUNED", "reason": BY_PRUNER, "value": None, "curve": {}}
    plain |= {"values": {}, "attributes": {}}
    return TrialRecord(number=number, **(plain | more))


def test_trials_are_counted_by_the_step_after_which_they_were_pruned():
    """The pruner's own count, by step; lost, failed and limited trials do not."""
    records = [
        trial(0, curve={1: 0.5, 2: 0.5}),
        trial(1, curve={1: 0.5}),
        trial(2, curve={1: 0.5, 2: 0.6}),
        trial(3, curve={1: 0.5}, interrupted=True),
        trial(4, curve={1: 0.5}, reason="constraint"),
        trial(5, curve={1: 0.5}, reason="", value=0.5),
    ]
    counts = [{"step": 1, "trials": 1}, {"step": 2, "trials": 2}]
    assert describe_trials(records) == {"pruned_after": counts}


def test_fine_tuned_trials_name_their_heads():
    """Each has the trial that it repeats, and whether that had completed."""
    records = [
        trial(0, reason="", value=0.5),
        trial(1),
        trial(2, reason="", value=0.6, attributes={FINETUNE_OF: 0}),
        trial(3, attributes={FINETUNE_OF: 1}),
    ]
    assert describe_trials(records) == {
        "finetuned": [
            {"trial": 2, "of": 0, "of_completed": True},
            {"trial": 3, "of": 1, "of_completed": False},
        ]
    }
