"""The text about a split: counts add up, missing labels are named, it is short."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.config.data_config import DataConfig
from data_pipeline.config.split_config import SplitConfig
from data_pipeline.split.fold_checks import (
    check_development,
    check_folds,
    unscorable_folds,
)
from data_pipeline.split.label_shares import HOLD_OUT
from data_pipeline.split.split import Fold, split, split_report
from data_pipeline.system.errors import DataError
from data_pipeline.targets.targets import read_targets
from search.reports.holdout_report import WIDTH
from search.reports.split_report import describe_split
from tests.strategies.tables import (
    LAW,
    ckplus_sized,
    sample,
    table_of,
    tables,
)

BOTH = ("emotion", "action_units")


def data(*targets):
    """Makes the section of a study."""
    return DataConfig(dataset="ckplus", targets=targets or BOTH, image_size=48)


def divided(table, folds=2):
    """Splits by subject."""
    return split(table, SplitConfig(folds=folds))


@LAW
@given(tables(min_subjects=6), st.integers(1, 3))
def test_counts(table, folds):
    """Counts are those of the rows; parts of several folds add up to the whole."""
    parts = divided(table, folds)
    found = parts.shares
    assert found.parts[0] == HOLD_OUT
    assert found.whole[0] == len(table)
    assert found.counts[0, 0] == parts.hold_out.images
    for fold, counts in zip(parts.folds, found.counts[1:], strict=True):
        frame = parts.development.frame.iloc[fold.validation]
        assert counts[0] == len(frame)
        for (column, name), count in zip(found.labels, counts[1:], strict=True):
            shown = frame[name] if column == "action_units" else frame[column] == name
            assert shown.sum() == count
    if folds > 1:
        assert found.counts.sum(axis=0).tolist() == found.whole.tolist()
    assert (found.imbalance >= 0).all()
    json.dumps(split_report(parts), allow_nan=False)


def test_text():
    """The text of a split of CK+'s size, whole."""
    assert describe_split(divided(ckplus_sized(), folds=5), data()) == (
        "Split: 25 subjects (112 images) held out, 442 images in 5 folds; no subject "
        "is in two parts\n"
        "              all  hold-out         5 folds\n"
        "  images      554       112        85 to 94\n"
        "  negative  0.540     0.545  0.489 to 0.581\n"
        "  positive  0.233     0.250  0.188 to 0.277\n"
        "  surprise  0.227     0.205  0.218 to 0.247\n"
        "  AU1       0.309     0.312  0.266 to 0.372\n"
        "  AU12      0.040     0.036  0.024 to 0.058\n"
        "  AU17      0.366     0.366  0.337 to 0.400\n"
        "Furthest from the whole: AU1 in fold 4, 0.372 against 0.309\n"
        "Imbalance (0: as the whole set, 1: as a random split): hold-out 0.05, 5 folds "
        "0.17 to 0.65"
    )


@LAW
@given(tables(min_subjects=6), st.integers(1, 3), st.sampled_from(BOTH))
def test_any_text(table, folds, target):
    """The text fits a terminal, and has only the study's targets."""
    text = describe_split(divided(table, folds), data(target))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert ("AU1" in text) <= (target == "action_units")
    assert ("negative" in text) <= (target == "emotion")


def test_lacks_are_named():
    """A class or unit that only one subject shows is named for each part without it."""
    rows = [
        sample(
            f"S{number:03d}",
            number,
            high_level="surprise" if number == 4 else "negative",
            units=(number % 2 == 0, number == 4, False),
        )
        for number in range(10)
    ]
    parts = divided(table_of(rows))
    lines = describe_split(parts, data()).splitlines()
    assert "Not in hold-out: surprise, AU1" in lines
    named = [line for line in lines if line.startswith("Not in ")]
    # Of two folds one validates on the subject, so that it does not train there.
    assert len(named) == 3
    assert any("the training part of fold" in line for line in named)


def test_classes_of_the_level():
    """A class that the study's level leaves out is not spoken of."""
    emotions = ("anger", "contempt", "happiness")
    rows = [sample(f"S{n:03d}", n, basic=emotions[n % 3]) for n in range(12)]
    parts = divided(table_of(rows))
    text = describe_split(parts, replace(data("emotion"), emotions="affectnet7"))
    assert "anger" in text
    assert "contempt" not in text
    assert "contempt" in describe_split(
        parts, replace(data("emotion"), emotions="basic")
    )


def labelled(units):
    """Makes targets of rows with these AU17 labels, and two folds of them."""
    rows = [
        sample(
            "S005",
            number,
            high_level=("negative", "positive")[number % 2],
            units=(unit, None, None),
        )
        for number, unit in enumerate(units)
    ]
    targets = read_targets(table_of(rows), wanted=BOTH, emotions="high_level")
    everything = np.arange(len(rows))
    half = len(rows) // 2
    folds = [
        Fold(train=everything[half:], validation=everything[:half]),
        Fold(train=everything[:half], validation=everything[half:]),
    ]
    return folds, targets


def test_fold_without_a_usable_unit():
    """A fold in which no unit has both labels is reported and kept."""
    folds, targets = labelled([True, False, True, True])
    check_folds(folds, targets, targets)
    (note,) = unscorable_folds(folds, targets)
    assert note.startswith("fold 2: no action unit is both present and absent")


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ([True] * 4, "none of 3 action units is both present and absent"),
        ([True, False, None, None], "fold 1: its train part of 2 .* no coded action"),
    ],
)
def test_unusable_units(units, message):
    """Folds in which no unit can be learned or scored are refused."""
    folds, targets = labelled(units)
    with pytest.raises(DataError, match=message):
        check_folds(folds, targets, targets)


@pytest.mark.parametrize(
    ("arousals", "message"),
    [((0.5, 0.5, None), "the same valence and arousal"), ((0.5, 0.25, None), "")],
)
def test_ratings_that_never_differ(arousals, message):
    """Constant ratings cannot be scored; one dimension that varies can."""
    rows = [
        replace(sample("S005", number), valence=0.5, arousal=arousal)
        for number, arousal in enumerate(arousals)
    ]
    truth = read_targets(
        table_of(rows), wanted=("valence_arousal",), emotions="affectnet"
    )
    if not message:
        check_development(truth)
        return
    with pytest.raises(DataError, match=rf"3 images: .*{message}"):
        check_development(truth)


def graded(*levels):
    """Makes targets of intensities of AU1, a row each; ``None`` is unknown."""
    rows = [
        replace(sample("S005", number), intensities={"AU1": level})
        for number, level in enumerate(levels)
    ]
    wanted = ("action_unit_intensities",)
    return read_targets(table_of(rows), wanted=wanted, emotions="basic")


def test_intensities_that_never_differ():
    """One intensity cannot be scored; two can, though one fold has only one."""
    with pytest.raises(DataError, match="none of 1 action units has two intensities"):
        check_development(graded(0, 0, None))
    targets = graded(0, 3, 0, 0)
    folds = [
        Fold(train=np.array([0, 1]), validation=np.array([2, 3])),
        Fold(train=np.array([2, 3]), validation=np.array([0, 1])),
    ]
    check_folds(folds, targets, targets)
    (note,) = unscorable_folds(folds, targets)
    assert note.startswith("fold 1: no action unit has two intensities")
    unknown = graded(0, 3, None, None)
    with pytest.raises(DataError, match=r"fold 1: .* validation .* no coded intensity"):
        check_folds(folds, unknown, unknown)


def test_intensities_are_shown_by_their_units():
    """A split for intensities alone shows the shares of the units."""
    table = ckplus_sized()
    text = describe_split(divided(table), data("action_unit_intensities"))
    assert "AU12" in text
    assert "negative" not in text


def test_one_emotion_in_training():
    """A fold that trains on one emotion only is refused with its number."""
    rows = [
        sample("S005", number, high_level=("negative", "positive")[number > 1])
        for number in range(4)
    ]
    targets = read_targets(table_of(rows), wanted=("emotion",), emotions="high_level")
    folds = [
        Fold(train=np.array([0, 2]), validation=np.array([1, 3])),
        Fold(train=np.array([2, 3]), validation=np.array([0, 1])),
    ]
    check_folds(folds[:1], targets, targets)
    with pytest.raises(DataError, match=r"fold 2: .* only one emotion, positive"):
        check_folds(folds, targets, targets)
