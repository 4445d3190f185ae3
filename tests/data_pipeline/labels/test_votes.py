"""Laws of the label rules, with the worked examples and counts of the real votes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.config.data_config import DataConfig
from data_pipeline.fer2013.ferplus_csv import read_ferplus
from data_pipeline.labels.labels import FERPLUS_EMOTIONS, FERPLUS_PARTITIONS
from data_pipeline.labels.votes import RULES, vote_distributions
from data_pipeline.targets.emotion_labels import scored_rule
from tests.factories.data.fer2013 import VOTES, needs_votes

# Votes; majority; crossentropy; multi_target. None is a row that is dropped.
EXAMPLES = (
    ("4,0,0,1,3,2,0,0,0,0", None, "neutral .571 anger .429", "neutral .571 anger .429"),
    ("6,0,1,1,0,0,0,0,2,0", "neutral 1", "neutral 1", "neutral 1"),
    (
        "5,0,0,3,1,0,0,0,1,0",
        "neutral 1",
        "neutral .625 sadness .375",
        "neutral .625 sadness .375",
    ),
    ("4,0,0,4,1,0,0,0,1,0", None, "neutral .5 sadness .5", "neutral .5 sadness .5"),
    ("0,0,0,0,4,0,0,0,2,4", None, None, "anger 1"),
    ("0,0,0,0,0,0,0,0,0,10", None, None, None),
)
COUNTS = {
    "majority": (25060, 3199, 3153),
    "probability": (27956, 3505, 3505),
    "crossentropy": (27956, 3505, 3505),
    "multi_target": (27671, 3472, 3472),
    "argmax": (28389, 3553, 3546),
}
CLASSES = {
    "majority": (
        (8740, 7287, 3149, 3014, 2100, 119, 532, 119),
        (1182, 865, 415, 351, 287, 24, 62, 13),
        (1090, 893, 396, 384, 273, 18, 83, 16),
    ),
    "argmax": (
        (10309, 7528, 3562, 3515, 2467, 191, 652, 165),
        (1335, 899, 456, 412, 319, 34, 74, 24),
        (1262, 928, 444, 444, 325, 23, 93, 27),
    ),
}

ROWS = st.lists(
    st.lists(st.integers(0, 9), min_size=10, max_size=10).map(
        lambda marks: np.bincount(marks, minlength=10).tolist()
    ),
    min_size=1,
    max_size=8,
)


def distribution(text):
    """Reads an example's distribution."""
    shares = np.zeros(len(FERPLUS_EMOTIONS))
    words = (text or "").split()
    for name, share in zip(words[::2], words[1::2], strict=True):
        shares[FERPLUS_EMOTIONS.index(name)] = float(share)
    return shares


@pytest.fixture(scope="module")
def real():
    """The votes of the named rows, and their parts."""
    rows = [row for row in read_ferplus(VOTES) if row.name is not None]
    return np.array([row.votes for row in rows]), np.array([row.usage for row in rows])


@pytest.mark.parametrize("example", EXAMPLES, ids=[row[0] for row in EXAMPLES])
def test_worked_examples(example):
    """Microsoft's rules give the worked examples of the description."""
    votes = np.array([[int(count) for count in example[0].split(",")]])
    rules = ("majority", "crossentropy", "multi_target")
    for rule, wanted in zip(rules, example[1:], strict=True):
        shares, kept = vote_distributions(votes, rule)
        assert kept.tolist() == [wanted is not None]
        assert shares[0] == pytest.approx(distribution(wanted), abs=5e-4)


@pytest.mark.parametrize(
    ("votes", "rule", "wanted"),
    [
        # Three emotions tie: all are taken; a fourth makes too many.
        ((3, 3, 3, 0, 0, 0, 0, 0, 1, 0), "crossentropy", (0, 1, 2)),
        ((2, 2, 2, 2, 2, 0, 0, 0, 0, 0), "crossentropy", ()),
        # Unknown ends the walk, and is not taken after an emotion.
        ((6, 0, 0, 0, 0, 0, 0, 0, 4, 0), "crossentropy", (0,)),
        ((4, 0, 0, 0, 0, 0, 0, 0, 6, 0), "crossentropy", ()),
        # Single votes are slips: nothing is left.
        ((1, 1, 1, 1, 1, 1, 1, 1, 1, 1), "majority", ()),
        ((1, 1, 1, 1, 1, 1, 1, 1, 1, 1), "crossentropy", ()),
        ((1, 1, 1, 1, 1, 1, 1, 1, 1, 1), "multi_target", ()),
        ((1, 1, 1, 1, 1, 1, 1, 1, 1, 1), "argmax", (0,)),
        # One vote for unknown or no face is too much for the strict rule.
        ((9, 0, 0, 0, 0, 0, 0, 0, 1, 0), "strict", ()),
        ((9, 0, 0, 0, 0, 0, 0, 0, 0, 1), "strict", ()),
        ((2, 3, 0, 3, 0, 1, 1, 0, 0, 0), "strict", (1,)),
    ],
)
def test_corners(votes, rule, wanted):
    """Ties, single votes and votes for no emotion follow the rules."""
    shares, kept = vote_distributions(np.array([votes]), rule)
    assert np.flatnonzero(shares[0]).tolist() == list(wanted)
    assert kept.tolist() == [bool(wanted)]


@given(ROWS, st.sampled_from(sorted(RULES)))
def test_distributions(rows, rule):
    """A kept row sums to 1 over emotions with votes; a dropped row is zero."""
    votes = np.array(rows)
    shares, kept = vote_distributions(votes, rule)
    assert shares.shape == (len(rows), 8)
    assert shares.sum(axis=1) == pytest.approx(kept.astype(float))
    assert not shares[votes[:, :8] == 0].any()


@given(ROWS, st.sampled_from(sorted(RULES)))
def test_rows_alone(rows, rule):
    """A row's label depends on that row only."""
    votes = np.array(rows)
    shares, _ = vote_distributions(votes, rule)
    for row, share in zip(votes, shares, strict=True):
        assert vote_distributions(row[None], rule)[0][0].tolist() == share.tolist()


@given(ROWS)
def test_majority_wins_everywhere(rows):
    """The majority class is the most frequent under every other rule too."""
    votes = np.array(rows)
    wanted, kept = vote_distributions(votes, "majority")
    for rule in ("crossentropy", "multi_target", "argmax"):
        shares, _ = vote_distributions(votes, rule)
        assert (shares.argmax(axis=1) == wanted.argmax(axis=1))[kept].all()


def test_scored_rules():
    """Training rules are scored by majority; argmax and strict score themselves."""
    assert {rule: scored_rule(rule) for rule in RULES} == {
        "majority": "majority",
        "probability": "majority",
        "crossentropy": "majority",
        "multi_target": "majority",
        "argmax": "argmax",
        "strict": "strict",
    }


@needs_votes
@pytest.mark.parametrize("rule", COUNTS)
def test_real_counts(real, rule):
    """Each rule keeps exactly the published numbers of images of each part."""
    votes, usages = real
    shares, kept = vote_distributions(votes, rule)
    parts = [kept & (usages == usage) for usage in FERPLUS_PARTITIONS]
    assert tuple(int(part.sum()) for part in parts) == COUNTS[rule]
    for part, wanted in zip(parts, CLASSES.get(rule, ()), strict=False):
        found = np.bincount(shares[part].argmax(axis=1), minlength=8)
        assert tuple(found) == wanted


@needs_votes
def test_multi_target_cuts_other_votes(real):
    """So many rows of multi_target carry unknown or no face, which is cut off."""
    votes, _ = real
    _, kept = vote_distributions(votes, "multi_target")
    taken = [RULES["multi_target"](row) for row in votes[kept]]
    assert sum(bool(row[8:].any()) for row in taken) == 885


def test_a_rule_from_outside(monkeypatch):
    """A rule is one function and one entry of the table; studies can then name it."""
    monkeypatch.setitem(RULES, "all_votes", lambda votes: votes)
    data = DataConfig(
        dataset="ferplus",
        targets=["emotion"],
        emotions="ferplus",
        labels="all_votes",
        image_size=48,
    )
    votes = np.array([[5, 0, 0, 3, 2, 0, 0, 0, 0, 0]])
    shares, _ = vote_distributions(votes, data.labels)
    assert shares[0][:5].tolist() == pytest.approx([0.5, 0, 0, 0.3, 0.2])
    assert scored_rule(data.labels) == "majority"
