"""Laws of the split: by subject, order-blind, stratified, refused with numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from data_pipeline.config.split_config import SplitConfig
from data_pipeline.split.rules import Guarantee
from data_pipeline.split.split import split
from data_pipeline.split.stratify import count_by_subject, imbalance
from data_pipeline.system.errors import DataError
from tests.strategies.tables import LAW, ckplus_sized, sample, table_of, tables

FROZEN = ("S000", "S001", "S005")
DIVISIONS = st.tuples(st.integers(1, 3), st.floats(0.15, 0.4), st.integers(0, 99))


def divided(table, folds=3, hold_out=0.2, seed=1, validation=None):
    """Splits by subject."""
    config = SplitConfig(
        folds=folds, hold_out=hold_out, hold_out_seed=seed, validation=validation
    )
    return split(table, config)


def subjects(table):
    """Lists the subjects of a table."""
    return set(table.frame["subject"])


@LAW
@given(tables(min_subjects=6), DIVISIONS)
def test_covers(table, division):
    """Hold-out and development share no subject and cover the table."""
    parts = divided(table, *division)
    held = set(parts.hold_out.subjects)
    assert not held & subjects(parts.development)
    assert held | subjects(parts.development) == subjects(table)
    assert parts.hold_out.images + len(parts.development) == len(table)
    assert parts.hold_out.images
    assert parts.guarantee is Guarantee.SUBJECT


@LAW
@given(tables(min_subjects=6), DIVISIONS)
def test_folds(table, division):
    """In each fold no subject trains and validates, and together they cover."""
    parts = divided(table, *division)
    assert len(parts.folds) == division[0]
    everything = list(range(len(parts.development)))
    for fold in parts.folds:
        train = subjects(parts.development.take(fold.train))
        assert train
        assert not train & subjects(parts.development.take(fold.validation))
        assert sorted([*fold.train, *fold.validation]) == everything
    if division[0] > 1:
        validated = np.concatenate([fold.validation for fold in parts.folds])
        assert sorted(validated) == everything


@LAW
@given(tables(min_subjects=6), DIVISIONS, st.randoms())
def test_order(table, division, random):
    """The split is the same, to the row, whatever the order of rows and the root."""
    rows = list(range(len(table)))
    random.shuffle(rows)
    shuffled = replace(table.take(np.array(rows)), root=Path("elsewhere"))
    parts, again = divided(table, *division), divided(shuffled, *division)
    assert again.hold_out.subjects == parts.hold_out.subjects
    assert again.hold_out.key == parts.hold_out.key
    images = parts.development.frame["image"].tolist()
    assert again.development.frame["image"].tolist() == images
    for fold, other in zip(parts.folds, again.folds, strict=True):
        assert fold.train.tolist() == other.train.tolist()
        assert fold.validation.tolist() == other.validation.tolist()


def test_hold_out_ignores_folds():
    """The hold-out depends on neither the folds nor the order of AU columns."""
    table = ckplus_sized()
    held = {divided(table, folds=folds).hold_out.subjects for folds in (1, 2, 5, 10)}
    turned = replace(table, action_units=table.action_units[::-1])
    held.add(divided(turned).hold_out.subjects)
    assert len(held) == 1


def test_hold_out_follows_its_arguments():
    """Another seed, another share or other labels hold other subjects out."""
    table = ckplus_sized()
    first = divided(table).hold_out.subjects
    assert divided(table, seed=2).hold_out.subjects != first
    assert divided(ckplus_sized(1)).hold_out.subjects != first
    assert len(divided(table, hold_out=0.1).hold_out.subjects) == 12


def test_frozen_membership():
    """A fixed table keeps the same hold-out across versions."""
    rows = [sample(f"S{number:03d}", number) for number in range(10)]
    assert divided(table_of(rows), hold_out=0.3).hold_out.subjects == FROZEN


@pytest.mark.parametrize("seed", range(5))
def test_share(seed):
    """On data of CK+'s size the hold-out has its share of images within 2 points."""
    table = ckplus_sized(seed)
    held = divided(table, hold_out=0.2, seed=seed).hold_out
    assert len(held.subjects) == 25
    assert held.images / len(table) == pytest.approx(0.2, abs=0.02)


def test_stratified():
    """Hold-out and folds resemble the whole far better than random parts do."""
    table = ckplus_sized()
    whole = count_by_subject(table)
    parts = divided(table, folds=5)
    held = np.isin(whole.subjects, parts.hold_out.subjects)
    achieved = imbalance(whole.counts[held].sum(axis=0), whole, 25 / 123)
    generator = np.random.default_rng(0)
    random = [
        imbalance(whole.counts[generator.permutation(123)[:25]].sum(axis=0), whole, 0.2)
        for _ in range(50)
    ]
    assert achieved < 0.2 * np.median(random)
    shares = [
        (parts.development.frame["high_level_emotion"].iloc[fold.validation])
        .value_counts(normalize=True)
        .sort_index()
        .to_numpy()
        for fold in parts.folds
    ]
    assert np.ptp(np.array(shares), axis=0).max() < 0.1


def test_one_fold():
    """One fold validates on a fifth of the development subjects."""
    parts = divided(ckplus_sized(), folds=1)
    validation = subjects(parts.development.take(parts.folds[0].validation))
    assert len(validation) == round(98 / 5)


@pytest.mark.parametrize(
    ("hold_out", "validation", "sizes"),
    [(0.15, 0.15, (87, 18, 18)), (0.2, 0.2, (73, 25, 25)), (0.2, None, (78, 20, 25))],
    ids=["70/15/15", "60/20/20", "80/20"],
)
def test_three_parts(hold_out, validation, sizes):
    """The usual three parts have their shares of all subjects and of all images."""
    table = ckplus_sized()
    parts = divided(table, folds=1, hold_out=hold_out, validation=validation)
    (fold,) = parts.folds
    train, validating = (
        parts.development.take(rows) for rows in (fold.train, fold.validation)
    )
    assert sizes == (
        len(subjects(train)),
        len(subjects(validating)),
        len(parts.hold_out.subjects),
    )
    share = validation or (1 - hold_out) / 5
    assert len(validating) / len(table) == pytest.approx(share, abs=0.02)
    alone = divided(table, folds=5, hold_out=hold_out)
    assert parts.hold_out.key == alone.hold_out.key


@pytest.mark.parametrize(
    ("folds", "validation", "message"),
    [
        (2, 0.2, "validation: 0.2 is the share.* found folds = 2"),
        (1, 0.01, "0.01 of 10 subjects validates on 0 of the 8 that hold_out = 0.2"),
        (1, 0.79, "0.79 of 10 subjects validates on 8 of the 8"),
    ],
)
def test_validation_refused(folds, validation, message):
    """An impossible validation part is refused with the numbers."""
    table = table_of([sample(f"S{number:03d}", number) for number in range(10)])
    with pytest.raises(DataError, match=message):
        divided(table, folds=folds, validation=validation)


@pytest.mark.parametrize(
    ("folds", "hold_out", "message"),
    [
        (2, 0.01, "0.01 of 10 subjects holds out 0 and leaves 10"),
        (2, 0.99, "0.99 of 10 subjects holds out 10 and leaves 0"),
        (9, 0.2, "folds = 9 needs at least 9 subjects.*leaves 8 of 10"),
        (1, 0.9, "folds = 1 needs at least 2 subjects.*leaves 1 of 10"),
    ],
)
def test_refused(folds, hold_out, message):
    """An impossible split is refused with the numbers."""
    table = table_of([sample(f"S{number:03d}", number) for number in range(10)])
    with pytest.raises(DataError, match=message):
        divided(table, folds=folds, hold_out=hold_out)


@pytest.mark.parametrize(
    "settings",
    [
        {"by": "person"},
        {"folds": 0},
        *({"hold_out": share} for share in (0.0, 1.0, float("nan"))),
        *({"validation": share} for share in (0.0, 1.0, float("nan"))),
    ],
)
def test_settings_refused(settings):
    """Values out of range are refused before any table is read."""
    with pytest.raises(ValidationError):
        SplitConfig(**settings)


def test_no_subject():
    """A row without subject makes a split by subject impossible, and is named."""
    rows = [sample(f"S{number:03d}", number) for number in range(9)]
    table = table_of([*rows, sample(None, 9), sample(None, 10)])
    with pytest.raises(DataError, match=r"data_labels\.csv row 11 has none.* 1 others"):
        divided(table)
