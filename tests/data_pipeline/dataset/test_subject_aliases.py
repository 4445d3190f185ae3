"""Laws of people and their ids: one person is in one part, whatever the spelling."""

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline import check, explore
from data_pipeline.config.data_config import DataConfig
from data_pipeline.dataset.subject_aliases import (
    group_similar_ids,
    merge_subjects,
    refuse_ambiguous_subjects,
    subject_problems,
)
from data_pipeline.demographics.table import Demographics
from data_pipeline.development import read_table
from data_pipeline.system.errors import DataError, StudyError
from search.final.exported_config import config_text
from search.inputs.prepare import data_identity
from search.inputs.run import Run
from search.inputs.study_data import read_labels
from search.ledger.records import TrialRecord
from search.study.study import read_study
from tests.factories.runs import STUDY, run_main, searched, write_study
from tests.strategies.tables import ckplus_sized, sample, table_of, write_table

OTHERS = ("s010", "S-010", "S 010", "S_010", "S10", "S0010", "SO1O", "So10", "SOlO")
OTHERS += ("\uff33010", "\u0405010", "S.010", " S010")  # full width, Cyrillic
OTHERS += ("S0\u200b10", "S01\u00ad0")  # invisible letters
APART = ("S011", "S100", "S0101", "P010", "S0-10", "010", "S010b")


@pytest.mark.parametrize("other", OTHERS)
def test_one_person(other):
    """Ids that differ in case, separators, leading zeros or O for 0 are one person."""
    assert group_similar_ids(["S010", other, "S011"]) == [
        tuple(sorted(("S010", other)))
    ]


@pytest.mark.parametrize("other", APART)
def test_two_people(other):
    """Another number, prefix or suffix is another person."""
    assert group_similar_ids(["S010", other]) == []


def test_no_false_alarm():
    """All ids that CK+ could give, and sites with numbered subjects, are people."""
    assert group_similar_ids([f"S{number:03d}" for number in range(1000)]) == []
    assert group_similar_ids([f"{a}-{b}" for a in range(30) for b in range(30)]) == []
    assert group_similar_ids(["KA", "KL", "KM", "LF-201", "IF-201", "Ola", "Ila"]) == []
    assert subject_problems(ckplus_sized(), {}) == []


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=6), unique=True))
def test_groups(ids):
    """No id is in two groups, whatever the order; an id apart is in none."""
    groups = group_similar_ids(ids)
    named = [name for group in groups for name in group]
    assert len(named) == len(set(named)) <= len(ids)
    assert group_similar_ids(ids[::-1]) == groups
    assert group_similar_ids(ids, apart=ids[1:]) == []


def two_names():
    """Makes a table of a person under three ids, and two others."""
    names = ["S010", "S010", "s010", "S-010", "S011", "S012"]
    return table_of([sample(name, number) for number, name in enumerate(names)])


def test_message():
    """The refusal names every id, its place, and the lines to write."""
    with pytest.raises(DataError) as refused:
        refuse_ambiguous_subjects(subject_problems(two_names(), {}))
    message = str(refused.value)
    assert "S010 (data_labels.csv row 2)" in message
    assert "s010 (data_labels.csv row 4)" in message
    assert '"S-010" = "S010", "s010" = "S010" for one person' in message
    assert '"S-010" = "S-010", "s010" = "s010" for 3 persons' in message


def test_joined():
    """Ids that the study file joins are one subject; separate ones give no warning."""
    one = {"s010": "S010", "S-010": "S010"}
    table = merge_subjects(two_names(), one)
    assert list(table.frame["subject"]) == ["S010"] * 4 + ["S011", "S012"]
    assert subject_problems(table, one) == []
    several = {"s010": "s010", "S-010": "S-010"}
    assert merge_subjects(two_names(), several).frame.equals(two_names().frame)
    assert subject_problems(two_names(), several) == []
    assert len(subject_problems(two_names(), {"s010": "s010"})) == 1


@pytest.mark.parametrize("subjects", [{"s01": "S010"}, {"s010": "S01O"}])
def test_unknown_id(subjects):
    """A mapping from or to an id that the data do not have is refused."""
    with pytest.raises(DataError, match=r'"(s01|S01O)"; did you mean'):
        merge_subjects(two_names(), subjects)


def test_no_subjects():
    """Data without subjects cannot join any."""
    with pytest.raises(DataError, match="they have no subjects: drop"):
        merge_subjects(table_of([sample(None, 1)]), {"s010": "S010"})


def test_entries_can_be_copied():
    """The lines that a refusal suggests are TOML, whatever the ids hold."""
    names = ['S"010', 's"010', "s\\010", "S\t010"]
    table = table_of([sample(name, number) for number, name in enumerate(names)])
    (problem,) = subject_problems(table, {})
    entries = problem.message.partition(" write ")[2].partition(" for one person")[0]
    subjects = tomllib.loads("s = {" + entries + "}")["s"]
    assert subject_problems(merge_subjects(table, subjects), subjects) == []


def test_demographics_are_joined():
    """A person is found under either id; the row under the study's id comes first."""
    other = Demographics(people={"s010": {"sex": "f"}, "S011": {"sex": "m"}})
    renamed = other.joined({"s010": "S010"})
    assert renamed.people == {"S010": {"sex": "f"}, "S011": {"sex": "m"}}
    both = Demographics(people={"S010": {"sex": "m"}, "s010": {"sex": "f"}})
    assert both.joined({"s010": "S010"}).people == {"S010": {"sex": "m"}}


def test_chain():
    """An id that is mapped to a mapped id is refused with the right entry."""
    setting = 'data.subjects={ "S-010" = "s010", "s010" = "S010" }'
    with pytest.raises(StudyError, match=r'write "S-010" = "S010"'):
        read_study("ckplus", settings=[setting])


@pytest.fixture
def spelled(tmp_path):
    """Writes a table of 10 people, one of them under two ids."""
    rows = [
        f"{name},{number},images/{name}-{number}.png,{number % 2},{emotion}"
        for name in (*(f"S{number:03d}" for number in range(10)), "s-7")
        for number, emotion in enumerate(("positive", "negative", "surprise"))
    ]
    header = "subject,sequence,filepath,AU1,high_level_emotion"
    write_table(tmp_path / "data", header, *rows)
    return tmp_path / "data"


MAPPED = STUDY.replace("[split]", '[data.subjects]\n"s-7" = "S007"\n[split]')


def test_every_command(spelled, tmp_path):
    """A search, the check and the page refuse the same person under two ids."""
    study = write_study(tmp_path, text=STUDY)
    answer = searched(study, spelled, tmp_path / "runs")
    assert answer.code == 2
    assert "S007 (data_labels.csv row 23); s-7 (data_labels.csv row 32)" in answer.err
    assert not (tmp_path / "runs").exists()
    words = ("--study", str(study), "--data", str(spelled))
    answer = run_main(check.main, *words)
    assert answer.code == 1
    assert "one person under several ids: 1" in answer.out
    assert run_main(explore.main, *words, "--out", str(tmp_path / "page")).code == 2


def identity(study, data):
    """Identifies the data of a run."""
    return data_identity(Run(study=study, data=data, folder=None))


def test_mapping_in_a_run(spelled, tmp_path):
    """Joined people are one subject of the split, and part of the run's identity."""
    study = read_study(str(write_study(tmp_path, text=MAPPED)))
    labelled = read_labels(study, spelled, synthetic=False)
    people = {*labelled.split.hold_out.subjects}
    people |= set(labelled.split.development.frame["subject"])
    assert len(people) == 10
    assert study.identity()["data.subjects"] == {"s-7": "S007"}
    assert read_study("ckplus").identity()["data.subjects"] == {}
    apart = read_study(
        str(write_study(tmp_path, text=STUDY)),
        settings=['data.subjects={ "s-7" = "s-7" }'],
    )
    other = read_labels(apart, spelled, synthetic=False)
    assert identity(study, labelled) != identity(apart, other)


def test_mapping_is_written(tmp_path):
    """A run's study file and an exported configuration keep the mapping."""
    study = read_study(str(write_study(tmp_path, text=MAPPED)))
    (tmp_path / "again.toml").write_text(study.text())
    assert read_study(str(tmp_path / "again.toml")).data == study.data
    record = TrialRecord(
        number=1,
        state="COMPLETE",
        reason="",
        curve={},
        values={},
        value=0.5,
        attributes={"epoch": 1, "thresholds": {}},
    )
    text = config_text(study, record, synthetic=False)
    assert 'subjects = {s-7 = "S007"}' in text
    json.dumps(study.identity())


def test_table_is_read_joined(spelled):
    """The one door to a study's table joins people."""
    data = DataConfig(
        dataset="ckplus",
        targets=("emotion",),
        image_size=32,
        subjects={"s-7": "S007"},
    )
    assert read_table(spelled, data, None).frame["subject"].nunique() == 10
