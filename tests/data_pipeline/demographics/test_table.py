"""Demographics: the table of the subjects, and groups that may be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline import check
from data_pipeline.demographics.groups import (
    LEAST,
    groups,
    groups_of_rows,
    ordered,
)
from data_pipeline.demographics.table import (
    BANDS,
    Demographics,
    people_of,
    read_demographics,
)
from data_pipeline.system.errors import DataError
from tests.factories.data.clean_tree import SUBJECTS, write_clean
from tests.factories.runs import STUDY, run_main, write_study
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


@LAW
@given(st.lists(st.sampled_from([name for _, name in BANDS]), max_size=60))
def test_ages_are_in_their_order(names):
    """Age bands are listed by age, whatever their sizes."""
    found = ordered(groups(people(*names, attribute="age"), "age"))
    order = [name for _, name in BANDS]
    assert found == sorted(found, key=order.index)


def test_people_of_a_table(tmp_path):
    """Only subjects of the data count, by any of their ids; others have no group."""
    path = tmp_path / "who.csv"
    path.write_text(f"{HEADER}S001,f,,\nS20,,30,\nS999,m,,\n")
    table = table_of([sample(f"S{n:03d}", 1) for n in (1, 2, 3)])
    found = people_of(table, path, {"S20": "S002"})
    assert set(found.people) == {"S001", "S002"}
    assert found.missing == 1
    assert groups_of_rows(table, found, "sex").tolist() == ["f", "", ""]
    assert groups_of_rows(table, found, "age").tolist() == ["", "25 to 34", ""]


def test_strangers_are_refused(tmp_path):
    """A table that names nobody of the data is refused with both spellings."""
    path = tmp_path / "who.csv"
    path.write_text(f"{HEADER}1,f,,\n")
    with pytest.raises(DataError, match=r"example 1, .* example S001; write the ids"):
        people_of(table_of([sample("S001", 1)]), path, {})
    nameless = table_of([sample(None, 1)])
    with pytest.raises(DataError, match=r"name none; remove the key"):
        people_of(nameless, path, {})


def test_the_check_reads_the_table_that_a_study_names(tmp_path):
    """A missing table is a problem; one beside the images is no foreign file."""
    root = write_clean(tmp_path / "tree")
    text = STUDY.replace("[split]", 'demographics = "demographics.csv"\n[split]')
    words = ("--study", str(write_study(tmp_path, text=text)), "--data", str(root))
    answer = run_main(check.main, *words)
    assert answer.code == 1
    assert "demographics.csv: the file cannot be read" in " ".join(answer.out.split())
    lines = "".join(f"{who},f,30,\n" for who in SUBJECTS)
    (root / "demographics.csv").write_text(HEADER + lines)
    answer = run_main(check.main, *words)
    assert (answer.code, "demographics" in answer.out) == (0, False)
