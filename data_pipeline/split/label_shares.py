"""Label shares: how well each part of a split represents the whole table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.split.stratify import count_by_row, imbalance

Array = np.ndarray[Any, Any]

Label = tuple[str, str]
"""A column of the table (``"action_units"`` for all AUs), and a name."""

HOLD_OUT = "hold-out"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shares:
    """Row counts of labels; no image is opened.

    Attributes:
        parts: ``"hold-out"``, then the validation part of each fold.
        labels: the label of each column after the first, which counts all rows.
        whole: shape (1 + L,), counts of the whole table.
        counts: shape (P, 1 + L), counts of each part.
        imbalance: shape (P,); 0 is a scaled copy of the whole, about 1 is chance.
    """

    parts: tuple[str, ...]
    labels: tuple[Label, ...]
    whole: Array
    counts: Array
    imbalance: Array

    def largest_difference(
        self, labels: Sequence[Label]
    ) -> tuple[str, str, float, float]:
        """Finds the label whose share differs most between a part and the whole.

        Returns the part, the label, its share of the part's rows and of all rows; empty
        names without ``labels``, each of which occurs in the table.
        """
        if not labels:
            return "", "", 0.0, 0.0
        wanted = [self.labels.index(label) for label in labels]
        shares = self.counts[:, 1:] / self.counts[:, :1]
        all_shares = self.whole[1:] / self.whole[0]
        difference = np.abs(shares - all_shares)[:, wanted]
        part, best = np.unravel_index(difference.argmax(), difference.shape)
        label = wanted[int(best)]
        return (
            self.parts[part],
            self.labels[label][1],
            float(shares[part, label]),
            float(all_shares[label]),
        )

    def missing(self, labels: Sequence[Label]) -> Iterator[tuple[str, str]]:
        """Yields parts and the labels missing in them, training parts included."""
        development = self.whole - self.counts[0]
        training = {
            f"the training part of {name}": development - counts
            for name, counts in zip(self.parts[1:], self.counts[1:], strict=True)
        }
        parts = dict(zip(self.parts, self.counts, strict=True)) | training
        for name, counts in parts.items():
            for label in labels:
                if not counts[1 + self.labels.index(label)]:
                    yield name, label[1]


def label_shares(table: SampleTable, parts: Mapping[str, Array]) -> Shares:
    """Counts the labels of each part, given by its rows; the hold-out comes first."""
    whole = count_by_row(table)
    counts = np.stack([whole.counts[rows].sum(axis=0) for rows in parts.values()])
    has_subjects = bool(table.frame["subject"].notna().all())
    units = table.frame["subject" if has_subjects else "image"].to_numpy(dtype=str)
    total = len(np.unique(units))
    return Shares(
        parts=tuple(parts),
        labels=whole.labels,
        whole=whole.counts.sum(axis=0),
        counts=counts,
        imbalance=np.array(
            [
                imbalance(found, whole, len(np.unique(units[rows])) / total)
                for found, rows in zip(counts, parts.values(), strict=True)
            ]
        ),
    )
