"""Configurations that are as large as two that ran out of memory do not start."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.system.errors import RunError
from search.costs.memory_fit import (
    GROWING,
    LEAST,
    SAME,
    TRIED,
    MemoryLimit,
    is_as_large,
)
from search.final.retraining import require_best
from search.stopping.search_end import MOST_REFUSED
from search.trial.messages import Failed, Pruned, Spent, WorkerDied
from tests.factories.ledger import (
    GRID,
    begin,
    complete,
    inside,
    prune,
    report,
    small,
)

SIZES = st.fixed_dictionaries(
    {key: st.integers(1, 300) for key in GROWING},
    optional={"training.sam_rho": st.sampled_from([0.0, 0.05])},
)


@given(SIZES, SIZES, SIZES)
def test_as_large_is_an_order(one, two, three):
    """All is as large as itself, and as what something smaller is as large as."""
    assert is_as_large(one, one)
    if is_as_large(one, two) and is_as_large(two, three):
        assert is_as_large(one, three)


@given(SIZES, st.sampled_from(GROWING))
def test_smaller_in_one_respect_may_fit(sizes, key):
    """A configuration that is smaller in one respect is not refused."""
    smaller = sizes | {key: sizes[key] - 1}
    if smaller[key]:  # 0 may stand for all
        assert not is_as_large(smaller, sizes)
        assert is_as_large(sizes, smaller)


@pytest.mark.parametrize("key", SAME)
def test_other_kinds_are_not_compared(key):
    """Another backbone, precision or stage may need less, whatever its sizes."""
    assert not is_as_large({key: "one"}, {key: "other"})


def test_what_cannot_be_compared():
    """A size of an own backbone has no order; a rate has nothing to do with memory."""
    own = {"backbone.name": "mine:network", "backbone.depth": 3}
    assert not is_as_large(own | {"backbone.depth": 4}, own)
    assert is_as_large(own | {"training.learning_rate": 0.5}, own)


def test_the_whole_image_is_the_largest():
    """A side of 0 pixels, which stands for the whole image, is as large as any."""
    assert is_as_large({}, {"backbone.image_size": 48})
    assert not is_as_large({"backbone.image_size": 48}, {})


BATCHES = small(
    ("trials = 4", "trials = 12"),
    ("[space]\n", '[space]\n"training.batch_size" = [8, 16, 32, 64]\n'),
)


def test_a_search_starts_nothing_that_cannot_fit(tmp_path):
    """What is as large as a trial that ran out is pruned unstarted, and counts."""
    ledger, started = begin(tmp_path, BATCHES), []
    while (request := ledger.ask()) is not None:
        size = request.values["training.batch_size"]
        started.append(size)
        outcome = prune("out_of_memory") if size >= 32 else complete(0.5)
        ledger.tell(request.number, outcome)
    # Two of 32, after two of 64 at most.
    assert 2 <= len([size for size in started if size >= 32]) <= 4
    assert ledger.counts().done == 12
    refused = _refused(ledger)
    assert refused
    assert {r.reason for r in refused} == {"out_of_memory"}
    for record in refused:
        trial = inside(ledger).trials[record.number]
        assert trial.constraints == {"memory": 1.0}
        assert trial.intermediate_values == {}


def test_a_later_start_tries_again(tmp_path):
    """A start knows nothing of the memory of another: it may run elsewhere."""
    ledger = begin(tmp_path, small())
    for _ in range(2):
        ledger.tell(ledger.ask().number, prune("out_of_memory"))
    assert ledger.ask() is None, "every other trial is as large"
    ledger = begin(tmp_path, small(("trials = 4", "trials = 5")))
    assert ledger.ask() is not None


LARGE = {"training.batch_size": 64}


def ran_out_on_the_small():
    """Of trials on two nodes, both on the small one ran out; a third runs."""
    limit = MemoryLimit()
    limit.use_nodes(["small", "large"])
    for number, node in enumerate(["small", "small", "large"]):
        limit.locate(number, node)
    for number in (0, 1):
        limit.add(number, LARGE)
    return limit


def test_a_larger_node_may_hold_it():
    """In a cluster nothing is refused before it ran out on every node that lives."""
    limit = ran_out_on_the_small()
    assert limit.refusal(LARGE) == ""
    limit.add(2, LARGE)
    assert limit.refusal(LARGE)
    limit.use_nodes(["small", "large", "new"])
    assert limit.refusal(LARGE) == "", "a node that joined may hold it"


def test_a_node_that_left_holds_nothing():
    """What ran out on all living nodes is refused, whatever another one has held."""
    limit = ran_out_on_the_small()
    assert limit.refusal(LARGE) == ""
    limit.use_nodes([])
    assert limit.refusal(LARGE) == "", "until another one lives, it may come back"
    limit.use_nodes(["small"])
    assert limit.refusal(LARGE)


def test_a_death_that_was_not_located_counts_for_every_node():
    """A worker that dies before its first report names no node, so it is of each."""
    limit = MemoryLimit()
    limit.use_nodes(["one"])
    for number in (1, 2):
        assert limit.refusal(LARGE) == ""
        limit.add(number, LARGE)
    assert limit.refusal(LARGE)


SMALLER = Spent(epochs=3)


@pytest.mark.parametrize(
    ("outcome", "repeats", "starts"),
    [
        (WorkerDied(reason="short", out_of_memory=True, spent=SMALLER), 0, False),
        (Failed(reason="a bug", spent=SMALLER), 0, False),
        (Pruned(reason="pruner", spent=Spent(epochs=2)), 0, False),
        (Pruned(reason="pruner", spent=SMALLER), 1, False),
        (Pruned(reason="pruner", spent=SMALLER), 0, True),
        (Pruned(reason="diverged", spent=SMALLER), 0, True),
        (complete(0.5), 0, True),
        (complete(0.5), 3, False),
    ],
)
def test_what_shows_that_a_size_fits(tmp_path, outcome, repeats, starts):
    """Only whole networks that this run has trained, after frozen epochs, show it."""
    frozen = '[fixed]\n"finetune.frozen_epochs" = 2\n'
    ledger = begin(tmp_path, small(("trials = 4", "trials = 9"), ("[fixed]\n", frozen)))
    *large, other = [ledger.ask().number for _ in range(3)]
    for number in large:
        ledger.tell(number, prune("out_of_memory"))
    for step in range(1, repeats + 1):
        ledger.report(other, replace(report(step, 0.5), repeated=True))
    ledger.tell(other, outcome)
    started = ledger.ask()
    assert (started is not None and not _refused(ledger)) == starts


def test_a_grid_goes_on_to_what_fits(tmp_path):
    """With its large sizes first, and many of them, a grid still trains the small."""
    rates = ", ".join(f"{number}e-4" for number in range(1, 34))
    space = f"""[space]
"training.batch_size" = [256, 32]
"training.learning_rate" = {{ choices = [{rates}] }}
"""
    text = GRID.partition("[space]")[0].replace("trials = 4", "trials = 35") + space
    ledger = begin(tmp_path, small(text=text), storage="journal")
    while (request := ledger.ask()) is not None:
        is_large = request.values["training.batch_size"] == 256
        outcome = prune("out_of_memory") if is_large else complete(0.5)
        ledger.tell(request.number, outcome)
    assert (ledger.counts().completed, ledger.counts().pruned) == (2, 33)


def test_large_ones_of_a_grid_run_at_once(tmp_path):
    """Many that run out of memory together leave the smaller ones of a grid."""
    sizes = '"training.batch_size" = [256, 32]\n'
    rates = '"training.learning_rate" = [1e-4, 2e-4, 3e-4, 4e-4, 5e-4, 6e-4]\n'
    text = GRID.partition("[space]")[0] + f"[space]\n{sizes}{rates}"
    study = small(("trials = 4", "trials = 12"), text=text)
    ledger = begin(tmp_path, study, storage="journal")
    large = [ledger.ask() for _ in range(6)]
    assert {one.values["training.batch_size"] for one in large} == {256}
    for request in large:
        ledger.tell(request.number, prune("out_of_memory"))
    assert ledger.ask().values["training.batch_size"] == 32


def test_memory_that_another_program_held():
    """Of ten that cannot fit one is tried; once it trains, the others start again."""
    limit = MemoryLimit()
    for number in (0, 1):
        limit.add(number, LARGE)
    tries = [not limit.refusal(LARGE) for _ in range(2 * TRIED)]
    assert [n for n, tried in enumerate(tries, start=1) if tried] == [TRIED, 2 * TRIED]
    limit.add(2, LARGE)
    assert limit.refusal(LARGE), "it ran out again"
    limit.fits({"training.batch_size": 32})
    assert limit.refusal(LARGE), "a smaller one tells nothing of it"
    limit.fits(LARGE)
    assert limit.refusal(LARGE) == ""


def test_a_search_that_may_start_nothing_ends(tmp_path):
    """Where none trains and none may start, the reason and the way out are told."""
    study = small(("trials = 4", "trials = 1000"))
    ledger, started = begin(tmp_path, study), []
    while (request := ledger.ask()) is not None:
        started.append(request.number)
        ledger.tell(request.number, prune("out_of_memory"))
    # The first two, and those that are tried all the same.
    assert len(started) == LEAST + MOST_REFUSED // TRIED
    assert ledger.counts().done == len(started) + MOST_REFUSED
    assert ledger.end().failed
    with pytest.raises(RunError) as error:
        require_best(ledger)
    for words in (
        f"{MOST_REFUSED} trials did not start, as large as others that ran out",
        *("out_of_memory", "Free memory", "max_concurrent", "run the same command"),
    ):
        assert words in str(error.value)

    again = begin(tmp_path, study)
    again.tell(again.ask().number, complete(0.5))
    assert again.ask() is not None, "once one has trained, the search goes on"


def test_a_small_budget_names_the_memory(tmp_path):
    """Where the budget ends before, the message has the way out too."""
    ledger = begin(tmp_path, small())
    while (request := ledger.ask()) is not None:
        ledger.tell(request.number, prune("out_of_memory"))
    with pytest.raises(RunError, match=r"no trial completed.*Free memory"):
        require_best(ledger)


def test_an_exhausted_grid_names_no_limit(tmp_path):
    """Where a whole grid ran out, the way out is no larger number of trials."""
    ledger = begin(tmp_path, small(text=GRID), storage="journal")
    while (request := ledger.ask()) is not None:
        ledger.tell(request.number, prune("out_of_memory"))
    with pytest.raises(RunError, match=r"Free memory.* first\. Copy the study") as told:
        require_best(ledger)
    assert "search.trials" not in str(told.value)


def _refused(ledger):
    return [record for record in ledger.records() if "not started" in _why(record)]


def _why(record):
    return record.attributes.get("constraint_broken", "")
