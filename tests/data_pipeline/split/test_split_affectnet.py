"""The split of AffectNet, whose test labels are withheld: its validation part is it."""

from collections import Counter
from dataclasses import replace

import pytest

from data_pipeline.config.split_config import SplitConfig
from data_pipeline.dataset.sample_table import Sample, sample_table
from data_pipeline.split.split import Guarantee, split
from data_pipeline.system.errors import DataError

EMOTIONS = ("neutral", "fear", None)


def table_of(tmp_path, **parts):
    """Makes a table with so many rows of each part."""
    rows = [
        Sample(
            image=f"{part}/{number:04d}.jpg",
            subject=None,
            sequence=None,
            emotion=EMOTIONS[number % 20 % 3],
            high_level_emotion=None,
            action_units={},
            place=f"{part}.csv line {number}",
            partition=None if part == "none" else part,
            valence=0.5,
        )
        for part, count in parts.items()
        for number in range(count)
    ]
    return sample_table(
        rows, root=tmp_path, action_units=(), source="affectnet", channels=3
    )


def divided(table, *, by="partition", folds=1, seed=1, validation=0.1):
    """Splits as the study does."""
    config = SplitConfig(by=by, folds=folds, hold_out_seed=seed, validation=validation)
    return split(table, config)


def test_validation_part_is_held_out(tmp_path):
    """The published validation part is held out whole; a share of training selects."""
    parts = divided(table_of(tmp_path, train=400, validation=100))
    assert (parts.guarantee, parts.part) == (Guarantee.PARTITION, "validation")
    assert parts.hold_out.images == 100
    assert set(parts.development.frame["partition"]) == {"train"}
    (fold,) = parts.folds
    assert (len(fold.train), len(fold.validation)) == (350, 50)


def test_selection_is_stratified_and_seeded(tmp_path):
    """Each expression has its share in the selection part, which the seed decides."""
    table = table_of(tmp_path, train=400, validation=100)
    chosen = [divided(table, seed=seed).folds[0].validation for seed in (1, 1, 2)]
    emotions = divided(table).development.frame["emotion"]
    whole, part = (Counter(emotions.iloc[rows]) for rows in (slice(None), chosen[0]))
    for emotion in EMOTIONS:
        assert abs(part[emotion] - whole[emotion] / 8) < 1
    assert chosen[0].tolist() == chosen[1].tolist()
    assert chosen[0].tolist() != chosen[2].tolist()


def test_folds(tmp_path):
    """Folds are made of the training part only."""
    table = table_of(tmp_path, train=40, validation=10)
    parts = divided(table, folds=4, validation=None)
    assert parts.hold_out.key == divided(table).hold_out.key
    assert [len(fold.validation) for fold in parts.folds] == [10] * 4


def test_test_part(tmp_path):
    """A copy with a test part holds that out, and the validation part validates."""
    table = table_of(tmp_path, train=40, validation=10, test=7)
    parts = divided(table, validation=None)
    assert (parts.part, parts.hold_out.images) == ("test", 7)
    rows = parts.development.frame["partition"].iloc[parts.folds[0].validation]
    assert set(rows) == {"validation"}


def test_others_need_their_test_part(tmp_path):
    """A set that publishes a test part is never tested on its validation part."""
    table = replace(table_of(tmp_path, train=40, validation=10), source="ferplus")
    with pytest.raises(DataError, match="images of the part test"):
        divided(table)


@pytest.mark.parametrize(
    ("parts", "by", "message"),
    [
        ({"train": 9}, "partition", "images of the part validation"),
        ({"train": 9, "validation": 9}, "subject", 'use by = "partition"'),
        ({"none": 9}, "partition", "one folder of 9 images.*val_set is held out"),
        ({"none": 9}, "subject", 'use by = "partition"'),
    ],
)
def test_refused(tmp_path, parts, by, message):
    """Missing parts and missing subjects are refused with a way out."""
    with pytest.raises(DataError, match=message):
        divided(table_of(tmp_path, **parts), by=by, validation=None)
