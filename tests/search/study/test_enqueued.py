"""Enqueued trials of a study: validated, run first, once, and to their end."""

import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from data_pipeline.system.errors import StudyError
from search.callbacks.trials_csv import trials_csv
from search.ledger.pruners import PRUNERS
from search.reports.console import improvement_over_baselines
from search.study.distributions import Problems
from search.study.enqueued import read_enqueued, value_in_domain
from search.study.space import FloatRange, grid_values
from search.study.study import check_study, read_study
from tests.factories.ledger import (
    GRID,
    SMALL,
    STORAGES,
    begin,
    complete,
    crash,
    fail,
    finish,
    report,
    small,
)
from tests.strategies.space import contains, domains, grids

ENQUEUED = """
[[search.enqueue]]
name = "seed 1"
"training.optimizer" = "adamw"
"training.weight_decay" = 1e-3
[[search.enqueue]]
"training.epochs" = 3
"training.optimizer" = "adam"
"training.learning_rate" = 1e-4
"""
FIRST = {"training.optimizer": "adamw", "training.learning_rate": 1e-3}
FIRST |= {"training.weight_decay": 1e-3}
SECOND = {"training.optimizer": "adam", "training.learning_rate": 1e-4}


def with_enqueued(*changes, text=ENQUEUED, **others):
    """Checks the small study with enqueued trials."""
    return small(*changes, text=SMALL + text, **others)


def refused(text):
    """Returns what enqueued trials are refused with."""
    with pytest.raises(StudyError) as error:
        with_enqueued(text=text)
    return str(error.value)


def test_reads():
    """A key that is not named takes its default; one that has no name is numbered."""
    read = with_enqueued()
    assert [(one.name, dict(one.params)) for one in read.enqueued] == [
        ("seed 1", FIRST),
        ("enqueued 2", SECOND),
    ]
    assert read.identity() == small().identity()


def test_is_written_again():
    """A study with enqueued trials is written as a study file of the same."""
    read = with_enqueued()
    text = read.text()
    assert text.count("[[search.enqueue]]") == 2
    assert check_study(tomllib.loads(text), name="small", place="text") == read


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('"training.optimiser" = "adam"', ["training.optimiser", "training.optimizer"]),
        ('"training.learning_rate" = "x"', ["must be a number, found 'x'"]),
        ('"training.learning_rate" = 0.5', ["must be from 1e-05 to 0.01, found 0.5"]),
        ('"training.optimizer" = "sgd"', ["must be one of adam, adamw, found 'sgd'"]),
        ('"training.epochs" = 9', ["training.epochs", "is fixed to 3, found 9"]),
        ('"head.dropout" = 0.1', ["not searched; its default is 0.3, found 0.1"]),
        (
            '"training.optimizer" = "adam"\n"training.weight_decay" = 1e-3',
            ["its condition does not hold"],
        ),
        ('name = ""', ["1 name: must be a unique text of printable"]),
        (r'name = "a\u001b[31m"', ["1 name: must be a unique text of printable"]),
    ],
)
def test_wrong(table, words):
    """A configuration outside the space is refused with its number, key and value."""
    message = refused(f"[[search.enqueue]]\n{table}\n")
    assert message.startswith("small.toml: [[search.enqueue]] 1")
    assert [word for word in words if word not in message] == []


def test_several_problems_come_in_one_message():
    """All problems come in one message, each with its configuration's name."""
    message = refused(
        ENQUEUED + '[[search.enqueue]]\nname = "seed 1"\n"head.dropout" = 0.1\n'
        '[[search.enqueue]]\nname = "x"\n"training.optimizer" = "lamb"\n'
    )
    assert message.count("small.toml") == len(message.splitlines()) >= 3
    assert "3 name" in message
    assert '4 (x) "training.optimizer"' in message


def test_a_default_outside_the_space_must_be_named():
    """Where the default is outside the space, the message names the missing key."""
    text = '"regularization.l2" = { low = 1e-7, high = 1e-1, log = true }\n'
    message = refused(f'{text}[[search.enqueue]]\n"training.optimizer" = "adam"\n')
    assert '"regularization.l2": must be from 1e-07 to 0.1, found not named' in message


def test_set_leaves_out_what_it_puts_outside(tmp_path):
    """With --set, configurations that no longer fit are left out and reported.

    What is wrong in every space stays wrong.
    """
    path = tmp_path / "small.toml"
    path.write_text(SMALL + ENQUEUED)
    read = read_study(str(path), settings=['training.optimizer=["adam"]'])
    assert [one.name for one in read.enqueued] == ["enqueued 2"]
    (message,) = (line.partition(")")[0] for line in read.enqueued_outside)
    assert message == "[[search.enqueue]] 1 (seed 1"
    assert read.text().count("[[search.enqueue]]") == 1
    none = read_study(str(path), settings=["search.enqueue=[]"])
    assert none.enqueued == none.enqueued_outside == ()
    path.write_text(SMALL + ENQUEUED.replace("1e-4", '"x"'))
    with pytest.raises(StudyError, match="must be a number"):
        read_study(str(path), settings=['training.optimizer=["adam"]'])


@given(domains(), st.integers(-60, 60) | st.floats(-11, 11))
@example(FloatRange(low=0.0, high=1.0, step=1.0), 1e-118)
@example(FloatRange(low=0.0, high=10.0, step=0.001), 9.0 + 2e-9)
def test_within(domain, value):
    """A value is in a domain as the domain's definition has it."""
    found = value_in_domain(domain, value)
    assert (found is not None) == contains(domain, value)
    assert found is None or found == pytest.approx(value)


@given(grids())
def test_every_grid_value_is_in_its_domain(domain):
    """Every value that a grid lists is in its domain."""
    listed = list(grid_values(domain))
    assert [value_in_domain(domain, value) for value in listed] == listed


@pytest.mark.parametrize("storage", STORAGES)
def test_enqueued_come_first(tmp_path, storage):
    """They run first, in order, once, also after a kill; the budget counts them."""
    study = with_enqueued(("trials = 4", "trials = 5"))
    ledger = begin(tmp_path, study, storage=storage)
    first = ledger.ask()
    assert (first.enqueued, study.space.params(first.values)) == ("seed 1", FIRST)
    crash(ledger)
    ledger = begin(tmp_path, study, storage=storage)
    again, second, third = ledger.ask(), ledger.ask(), ledger.ask()
    assert (again.enqueued, again.values) == ("seed 1", first.values)
    assert study.space.params(second.values) == SECOND
    assert (second.enqueued, third.enqueued) == ("enqueued 2", "")
    for request in (again, second, third):
        ledger.tell(request.number, complete(0.5))
    finish(ledger)
    assert ledger.counts().done == 5
    names = [record.enqueued for record in ledger.records()]
    assert names == ["seed 1", "seed 1", "enqueued 2", "", "", ""]


def test_one_more_may_be_added(tmp_path):
    """A configuration that is added later is tried next; those tried are not again."""
    finish(
        begin(
            tmp_path,
            with_enqueued(text=ENQUEUED.partition('[[search.enqueue]]\n"t')[0]),
        )
    )
    ledger = begin(tmp_path, with_enqueued(("trials = 4", "trials = 6")))
    assert [ledger.ask().enqueued for _ in range(2)] == ["enqueued 2", ""]


def test_a_grid_is_walked_around_them(tmp_path):
    """A grid runs each parameter set once, enqueued ones included."""
    text = '[[search.enqueue]]\n"training.optimizer" = "adamw"\n'
    text += '"training.weight_decay" = 0.2\n'
    study = small(("trials = 4", "trials = 9"), text=GRID + text)
    ledger = begin(tmp_path, study)
    assert finish(ledger) == [0, 1, 2]
    assert ledger.exhausted()
    tried = [study.space.params(record.values) for record in ledger.records()]
    assert tried[0]["training.weight_decay"] == 0.2
    assert len({tuple(params.items()) for params in tried}) == 3


@pytest.mark.parametrize("pruner", PRUNERS)
def test_never_pruned(tmp_path, pruner):
    """An enqueued trial is trained to its end, however bad; others need not be."""
    study = with_enqueued(
        ("trials = 4", "trials = 9"),
        ('pruner = "none"', f'pruner = "{pruner}"'),
        ("folds = 1", "folds = 3"),
    )
    ledger = begin(tmp_path, study)
    requests = [ledger.ask() for _ in range(8)]
    for one in requests[2:]:
        for step in range(1, 10):
            ledger.report(one.number, report(step, 0.9, last=step == 9))
        ledger.tell(one.number, complete(0.9))
    for step in range(1, 9):
        assert not ledger.report(requests[0].number, report(step, 0.0))


def test_improvements(tmp_path):
    """The end reports each value, the best's improvement over it, and failures."""
    study = with_enqueued()
    ledger = begin(tmp_path, study)
    for outcome in (complete(0.5), fail("broke"), complete(0.75)):
        ledger.tell(ledger.ask().number, outcome)
    assert list(improvement_over_baselines(ledger.records(), {})) == [
        "seed 1 (trial 0): value 0.5000; best: 0.7500, gained 0.2500",
        "enqueued 2 (trial 1): fail, broke",
    ]
    table = trials_csv(ledger.records()).splitlines()
    assert [row.split(",")[4] for row in table] == [
        "enqueued",
        "seed 1",
        "enqueued 2",
        "",
    ]


def test_an_empty_space_has_one_parameter_set():
    """Without a parameter every configuration that agrees with [fixed] is that one."""
    study = small(text=SMALL.partition("[space]")[0])
    found = read_enqueued([{}, {"training.epochs": 3}], study.space, Problems())
    assert [dict(one.params) for one in found.trials] == [{}, {}]
