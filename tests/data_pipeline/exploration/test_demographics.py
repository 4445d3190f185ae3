"""Demographics: the table, groups that may be shown, and their associations."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.exploration.demographics import (
    LEAST,
    Demographics,
    associate,
    groups,
    read_demographics,
)
from data_pipeline.exploration.labelled import levels
from data_pipeline.system.errors import DataError
from tests.strategies.tables import LAW, sample, table_of

HEADER = "subject,sex,age,ethnicity\n"


def people(*names, attribute="sex"):
    """Makes subjects S000, S001 and so on, each in a group."""
    return Demographics(
        people={f"S{n:03d}": {attribute: name} for n, name in enumerate(names)},
        attributes=(attribute,),
    )


def test_read(tmp_path):
    """Columns may be in any order; ages become bands; an empty cell is unknown."""
    path = tmp_path / "who.csv"
    path.write_text('Age,subject,ethnicity,SEX\n24.5,S1,"a, b",F\n,S2,,\n\n')
    assert read_demographics(path).people == {
        "S1": {"sex": "f", "age": "18 to 24", "ethnicity": "a, b"},
        "S2": {"sex": None, "age": None, "ethnicity": None},
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["row 1", "subject,sex,age,ethnicity", "empty"]),
        ("subject,sex,age\n", ["row 1", "found subject,sex,age"]),
        (HEADER, ["no row"]),
        (f"{HEADER}S1,f,24\n", ["row 2", "4 cells", "found 3"]),
        (f"{HEADER}S1,f,24,a,b\n", ["row 2", "found 5"]),
        (f"{HEADER},f,24,a\n", ["row 2", "column subject", "empty"]),
        (f"{HEADER}S1,f,24,a\nS1,m,30,b\n", ["row 3", "column subject", "row 2"]),
        (f"{HEADER}S1,f,old,a\n", ["row 2", "column age", "'old'"]),
        (f"{HEADER}S1,f,nan,a\n", ["row 2", "column age", "'nan'"]),
        (f"{HEADER}S1,f,121,a\n", ["row 2", "column age", "'121'"]),
        ("<!DOCTYPE html>", ["web page"]),
    ],
)
def test_refused(tmp_path, text, words):
    """The error for a wrong table names row and column, and how to fix it."""
    path = tmp_path / "who.csv"
    path.write_text(text)
    with pytest.raises(DataError) as refused:
        read_demographics(path)
    assert all(word in str(refused.value) for word in [str(path), *words])


@LAW
@given(st.lists(st.sampled_from("abcdef"), max_size=60))
def test_small_groups_are_withheld(names):
    """No shown group is small, and withheld sizes cannot be computed by subtraction."""
    found = groups(people(*names), "sex")
    assert all(size >= LEAST for size in found.sizes.values())
    shown = set(found.sizes)
    assert shown.isdisjoint(found.withheld)
    assert shown | set(found.withheld) == set(names)
    hidden = sum(name in found.withheld for name in names)
    if found.withheld and found.sizes:
        assert len(found.withheld) > 1
        assert hidden >= LEAST


def related(names, emotions):
    """Associates groups with emotions; each subject has two images of one emotion."""
    rows = [
        sample(f"S{n:03d}", k, high_level=emotion)
        for n, emotion in enumerate(emotions)
        for k in (1, 2)
    ]
    table, who = table_of(rows), people(*names)
    return associate(table, who, groups(who, "sex"), levels(table)[0])


def test_groups_that_decide():
    """V is 1 where the group decides the emotion; chance gives much less."""
    link = related("a" * 12 + "b" * 12, ["negative"] * 12 + ["positive"] * 12)
    assert link.plain == pytest.approx(1)
    assert link.corrected > 0.97
    assert link.chance < 0.75
    assert (link.table.sum(), link.subjects) == (48, 24)


def test_images_of_one_person_are_alike():
    """Chance permutes subjects: it grows if each subject shows one emotion only."""
    generator = np.random.default_rng(3)
    emotions = generator.choice(["negative", "positive"], 24).tolist()
    assert related("ab" * 12, emotions).chance > 0.25


def test_nothing_to_compare():
    """A single group has no association; with a single emotion it is undefined."""
    assert related("a" * 12, ["negative", "positive"] * 6) is None
    assert math.isnan(related("ab" * 6, ["negative"] * 12).plain)
