"""Describes a split: sizes of its parts and shares of labels in them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from shlex import quote

import numpy as np

from data_pipeline.config.data_config import DataConfig
from data_pipeline.labels.labels import emotion_classes
from data_pipeline.split.label_shares import Label, Shares
from data_pipeline.split.rules import LEAKY
from data_pipeline.split.split import Split
from search.reports.holdout_report import GUARANTEES, IMBALANCE, wrap


def describe_split(split: Split, data: DataConfig) -> str:
    """Describes a split in lines of at most 100 columns.

    Sizes, a table of the shares of the labels that the study learns, the largest
    difference, and the labels that a part lacks.
    """
    labels = _learned(split, data)
    warning = LEAKY.get(split.guarantee, "")
    lines = [warning, _heading(split), *_table(split.shares, labels)]
    lines += [_furthest(split.shares, labels), _imbalance(split.shares)]
    lines += _absences(split.shares, labels)
    return "\n".join(part for line in lines if line for part in wrap(line))


def describe_duplicates(count: int, study: str) -> str:
    """Warns of validation images that are training images too.

    Example:
        >>> print(describe_duplicates(2, "ferplus"))
        Warning: 2 validation images are also training images of their fold
          [split] duplicates = "drop_from_training" leaves them out of training
          to list all: python -m data_pipeline.check --study ferplus
    """
    return (
        f"Warning: {count} validation images are also training images of their fold\n"
        '  [split] duplicates = "drop_from_training" leaves them out of training\n'
        f"  to list all: python -m data_pipeline.check --study {quote(study)}"
    )


def describe_dropped(held_out: int, validating: int) -> str:
    """Counts development and training images left out as duplicates.

    Example:
        >>> print(describe_dropped(284, 3))
        duplicates left out: 284 development images that are also held out, and 3
          training images that are also validation images of their fold
    """
    return (
        f"duplicates left out: {held_out} development images that are also held out, "
        f"and {validating}\n  training images that are also validation images of their "
        "fold"
    )


def _absences(shares: Shares, labels: Sequence[Label]) -> Iterator[str]:
    """Names the labels that a part lacks, one line a part."""
    lacking = defaultdict(list)
    for part, label in shares.missing(labels):
        lacking[part].append(label)
    for part, names in lacking.items():
        yield f"Not in {part}: {', '.join(names)}"


_OF_UNITS = ("action_units", "action_unit_intensities")


def _learned(split: Split, data: DataConfig) -> list[Label]:
    """Lists the labels that a study learns and that occur."""
    shares = split.shares
    column, names = emotion_classes(data.level, split.development.words)
    # Valence and arousal are balanced by the expression that goes with them.
    units_only = set(data.targets) <= set(_OF_UNITS)
    emotions = [(column, name) for name in names if not units_only]
    units = [label for label in shares.labels if label[0] == "action_units"]
    if not set(data.targets) & set(_OF_UNITS):
        units = []
    # AU2 before AU11.
    units.sort(key=lambda label: (len(label[1]), label[1]))
    return [*(label for label in emotions if label in shares.labels), *units]


def _heading(split: Split) -> str:
    held, folds = split.hold_out, len(split.folds)
    people = len(held.subjects)
    images = f"{held.images} images"
    who = f"{people} subjects ({images})" if people else images
    how = f"in {folds} folds" if folds > 1 else "to train and validate on"
    return (
        f"Split: {who} held out, {len(split.development)} images {how}; "
        f"{GUARANTEES[str(split.guarantee)]}"
    )


def _table(shares: Shares, labels: Sequence[Label]) -> Iterator[str]:
    """Lays out one line a label: its share of the images of each part."""
    rows = [("", "all", "hold-out", _validating(shares))]
    rows.append(("  images", *_cells(shares.whole[0], shares.counts[:, 0], "d")))
    for label in labels:
        at = 1 + shares.labels.index(label)
        part = shares.counts[:, at] / shares.counts[:, 0]
        whole = shares.whole[at] / shares.whole[0]
        rows.append((f"  {label[1]}", *_cells(whole, part, ".3f")))
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for name, *cells in rows:
        padded = (c.rjust(wide) for c, wide in zip(cells, widths[1:], strict=True))
        yield "  ".join((name.ljust(widths[0]), *padded))


def _cells(whole: float, parts: np.ndarray, form: str) -> tuple[str, str, str]:
    low, high = (format(value, form) for value in (parts[1:].min(), parts[1:].max()))
    folds = low if low == high else f"{low} to {high}"
    return format(whole, form), format(parts[0], form), folds


def _furthest(shares: Shares, labels: Sequence[Label]) -> str:
    part, label, found, expected = shares.largest_difference(labels)
    if not label:
        return ""
    return (
        f"Furthest from the whole: {label} in {part}, {found:.3f} against "
        f"{expected:.3f}"
    )


def _imbalance(shares: Shares) -> str:
    _, held, folds = _cells(0.0, shares.imbalance, ".2f")
    return f"Imbalance ({IMBALANCE}): hold-out {held}, {_validating(shares)} {folds}"


def _validating(shares: Shares) -> str:
    """Names the validation parts."""
    folds = len(shares.parts) - 1
    return "validation" if folds == 1 else f"{folds} folds"
