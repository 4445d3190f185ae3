"""Laws of the plan of the synthetic faces: CK+'s counts, before any pixel."""

import math
from collections import Counter

import numpy as np
import pytest

from data_pipeline.labels.labels import (
    CKPLUS_ACTION_UNITS,
    COURSEWORK_ACTION_UNITS,
    HIGH_LEVEL_OF,
    Emotion,
)
from data_pipeline.synthetic.population.expressions import code
from data_pipeline.synthetic.population.plan import (
    EMOTION_COUNTS,
    NAMED_COUNTS,
    plan,
    scaled,
)
from data_pipeline.synthetic.population.subjects import (
    MOST_SUBJECTS,
    sample_subject,
    subject_ids,
)
from data_pipeline.system.errors import DataError

REAL_COUNTS = dict(
    zip(
        COURSEWORK_ACTION_UNITS,
        (202, 177, 117, 292, 81, 194, 121, 60, 58, 123, 131, 94, 37, 34, 41),
        strict=True,
    )
)
SEEDS = (1, 2, 3)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_default_plan_has_the_emotions_of_ckplus(seed):
    """123 subjects show 328 negative, 121 positive and 111 surprised peaks."""
    rows = [row for row in plan(123, seed) if row.emotion is not None]

    counts = Counter(str(HIGH_LEVEL_OF[row.emotion]) for row in rows)

    assert counts == {"negative": 328, "positive": 121, "surprise": 111}
    assert len({row.subject for row in rows}) == 123


@pytest.mark.parametrize("seed", SEEDS)
def test_the_official_plan_has_593_sequences_of_which_327_are_named(seed):
    """The official tree adds unnamed sequences and names 327, as CK+ does."""
    rows = plan(123, seed)

    named = Counter(row.emotion for row in rows if row.named)

    assert len(rows) == 593
    assert named == NAMED_COUNTS
    assert sum(named.values()) == 327


@pytest.mark.parametrize("seed", SEEDS)
def test_action_units_are_as_frequent_as_in_ckplus(seed):
    """Each unit of the table is coded about as often as in the real table."""
    rows = [row for row in plan(123, seed) if row.emotion is not None]

    counts = Counter(unit for row in rows for unit in row.coded)

    for unit, real in REAL_COUNTS.items():
        # Four standard deviations of a Poisson count, and the table's own bias.
        assert abs(counts[unit] - real) <= 4 * math.sqrt(real), f"AU{unit}"


def test_every_unit_is_shown_at_every_intensity():
    """All eighteen units are drawn, each from a trace to the maximum."""
    shown = {pair for row in plan(123, 1) for pair in row.shown.items()}

    levels = {unit: {level for u, level in shown if u == unit} for unit, _ in shown}

    assert set(levels) == set(CKPLUS_ACTION_UNITS)
    assert all(found == {1, 2, 3, 4, 5} for found in levels.values())


@pytest.mark.parametrize("seed", SEEDS)
def test_the_stretched_mouth_is_surprise_alone(seed):
    """AU27 is shown and coded in surprise only."""
    rows = [row for row in plan(123, seed) if {27} & (row.coded.keys() | row.shown)]

    assert {row.emotion for row in rows} == {Emotion.SURPRISE}


@pytest.mark.parametrize("subjects", [2, 20, 123])
def test_exactly_one_row_has_no_unit_of_the_table(subjects):
    """One row is all zeros, and its face is coded with other units."""
    rows = [row for row in plan(subjects, 1) if row.emotion is not None]

    empty = [row for row in rows if not row.coded.keys() & set(COURSEWORK_ACTION_UNITS)]

    assert len(empty) == 1
    assert empty[0].coded


def test_rows_per_subject_are_one_to_ten_with_gaps_in_their_numbers():
    """Subjects have 1..10 rows, numbered within 1..13 and not without gaps."""
    rows = [row for row in plan(123, 1) if row.emotion is not None]

    sizes = Counter(row.subject for row in rows)
    numbers = {row.number for row in rows}

    assert set(sizes.values()) <= set(range(1, 11))
    assert 8 <= sum(size == 1 for size in sizes.values()) <= 25
    assert numbers <= set(range(1, 14))
    assert len({row.name for row in rows}) == len(rows)
    assert {row.peak for row in rows} <= set(range(4, 72))


def test_coders_miss_and_add_units():
    """Labels differ from what is shown, more often where it is weak."""
    rows = plan(123, 1)

    missed = Counter(
        level
        for row in rows
        for unit, level in row.shown.items()
        if unit not in row.coded
    )
    shown = Counter(level for row in rows for level in row.shown.values())
    added = sum(len(row.coded.keys() - row.shown.keys()) for row in rows)

    assert missed[1] / shown[1] > missed[5] / shown[5]
    assert 0 < added < 0.05 * sum(shown.values())


def test_a_coder_writes_intensities_of_the_scale():
    """A coded intensity is 0 (not given) or a letter A to E."""
    rng = np.random.default_rng(0)

    written = [code({1: 1, 12: 5, 25: 3}, rng) for _ in range(200)]

    assert {level for row in written for level in row.values()} <= set(range(6))


@pytest.mark.parametrize("subjects", [1, 3, 20, 200])
def test_counts_scale_with_the_number_of_subjects(subjects):
    """Fewer people, proportionally fewer rows; each person has at least one."""
    rows = [row for row in plan(subjects, 1) if row.emotion is not None]

    assert len(rows) == round(560 * subjects / 123)
    assert len({row.subject for row in rows}) == subjects


def test_scaling_by_one_changes_nothing():
    """The full set has exactly its counts."""
    assert scaled(EMOTION_COUNTS, 1.0) == EMOTION_COUNTS


def test_ids_have_gaps_and_jumps():
    """Ids are three digits behind an S, sorted, distinct, not contiguous."""
    ids = subject_ids(123)

    assert list(ids) == sorted(set(ids))
    assert {"S005", "S010", "S501", "S895", "S999"} <= set(ids)
    assert "S006" not in ids


@pytest.mark.parametrize("count", [0, -1, MOST_SUBJECTS + 1])
def test_an_impossible_number_of_subjects_is_refused(count):
    """The message has the maximum and the given number."""
    with pytest.raises(DataError, match=rf"from 1 to {MOST_SUBJECTS}.*got {count};"):
        plan(count, 1)


def test_subjects_differ():
    """Every subject has a distinct face, the same in sets of any size."""
    people = [sample_subject(1, name) for name in subject_ids(123)]

    assert len({(person.nose_length, person.skin) for person in people}) == 123
    assert len({person.hair_style for person in people}) == 6
    assert {person.glasses for person in people} == {"none", "thin", "thick"}
    assert {person.beard for person in people} == {
        "none",
        "stubble",
        "moustache",
        "full",
    }
    assert sample_subject(1, "S005") == people[0]
    assert sample_subject(2, "S005") != people[0]
