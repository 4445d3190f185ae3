"""Faces keep their numbers while they move little from frame to frame."""

from hypothesis import given, settings
from hypothesis import strategies as st

from models.live.identities import PATIENCE, Identities

SIDE = 50.0
lanes = st.permutations(range(4))
steps = st.lists(st.tuples(*[st.floats(-0.12, 0.12)] * 2), min_size=1, max_size=12)
"""Places of a face in its lane, so that a move is of 0.24 of its side at most."""


def box(lane, shift=(0.0, 0.0)):
    """Places a face in one of several lanes, two widths apart."""
    return (2 * SIDE * lane + shift[0] * SIDE, 40.0 + shift[1] * SIDE, SIDE, SIDE)


@given(lanes, lanes, steps)
@settings(max_examples=30, deadline=None)
def test_small_moves_keep_numbers_in_any_order(first, later, shifts):
    """Whatever order the detector gives them in, faces keep their numbers."""
    identities = Identities()
    numbers = dict(
        zip(first, identities.number([box(n) for n in first], 0.0), strict=True)
    )
    assert sorted(numbers.values()) == [1, 2, 3, 4]
    for frame, shift in enumerate(shifts, start=1):
        boxes = [box(lane, shift) for lane in later]
        found = identities.number(boxes, 0.1 * frame)
        assert found == tuple(numbers[lane] for lane in later)


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_no_two_faces_share_a_number(places):
    """Numbers of one frame differ, however close its faces are."""
    identities = Identities()
    for now in (0.0, 0.1):
        boxes = [(place, 0.0, SIDE, SIDE) for place in places]
        assert len(set(identities.number(boxes, now))) == len(places)


def test_slow_frames_lose_no_face():
    """A face of the last frame keeps its number, however long ago that was."""
    identities = Identities()
    times = (0.0, 5.0, 90.0)
    assert [identities.number([box(0)], now) for now in times] == [(1,)] * 3


def test_a_short_absence_is_bridged_and_a_long_one_is_not():
    """A face that is missed keeps its number for a second, then gets a new one."""
    identities = Identities()
    assert identities.number([box(0), box(1)], 0.0) == (1, 2)
    assert identities.number([box(1)], 0.5) == (2,)
    assert identities.number([box(0), box(1)], 0.9) == (1, 2)
    assert identities.number([box(1)], 1.0) == (2,)
    assert identities.number([box(1), box(0)], 1.0 + 2 * PATIENCE) == (2, 3)
