"""People stay held out once a hold-out was opened with them."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.config.split_config import SplitConfig
from data_pipeline.split.holdout_history import (
    HELD_OUT,
    RunHistory,
    held_out_line,
    holdout_rule,
    read_history,
    split_with_history,
)
from data_pipeline.split.receipt import Members, Opener, Receipt, to_line
from data_pipeline.split.receipt_file import RECEIPTS
from data_pipeline.system.errors import DataError
from data_pipeline.system.terminal import is_printable
from tests.strategies.tables import BASIC, sample, table_of

KEYS = SplitConfig(folds=2, hold_out=0.25)
ODD = "#a \\\n\r\t\x0b\x0c\x1b\x1c\x85\u2028\u2029\u202e"
"""What ends a line, steers a terminal or begins a comment."""

NAMES = tuple(f"S{number:03d}" for number in range(24))


def table(*, frames=1, basic=lambda number: BASIC[number % 7], names=NAMES):
    """Makes a table of people with so many frames each."""
    rows = [
        sample(name, frame, basic=basic(number))
        for number, name in enumerate(names)
        for frame in range(frames + number % 3)
    ]
    return table_of(rows)


def opening(people, *, keys=KEYS, data="ckplus", run="a"):
    """Makes the receipt of an opening."""
    return Receipt(
        members=Members(data=data, subjects=tuple(people)),
        opener=Opener(run=run, model="m"),
        rule=holdout_rule(keys),
        time="",
    )


def held(found):
    """Lists the held-out subjects."""
    return set(found.split.hold_out.subjects)


def divided(whole, receipts=(), begun=()):
    """Splits a table with these earlier openings."""
    history = RunHistory(receipts=receipts, held_out=begun)
    return split_with_history(whole, KEYS, data="ckplus", history=history)


def drawn(whole):
    """Splits a table whose hold-out was never opened."""
    return divided(whole)


def test_corrected_labels_move_nobody_who_was_tested():
    """With other frames and labels the same people stay held out, with a note."""
    first, other = drawn(table()), table(frames=2, basic=lambda n: BASIC[n % 2])
    assert held(drawn(other)) != held(first), "otherwise this test cannot fail"
    assert drawn(other).notes == ()
    found = divided(other, [opening(held(first))])
    assert held(found) == held(first)
    assert not held(found) & set(found.split.development.frame["subject"])
    stays, tested = found.notes
    assert "6 subjects stay held out" in stays
    assert "opened before (1), last by run a" in tested
    history = RunHistory(run="a", receipts=[opening(held(first))])
    own = split_with_history(table(), KEYS, data="ckplus", history=history)
    assert own.notes == (), "a run gives no note of its own test"


@pytest.mark.parametrize(
    "other",
    [
        {"keys": dataclasses.replace(KEYS, hold_out_seed=2)},
        {"keys": dataclasses.replace(KEYS, hold_out=0.5)},
        {"data": "ckplus, synthetic with seed 1 by version 3"},
    ],
)
def test_other_settings_and_data_draw_their_own(other):
    """A list holds only for the same data set, share and seed."""
    first, changed = drawn(table()), table(frames=2, basic=lambda n: BASIC[n % 2])
    found = divided(changed, [opening(held(first), **other)])
    assert held(found) == held(drawn(changed))


def test_the_first_opening_counts():
    """The first opening decides which people stay held out."""
    lists = [held(drawn(table())), set(NAMES[:6])]
    receipts = [opening(people) for people in lists]
    assert held(divided(table(), receipts)) == lists[0]
    receipts.reverse()
    assert held(divided(table(), receipts)) == lists[1]


def test_a_run_keeps_what_it_began_with():
    """Another run's opening changes nothing in a run that has started."""
    own, theirs = held(drawn(table())), NAMES[:6]
    receipts = [opening(theirs, run="other")]

    def begun(people):
        return held(divided(table(), receipts, begun=people))

    assert begun(own) == own
    assert begun(()) == begun(NAMES[6:12]) == set(theirs)


def test_people_who_are_gone():
    """Missing subjects are named; if too few others are left, it is refused."""
    people = sorted(held(drawn(table())))
    fewer = table(names=[name for name in NAMES if name != people[0]])
    found = divided(fewer, [opening(people)])
    assert held(found) == set(people[1:])
    gone = f"1 of the 6 subjects of an earlier opening no longer occur: {people[0]}"
    assert any(gone in line for line in found.notes)
    whole = divided(table(), [opening(["X1"])])
    assert held(whole) == set(people)
    with pytest.raises(DataError, match="23 of 24 subjects stay held out"):
        divided(table(), [opening(NAMES[1:])])


def test_another_spelling_of_the_ids():
    """A table that spells its ids otherwise keeps the same people out."""
    people = held(drawn(table()))
    lower = table(names=[name.lower() for name in NAMES])
    found = divided(lower, [opening(people)])
    assert held(found) == {name.lower() for name in people}


def test_what_happened_is_read_from_the_folders(tmp_path):
    """Openings of all runs count; a comment in a run's list names no subject."""
    assert read_history(tmp_path, "a") == RunHistory(run="a", receipts=[], held_out=[])
    (tmp_path / RECEIPTS).write_bytes(
        to_line(opening(["S010"]), reopened=False) + b"\ntorn\n"
    )
    for text, names in (("S005\nS010\n", ["S005", "S010"]), ("# a part\n", [])):
        (tmp_path / "a").mkdir(exist_ok=True)
        (tmp_path / "a" / HELD_OUT).write_text(text)
        found = read_history(tmp_path, "a")
        assert found.held_out == names
        members = [receipt.members for receipt in found.receipts]
        assert members == [opening(["S010"]).members, None]


@given(st.text(ODD, min_size=1))
def test_an_id_is_one_line_that_names_somebody(name):
    """Whatever a person is called, the list has a line for it, and no other reading."""
    line = held_out_line(name)
    assert line.splitlines() == [line]
    assert not line.startswith("#")
    assert all(map(is_printable, line))


def test_people_with_odd_ids_are_kept():
    """The list of a run whose ids are like comments or controls is recognized."""
    odd = tuple(f"{'#'[: n % 2]}\x1b[31m{n:03d}\u2028x" for n in range(len(NAMES)))
    whole = table(names=odd)
    people = held(drawn(whole))
    begun = "\n".join(map(held_out_line, sorted(people))).splitlines()
    other = [name for name in odd if name not in people][: len(people)]
    openings = [opening(other), opening(people)]
    assert held(divided(whole, openings, begun)) == people
