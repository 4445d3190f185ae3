"""Associations of demographic groups with emotions."""

import math

import numpy as np
import pytest

from data_pipeline.demographics.groups import groups
from data_pipeline.exploration.demographics import associate
from data_pipeline.exploration.labelled import levels
from tests.data_pipeline.demographics.test_table import people
from tests.strategies.tables import sample, table_of


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
