"""Outer parts: each person in exactly one, balanced, whatever else a study says."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.config.section import read_section
from data_pipeline.config.split_config import SplitConfig
from data_pipeline.split.holdout_history import (
    RunHistory,
    holdout_rule,
    split_with_history,
)
from data_pipeline.split.outer import count_parts, outer_parts
from data_pipeline.split.receipt import Opener
from data_pipeline.split.receipt_file import Receipts
from data_pipeline.split.split import split
from data_pipeline.split.stratify import count_by_subject, imbalance
from data_pipeline.system.errors import DataError, SealedError
from tests.strategies.tables import LAW, ckplus_sized, sample, table_of, tables

FEW = settings(LAW, max_examples=10)
"""Each example makes thousands of candidates, several times."""


def config(parts=3, number=None, **keys):
    """Makes a split into outer parts, of which one may be held out."""
    keys = {"folds": 1} | keys
    return SplitConfig(outer_folds=parts, outer_part=number, **keys)


def held(table, parts=3, number=1, **keys):
    """Splits a table with one outer part held out."""
    return split(table, config(parts, number, **keys))


@FEW
@given(tables(min_subjects=6), st.integers(2, 4), st.integers(0, 99))
def test_each_subject_is_held_out_once(table, parts, seed):
    """Each subject is in one hold-out, and in no development part beside it."""
    everybody = sorted(set(table.frame["subject"]))
    found = []
    for number in range(1, parts + 1):
        one = held(table, parts, number, hold_out_seed=seed)
        others = set(one.development.frame["subject"])
        assert not others & set(one.hold_out.subjects)
        assert others | set(one.hold_out.subjects) == set(everybody)
        found += one.hold_out.subjects
    assert sorted(found) == everybody


@FEW
@given(tables(min_subjects=6), st.integers(2, 4), st.randoms())
def test_parts_depend_on_labels_number_and_seed_only(table, parts, random):
    """Row order, place, folds, hold_out and validation move nobody."""
    rows = list(range(len(table)))
    random.shuffle(rows)
    moved = replace(table.take(np.array(rows)), root=Path("elsewhere"))
    number = random.randint(1, parts)
    first = held(table, parts, number)
    for other in (
        held(moved, parts, number),
        held(table, parts, number, folds=2),
        held(table, parts, number, hold_out=0.4),
        held(table, parts, number, validation=0.2),
    ):
        assert other.hold_out.key == first.hold_out.key
        assert other.division == first.division
    assert split(table, SplitConfig(folds=1)).division == ""


def test_parts_are_balanced_as_folds_are():
    """On a set as large as CK+ each part is far more like the whole than by chance."""
    table = ckplus_sized(1)
    whole = count_by_subject(table)
    parts = outer_parts(table, config(5))
    people = table.frame["subject"].to_numpy(dtype=str)
    apart = []
    for number in range(1, 6):
        rows = np.isin(whole.subjects, people[parts == number])
        apart.append(imbalance(whole.counts[rows].sum(axis=0), whole, 1 / 5))
    assert max(apart) < 0.5
    sizes = [len(set(people[parts == number])) for number in range(1, 6)]
    assert max(sizes) - min(sizes) <= 1
    again = outer_parts(table, config(5, hold_out_seed=2))
    assert (again != parts).any()


def test_one_subject_is_left_out():
    """With "subjects" there are as many parts as subjects, each of one."""
    table = table_of([sample(name, n) for name in ("S2", "S1", "S3") for n in (1, 2)])
    assert count_parts(table, config("subjects")) == 3
    names = [held(table, "subjects", n).hold_out.subjects for n in (1, 2, 3)]
    assert names == [("S1",), ("S2",), ("S3",)]
    with pytest.raises(DataError, match=r"outer_part = 4: .* makes 3 parts"):
        held(table, "subjects", 4)


def _anonymous(count, **columns):
    rows = [
        replace(sample("S1", number), subject=None, image=f"{number:02}.png", **columns)
        for number in range(count)
    ]
    return replace(table_of(rows), source="folders")


def test_images_and_sequences():
    """Data without subjects have parts of images, or of whole sequences."""
    images = _anonymous(10)
    found = [
        len(images) - len(held(images, 3, number, by="image").development)
        for number in (1, 2, 3)
    ]
    assert sorted(found) == [3, 3, 4]


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"outer_folds": 1}, 'at least 2, or "subjects"'),
        ({"outer_folds": "people"}, 'at least 2, or "subjects"'),
        ({"outer_folds": True}, 'at least 2, or "subjects"'),
        ({"outer_part": 1}, "outer_part: 1 needs outer_folds"),
        ({"outer_folds": 3, "by": "partition"}, "keeps the published parts"),
        ({"outer_folds": "subjects", "by": "image"}, 'needs by = "subject"'),
        (
            {"outer_folds": 2, "validation": 0.6, "folds": 1},
            "an outer part = 0.5 leave no subjects to train on",
        ),
    ],
)
def test_what_does_not_fit(keys, why):
    """Each wrong combination has one message."""
    problems = []
    read_section("split", SplitConfig, keys, problems)
    (problem,) = problems
    assert why in problem


def test_more_parts_than_subjects():
    """A part without a subject is refused, with their number."""
    table = table_of([sample(name, 1) for name in ("S1", "S2", "S3")])
    with pytest.raises(DataError, match=r"outer_folds = 4: .* has 3 subjects"):
        count_parts(table, config(4))
    with pytest.raises(DataError, match="folds = 3 needs at least 3 subjects, but"):
        held(table, 3, 1, folds=3)


def opened(table, folder, number, *, run="mine-nested", keys=None, model="m"):
    """Opens one outer part for a model, as its run does."""
    keys = config(2, number) if keys is None else keys
    divided = split(table, keys)
    return divided.hold_out.open(
        Receipts(folder / "receipts.jsonl"),
        Opener(run=f"{run}/outer-{number}", model=f"{model}{number}"),
        data="ckplus",
        rule=holdout_rule(keys, division=divided.division),
        reopen=False,
    )


PEOPLE = table_of([sample(f"S{n}", 1) for n in range(8)])


def test_receipts_know_everybody_who_was_tested(tmp_path):
    """After a nested run an ordinary one is refused; it counts who was tested."""
    for number in (1, 2):
        found = opened(PEOPLE, tmp_path, number)
        assert (found.opened, found.tested_before) == (1, 0)
    ordinary = SplitConfig(folds=1, hold_out=0.5)
    receipts = Receipts(tmp_path / "receipts.jsonl")
    history = RunHistory(run="mine", receipts=receipts.read())
    result = split_with_history(PEOPLE, ordinary, data="ckplus", history=history)
    assert any("last by run mine-nested/outer-2" in note for note in result.notes)
    arguments = {
        "data": "ckplus",
        "rule": holdout_rule(ordinary),
    }
    hold_out, opener = result.split.hold_out, Opener(run="mine", model="m")
    with pytest.raises(SealedError, match="4 of its subjects were tested then"):
        hold_out.open(receipts, opener, reopen=False, **arguments)
    with pytest.raises(SealedError, match="4 of its subjects were tested then"):
        hold_out.check_untested(receipts, "mine", **arguments)
    again = hold_out.open(receipts, opener, reopen=True, **arguments)
    assert (again.opened, again.tested_before) == (3, 4)
    with pytest.raises(SealedError, match="opened before"):
        opened(PEOPLE, tmp_path, 1, run="other-nested")


def test_who_was_tested_moves_no_outer_part(tmp_path):
    """Outer parts are the same after an opening, with a note of other runs."""
    opened(PEOPLE, tmp_path, 1, run="earlier-nested")
    receipts = Receipts(tmp_path / "receipts.jsonl").read()
    history = RunHistory(run="mine-nested/outer-1", receipts=receipts)
    result = split_with_history(PEOPLE, config(2, 1), data="ckplus", history=history)
    assert result.split.hold_out.key == held(PEOPLE, 2, 1).hold_out.key
    (note,) = result.notes
    assert "opened before (1), last by run earlier-nested/outer-1" in note


def test_copies_of_an_image_in_two_parts_are_not_a_second_test(tmp_path):
    """A part's own copies in another part of the same run do not refuse it."""
    table = replace(_anonymous(8), root=tmp_path)
    for image in table.frame["image"]:
        (tmp_path / image).write_bytes(b"the same picture")
    for number in (1, 2):
        keys = config(2, number, by="image")
        found = opened(table, tmp_path, number, keys=keys)
        assert (found.opened, found.tested_before) == (1, 0)
    other = config(2, 1, by="image", hold_out_seed=5)
    with pytest.raises(SealedError, match="opened before"):
        opened(table, tmp_path, 1, keys=other, model="another")
