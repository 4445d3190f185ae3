"""Splits of own data: by sequence, by image and by given parts with subjects."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.config.data_config import DataConfig
from data_pipeline.config.split_config import SplitConfig
from data_pipeline.dataset.sample_table import Sample, sample_table
from data_pipeline.split.rules import LEAKY, Guarantee
from data_pipeline.split.split import split
from data_pipeline.system.errors import DataError
from search.inputs.scoring_targets import clusters
from search.reports.holdout_report import GUARANTEES
from search.reports.split_report import describe_split
from tests.strategies.tables import LAW

WORDS = ("calm", "tense")


def row(number, *, subject=None, sequence=None, part=None):
    """Makes one row of own data."""
    return Sample(
        image=f"{number:03d}.png",
        place=f"faces.csv row {number + 2}",
        subject=subject,
        sequence=sequence,
        emotion=WORDS[number % 2],
        partition=part,
    )


def table_with(rows):
    """Makes a table of own data."""
    return sample_table(
        rows, root=Path("faces"), source="table", channels=3, words=WORDS
    )


def divided(table, by, folds=2, **keys):
    """Splits a table."""
    return split(table, SplitConfig(by=by, folds=folds, **keys))


def parts_of(parts):
    """Lists the development's rows of each fold, checked to be a partition of it."""
    rows = np.arange(len(parts.development))
    for fold in parts.folds:
        assert sorted([*fold.train, *fold.validation]) == rows.tolist()
    return [set(fold.validation) for fold in parts.folds]


@LAW
@given(st.lists(st.integers(1, 4), min_size=6, max_size=12), st.integers(1, 3))
def test_by_sequence(sizes, folds):
    """No sequence is in two parts, whatever the sizes of the sequences."""
    rows = [
        row(10 * number + at, sequence=f"v{number}")
        for number, size in enumerate(sizes)
        for at in range(size)
    ]
    table = table_with(rows)
    parts = divided(table, "sequence", folds, hold_out=0.3)
    assert parts.guarantee is Guarantee.SEQUENCE
    frame = parts.development.frame
    assert 0 < parts.hold_out.images == len(table) - len(frame)
    sizes_of = table.frame["sequence"].value_counts()
    for sequence, size in frame["sequence"].value_counts().items():
        assert size == sizes_of[sequence]
    for fold in parts.folds:
        train = set(frame["sequence"].iloc[fold.train])
        assert not train & set(frame["sequence"].iloc[fold.validation])
    parts_of(parts)


@LAW
@given(st.integers(8, 40), st.integers(1, 3))
def test_by_image(count, folds):
    """Images are divided, a fifth is held out, with each emotion in its share."""
    table = table_with([row(number) for number in range(count)])
    parts = divided(table, "image", folds)
    assert parts.guarantee is Guarantee.IMAGE
    assert parts.hold_out.images == round(count * 0.2)
    assert parts.hold_out.subjects == ()
    validated = parts_of(parts)
    assert all(validated)
    if folds > 1:
        assert set.union(*validated) == set(range(len(parts.development)))
    assert divided(table, "image", folds).hold_out.key == parts.hold_out.key


def test_the_warning_is_loud():
    """A split by image or sequence begins with a warning about people."""
    table = table_with(
        [row(number, sequence=f"v{number // 2}") for number in range(20)]
    )
    data = DataConfig(dataset="table", targets=("emotion",), image_size=32)
    for by in ("image", "sequence"):
        text = describe_split(divided(table, by), data)
        assert text.startswith(f"Warning: split by {by}. One person may be in")
        assert "calm" in text
    assert set(LEAKY) == {Guarantee.SEQUENCE, Guarantee.IMAGE}
    assert set(map(str, Guarantee)) <= set(GUARANTEES)


def test_bootstrap_of_sequences():
    """By sequence, intervals are over sequences; otherwise over people or images."""
    table = table_with([row(0, sequence="a"), row(1, sequence="a"), row(2)])
    assert clusters(table, "sequence") == ["a", "a", "002.png"]
    assert clusters(table, "image") == ["000.png", "001.png", "002.png"]


PEOPLE = [
    row(number, subject=f"p{number // 2}", part=part)
    for number, part in enumerate([*["train"] * 8, *["val"] * 0, *["test"] * 4])
]


@pytest.mark.parametrize("folds", [1, 2, 4])
def test_given_parts_with_subjects(folds):
    """Given parts hold the test part out, and folds share no subject either."""
    parts = divided(table_with(PEOPLE), "partition", folds)
    assert parts.guarantee is Guarantee.SUBJECT_PARTITION
    assert parts.hold_out.subjects == ("p4", "p5")
    subjects = parts.development.frame["subject"]
    for fold in parts.folds:
        assert set(subjects.iloc[fold.validation])
        assert not set(subjects.iloc[fold.train]) & set(subjects.iloc[fold.validation])


def test_given_parts_may_be_ignored():
    """By subject, the given parts play no role."""
    parts = divided(table_with(PEOPLE), "subject")
    assert parts.guarantee is Guarantee.SUBJECT


def test_some_subjects_are_not_enough():
    """If only some people are named, a split by image knows nobody."""
    rows = [row(n, subject="p1" if n % 3 else None) for n in range(20)]
    parts = divided(table_with(rows), "image")
    assert parts.hold_out.subjects == ()
    assert parts.development.frame["subject"].isna().all()


REFUSED = {
    "no subject": (
        [row(n, sequence=f"v{n}") for n in range(9)],
        "subject",
        ["9 of 9", "faces.csv row 2", 'by = "sequence"', 'by = "image"', "REGEX"],
    ),
    "no subject, given parts": (
        [row(n, part="train") for n in range(9)],
        "subject",
        ['by = "partition"', 'by = "image"'],
    ),
    "one without a subject": (
        [row(0), *(row(n, subject=f"p{n}") for n in range(1, 9))],
        "subject",
        ["1 of 9", "faces.csv row 2"],
    ),
    "subjects are named": (
        [row(n, subject=f"p{n}") for n in range(9)],
        "image",
        ['by = "image"', 'use by = "subject"'],
    ),
    "no sequence": (
        [row(0, sequence="a"), row(1)],
        "sequence",
        ["faces.csv row 3", "columns", 'by = "image"'],
    ),
    "a subject in two parts": (
        [*PEOPLE[:-1], row(11, subject="p0", part="test")],
        "partition",
        ["subject p0", "train (faces.csv row 2)", "test (faces.csv row 13)"],
    ),
    "a row without a part": (
        [*PEOPLE[:-1], row(11, subject="p5")],
        "partition",
        ["faces.csv row 13", "train, validation or test"],
    ),
    "no part": (
        [row(n, subject=f"p{n}") for n in range(9)],
        "partition",
        ["give no parts", "part =", 'by = "subject"'],
    ),
    "no test part": (
        [row(n, subject=f"p{n}", part="train") for n in range(9)],
        "partition",
        ["only train", "test"],
    ),
    "too few images": ([row(0), row(1)], "image", ["2 images"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    """A split that the data do not allow is refused with the way out."""
    rows, by, words = REFUSED[name]
    with pytest.raises(DataError) as caught:
        divided(table_with(rows), by)
    for word in words:
        assert word in str(caught.value)


def test_other_data_sets():
    """A known data set is not split by image or sequence."""
    table = sample_table(
        [row(n, part="train") for n in range(9)],
        root=Path("fer"),
        source="ferplus",
        channels=1,
    )
    for by in ("image", "sequence"):
        with pytest.raises(DataError, match=r'own data.*ferplus; use by = "partition"'):
            divided(table, by)
