"""Targets: unknown labels are masked, never 0; classes do not depend on the rows."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given

from data_pipeline.system.errors import DataError
from data_pipeline.targets.targets import read_targets
from tests.strategies.tables import (
    BASIC,
    HIGH_LEVEL,
    LAW,
    UNITS,
    sample,
    table_of,
    tables,
)

BOTH = ("emotion", "action_units")


def labelled(table):
    """Assumes that the table has a label of each kind."""
    assume(table.frame["high_level_emotion"].notna().any())
    assume(table.frame[list(UNITS)].notna().any(axis=None))
    return table


@LAW
@given(tables())
def test_round_trip(table):
    """The table's labels can be recovered from the arrays."""
    targets = read_targets(labelled(table), wanted=BOTH, emotions="high_level")
    message = [
        targets.emotions[row.argmax()] if has_emotion else None
        for row, has_emotion in zip(targets.emotion, targets.emotion_mask, strict=True)
    ]
    assert message == table.frame["high_level_emotion"].tolist()
    for column, unit in enumerate(targets.action_units):
        present = table.frame[unit]
        mask = targets.action_unit_mask[:, column]
        assert mask.tolist() == present.notna().tolist()
        assert targets.action_unit[mask, column].tolist() == present.dropna().tolist()


@LAW
@given(tables())
def test_masked_is_zero(table):
    """Masked values are 0, labelled emotions sum to 1, and types suit Keras."""
    targets = read_targets(labelled(table), wanted=BOTH, emotions="high_level")
    assert targets.emotion.dtype == targets.action_unit.dtype == np.float32
    assert targets.emotion_mask.dtype == targets.action_unit_mask.dtype == bool
    assert targets.emotion.sum(axis=1).tolist() == targets.emotion_mask.tolist()
    assert not targets.action_unit[~targets.action_unit_mask].any()


@LAW
@given(tables())
def test_take_commutes(table):
    """Taking rows of targets is reading targets of the rows."""
    table = labelled(table)
    rows = np.flatnonzero(table.frame["high_level_emotion"].notna())
    assume(table.take(rows).frame[list(UNITS)].notna().any(axis=None))
    whole = read_targets(table, wanted=BOTH, emotions="high_level").take(rows)
    part = read_targets(table.take(rows), wanted=BOTH, emotions="high_level")
    assert whole.emotions == part.emotions
    for name in ("emotion", "emotion_mask", "action_unit", "action_unit_mask"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(part, name))


def test_classes():
    """Classes are the level's, in one order, whether or not they occur."""
    table = table_of([sample("S005", 1, basic="fear", high_level="negative")])
    high = read_targets(table, wanted=("emotion",), emotions="high_level")
    basic = read_targets(table, wanted=("emotion",), emotions="basic")
    assert (high.emotions, basic.emotions) == (HIGH_LEVEL, BASIC)
    assert basic.emotion.tolist() == [[0, 0, 0, 1, 0, 0, 0]]


def test_neutral():
    """A neutral face is none of the seven emotions: it is masked."""
    rows = [sample("S005", 1, basic="neutral", high_level=None)]
    table = table_of([*rows, sample("S005", 2, basic="fear")])
    targets = read_targets(table, wanted=("emotion",), emotions="basic")
    assert targets.emotion_mask.tolist() == [False, True]


def test_unwanted():
    """A target that is not wanted has no columns."""
    table = table_of([sample("S005", 1)])
    targets = read_targets(table, wanted=("action_units",), emotions="high_level")
    assert targets.emotions == ()
    assert targets.emotion.shape == (1, 0)
    assert not targets.emotion_mask.any()
    targets = read_targets(table, wanted=("emotion",), emotions="high_level")
    assert targets.action_unit.shape == targets.action_unit_mask.shape == (1, 0)


@pytest.mark.parametrize(
    ("wanted", "emotions", "message"),
    [
        (("emotion",), "basic", r'no basic emotion.*emotions = "high_level"'),
        (("action_units",), "high_level", r'no action units.*targets = \["emotion"\]'),
        (
            ("valence_arousal",),
            "basic",
            "no valence and arousal.*read data with ratings",
        ),
        (("emotion", "age"), "basic", "found .*age"),
        ((), "basic", "one or more"),
        (("emotion",), "seven", "affectnet7, ferplus, own, found .seven."),
    ],
)
def test_refused(wanted, emotions, message):
    """A missing target is refused with the targets that the data have."""
    table = table_of([sample("S005", 1, units=(None, None, None))])
    with pytest.raises(DataError, match=message):
        read_targets(table, wanted=wanted, emotions=emotions)


def test_valence_arousal():
    """Ratings stay as they are, each masked and 0 where it is missing."""
    rated = replace(sample("S005", 1), valence=-0.5, arousal=1.0)
    half = replace(sample("S005", 2), arousal=0.0)
    table = table_of([rated, half, sample("S005", 3)])
    targets = read_targets(table, wanted=("valence_arousal",), emotions="basic")
    assert targets.dimensions == table.dimensions == ("valence", "arousal")
    assert targets.valence_arousal.dtype == np.float32
    assert targets.valence_arousal.tolist() == [[-0.5, 1.0], [0.0, 0.0], [0.0, 0.0]]
    assert targets.valence_arousal_mask.tolist() == [
        [True, True], [False, True], [False, False],
    ]  # fmt: skip
    part = targets.take(np.array([2, 0]))
    assert part.valence_arousal.tolist() == [[0.0, 0.0], [-0.5, 1.0]]
    unwanted = read_targets(table, wanted=("action_units",), emotions="basic")
    assert unwanted.valence_arousal.shape == unwanted.valence_arousal_mask.shape
    assert unwanted.valence_arousal.shape == (3, 0)


def test_part():
    """A part of a table may lack labels that the whole has: they are masked."""
    table = table_of([sample("S005", 1, high_level=None, units=(None, None, None))])
    targets = read_targets(table, wanted=BOTH, emotions="basic", required=False)
    assert targets.emotions == BASIC
    assert not targets.emotion_mask.any()
    assert not targets.action_unit_mask.any()


def test_no_emotion_at_all():
    """Data without any emotion are sent to action units."""
    table = table_of([sample("S005", 1, high_level=None)])
    with pytest.raises(DataError, match=r'targets = \["action_units"\]'):
        read_targets(table, wanted=("emotion",), emotions="high_level")


def test_intensities():
    """Intensities stay as they are; present without one is masked, and 0 there."""
    rows = [
        replace(sample("S005", 1), intensities={"AU17": 4, "AU1": 0, "AU12": None}),
        sample("S005", 2),
    ]
    table = table_of(rows)
    wanted = ("action_units", "action_unit_intensities")
    targets = read_targets(table, wanted=wanted, emotions="basic")
    assert targets.intensities == targets.action_units == UNITS
    assert targets.intensity.dtype == np.float32
    assert targets.intensity.tolist() == [[4, 0, 0], [0, 0, 0]]
    assert targets.intensity_mask.tolist() == [[True, True, False], [False] * 3]
    assert targets.action_unit_mask.all()
    part = targets.take(np.array([1]))
    assert not part.intensity_mask.any()
    alone = read_targets(table, wanted=wanted[1:], emotions="basic")
    assert alone.labelled().tolist() == [True, False]
    unwanted = read_targets(table, wanted=wanted[:1], emotions="basic")
    assert unwanted.intensity.shape == unwanted.intensity_mask.shape == (2, 0)
    with pytest.raises(DataError, match="no intensities of action units"):
        read_targets(table_of(rows[1:]), wanted=wanted[1:], emotions="basic")
