"""Laws of the split by the published partition, without subject ids."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.config.split_config import SplitConfig
from data_pipeline.dataset.sample_table import Sample, sample_table
from data_pipeline.split.receipt import Opener
from data_pipeline.split.receipt_file import Receipts
from data_pipeline.split.rules import Guarantee
from data_pipeline.split.split import split
from data_pipeline.split.stratify import assign_row_folds, sample_rows
from data_pipeline.system.errors import DataError, SealedError
from tests.strategies.tables import LAW, sample, table_of

EMOTIONS = ("neutral", "fear", None)
PARTS = ("train", "validation", "test")


def row(number, part, emotion="neutral"):
    """Makes one row without a subject."""
    return Sample(
        image=f"{number:04d}.png",
        subject=None,
        sequence=None,
        emotion=emotion,
        high_level_emotion=None,
        action_units={},
        place=f"label.csv line {number}",
        partition=part,
    )


def table_with(rows, root):
    """Makes a table of rows without subjects."""
    return sample_table(rows, root=root, action_units=(), source="ferplus", channels=1)


def divided(table, folds=3, seed=1, validation=None):
    """Splits by partition."""
    config = SplitConfig(
        by="partition", folds=folds, hold_out_seed=seed, validation=validation
    )
    return split(table, config)


@st.composite
def published(draw, tmp_root="data"):
    """Draws tables with at least 3 training rows, one of each other part."""
    parts = [*PARTS, "train", "train"]
    parts += draw(st.lists(st.sampled_from(PARTS), max_size=30))
    emotions = st.sampled_from(EMOTIONS)
    rows = [row(number, part, draw(emotions)) for number, part in enumerate(parts)]
    return table_with(draw(st.permutations(rows)), Path(tmp_root))


@LAW
@given(published(), st.integers(1, 3))
def test_parts(table, folds):
    """The test part is held out, whole; the folds cover all other rows."""
    parts = divided(table, folds)
    wanted = table.frame["partition"] == "test"
    assert parts.guarantee is Guarantee.PARTITION
    assert parts.hold_out.images == wanted.sum()
    assert parts.hold_out.subjects == ()
    assert set(parts.development.frame["partition"]) <= {"train", "validation"}
    assert len(parts.development) + parts.hold_out.images == len(table)
    everything = list(range(len(parts.development)))
    assert len(parts.folds) == folds
    for fold in parts.folds:
        assert sorted([*fold.train, *fold.validation]) == everything
        assert len(fold.train)
        assert len(fold.validation)


@LAW
@given(published(), st.integers(1, 3), st.randoms())
def test_order(table, folds, random):
    """The split is the same, to the row, whatever the order of rows."""
    rows = list(range(len(table)))
    random.shuffle(rows)
    parts, again = divided(table, folds), divided(table.take(np.array(rows)), folds)
    assert again.hold_out.key == parts.hold_out.key
    for fold, other in zip(parts.folds, again.folds, strict=True):
        assert fold.validation.tolist() == other.validation.tolist()


@LAW
@given(published())
def test_one_fold(table):
    """One fold validates on the published validation part."""
    parts = divided(table, folds=1)
    frame = parts.development.frame
    assert set(frame["partition"].iloc[parts.folds[0].validation]) == {"validation"}
    assert set(frame["partition"].iloc[parts.folds[0].train]) == {"train"}


def test_no_validation_part(tmp_path):
    """Without a published validation part one fold validates on a fifth."""
    rows = [row(number, "test" if number < 10 else "train") for number in range(110)]
    parts = divided(table_with(rows, tmp_path), folds=1)
    assert len(parts.folds[0].validation) == 20


@LAW
@given(st.data(), st.integers(2, 60), st.integers(0, 99))
def test_sample_rows(data, count, seed):
    """Of chosen rows each emotion has its share, give or take one, in any order."""
    emotions = [data.draw(st.sampled_from(EMOTIONS)) for _ in range(count)]
    size = data.draw(st.integers(1, count - 1))
    rows = [row(number, "train", own) for number, own in enumerate(emotions)]
    chosen = sample_rows(table_with(rows, Path("data")), size, seed)
    assert chosen.sum() == size
    for emotion in EMOTIONS:
        mine = np.array([own == emotion for own in emotions])
        assert abs(chosen[mine].sum() - mine.sum() * size / count) < 1


def test_share_validates(tmp_path):
    """A share of all rows validates where no validation part is published."""
    rows = [row(number, "test" if number < 10 else "train") for number in range(110)]
    table = table_with(rows, tmp_path)
    parts = divided(table, folds=1, validation=0.1)
    assert len(parts.folds[0].validation) == 11
    assert len(parts.folds[0].train) == 89
    assert parts.hold_out.key == divided(table).hold_out.key
    with pytest.raises(DataError, match="110 images validates on 104 of the 100"):
        divided(table, folds=1, validation=0.95)


def test_published_part_stays_whole(tmp_path):
    """A share is refused where a validation part is published: it validates."""
    table = table_with([row(n, PARTS[n % 3]) for n in range(30)], tmp_path)
    with pytest.raises(DataError, match=r"publish a validation part.*remove the key"):
        divided(table, folds=1, validation=0.1)


@pytest.mark.parametrize("parts", [2, 3, 5])
def test_stratified(tmp_path, parts):
    """Rows of each emotion are dealt evenly."""
    emotions = [EMOTIONS[number % 7 % 3] for number in range(100)]
    rows = [row(number, "train", own) for number, own in enumerate(emotions)]
    of = assign_row_folds(table_with(rows, tmp_path), parts, 1)
    for emotion in EMOTIONS:
        mine = of[[own == emotion for own in emotions]]
        assert np.ptp(np.bincount(mine, minlength=parts)) <= 1
    assert np.ptp(np.bincount(of, minlength=parts)) <= 1
    assert (
        of.tolist() != assign_row_folds(table_with(rows, tmp_path), parts, 2).tolist()
    )


def test_seed_moves_no_hold_out(tmp_path):
    """Seed and folds change the folds, never the hold-out."""
    rows = [row(number, PARTS[number % 3]) for number in range(60)]
    table = table_with(rows, tmp_path)
    keys = {
        divided(table, folds, seed).hold_out.key for folds in (1, 4) for seed in (1, 2)
    }
    assert len(keys) == 1
    folds = [divided(table, 4, seed).folds[0].validation.tolist() for seed in (1, 2)]
    assert folds[0] != folds[1]


def test_subject_refused(tmp_path):
    """A subject guarantee is refused without subject ids, with the way out."""
    table = table_with([row(n, PARTS[n % 3]) for n in range(9)], tmp_path)
    with pytest.raises(DataError, match=r'name no subjects.*use by = "partition"'):
        split(table, SplitConfig(folds=2))


def test_partition_refused():
    """A set that publishes no partition is split by subject."""
    table = table_of([sample(f"S{number:03d}", number) for number in range(9)])
    with pytest.raises(DataError, match='no partition; use by = "subject"'):
        divided(table)


@pytest.mark.parametrize("kept", ["train", "test"])
def test_part_missing(tmp_path, kept):
    """A set without a test part, or with nothing else, is refused."""
    table = table_with([row(number, kept) for number in range(4)], tmp_path)
    with pytest.raises(DataError, match="part test and at least 3 others"):
        divided(table)


def test_opened_once(tmp_path):
    """Without subjects too, one hold-out is opened for one model, and counted."""
    table = table_with(
        [row(number, PARTS[number % 3]) for number in range(9)], tmp_path
    )
    for number in range(9):
        (tmp_path / f"{number:04d}.png").write_text(str(number))
    held = divided(table).hold_out
    assert repr(held) == "HoldOut(3 images, sealed)"
    words = {"data": "ferplus", "rule": {}, "reopen": False}
    receipts = Receipts(tmp_path / "receipts.jsonl")
    opened = held.open(receipts, Opener(run="a", model="1"), **words)
    assert set(opened.table.frame["partition"]) == {"test"}
    with pytest.raises(SealedError, match="hold-out of 3 images was opened before"):
        held.open(receipts, Opener(run="b", model="2"), **words)
    other = table_with([row(n + 1, PARTS[n % 3]) for n in range(9)], tmp_path)
    assert divided(other).hold_out.key != held.key
