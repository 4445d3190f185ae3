"""The verdict on a replayed trial, and its table."""

import re

import pytest

from search.reports.replay_report import Replay, ReplayedValue


def replay(*pairs, tolerance=0.0, ends=("completed", "completed"), changes=()):
    """Makes a replay of one fold from pairs of recorded and replayed values."""
    values = [
        ReplayedValue(fold=1, epoch=epoch, recorded=before, replayed=after)
        for epoch, (before, after) in enumerate(pairs, start=1)
    ]
    return Replay(
        run="tiny",
        trial=3,
        values=tuple(values),
        tolerance=tolerance,
        ends=ends,
        changes=changes,
    )


SAME = (0.5, 0.5)


@pytest.mark.parametrize(
    ("found", "equal", "words"),
    [
        (replay(SAME, SAME), True, "all 2 values are equal to the bit"),
        (replay(SAME, (0.25, 0.25 + 2**-40)), False, "1 of 2 .* in fold 1 epoch 2"),
        (replay(SAME, tolerance=0.01), True, "all 1 values are equal to the bit"),
        (replay((0.5, 0.508), tolerance=0.01), True, "is 0.008; 0.01 is allowed"),
        (replay((0.5, 0.52), tolerance=0.01), False, "the most 0.02 .* is allowed"),
        (replay(SAME, (0.5, None), tolerance=1.0), False, "1 of 2 values differ"),
        (replay(SAME, (None, 0.5), tolerance=1.0), False, "1 of 2 values differ"),
        (
            replay(SAME, ends=("diverged", "does not diverge")),
            False,
            "recorded: diverged; replayed: does not diverge",
        ),
    ],
)
def test_verdict(found, equal, words):
    """Equal is every value within the tolerance, none missing, and the same end."""
    last = str(found).splitlines()[-1]
    assert found.equal == equal
    assert last.startswith("equal:" if equal else "different:")
    assert re.search(words, last)


def test_table():
    """Changes come first; then each epoch is a line, with - for what is missing."""
    found = replay((0.5, 0.25), (0.125, None), changes=("changed: keras",))
    first, head, one, two, _ = str(found).splitlines()
    assert first == "changed: keras"
    assert head.split() == ["fold", "epoch", "recorded", "replayed", "difference"]
    assert one.split() == ["1", "1", "0.500000", "0.250000", "0.25"]
    assert two.split() == ["1", "2", "0.125000", "-", "-"]
    assert found._repr_html_().startswith("<pre>changed")
