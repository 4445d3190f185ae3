"""How well a split's parts resemble the whole: each label's rows in every part."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.split.stratify import imbalance, row_census

Array = np.ndarray[Any, Any]

Label = tuple[str, str]
"""A column of the table (``"action_units"`` for all of them), and a name."""

HOLD_OUT = "hold-out"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shares:
    """Counts of rows, on labels alone.

    Attributes:
        parts: ``"hold-out"``, then the validation part of each fold.
        labels: of each column after the first, which counts all rows.
        whole: shape (1 + L,), rows of the whole table.
        counts: shape (P, 1 + L), rows of each part.
        imbalance: shape (P,); 0 is a small copy of the whole, 1 about what chance
            gives.
    """

    parts: tuple[str, ...]
    labels: tuple[Label, ...]
    whole: Array
    counts: Array
    imbalance: Array

    def furthest(self, labels: Sequence[Label]) -> tuple[str, str, float, float]:
        """Finds the label whose share differs most between a part and the whole.

        Args:
            labels: the ones to look at; each occurs.

        Returns:
            The part, the label, its share of the part's rows, and of all rows; empty
            names where there is no label.
        """
        if not labels:
            return "", "", 0.0, 0.0
        wanted = [self.labels.index(label) for label in labels]
        shares = self.counts[:, 1:] / self.counts[:, :1]
        all_shares = self.whole[1:] / self.whole[0]
        apart = np.abs(shares - all_shares)[:, wanted]
        part, best = np.unravel_index(apart.argmax(), apart.shape)
        label = wanted[int(best)]
        return (
            self.parts[part],
            self.labels[label][1],
            float(shares[part, label]),
            float(all_shares[label]),
        )

    def absent(self, labels: Sequence[Label]) -> Iterator[tuple[str, str]]:
        """Names the labels that a part lacks.

        Args:
            labels: the ones to look at; each occurs in the whole.

        Yields:
            A part, the training part of a fold included, and the name of a label that
            does not occur in it.
        """
        developed = self.whole - self.counts[0]
        trained = {
            f"the training part of {name}": developed - counts
            for name, counts in zip(self.parts[1:], self.counts[1:], strict=True)
        }
        parts = dict(zip(self.parts, self.counts, strict=True)) | trained
        for name, counts in parts.items():
            for label in labels:
                if not counts[1 + self.labels.index(label)]:
                    yield name, label[1]


def shares(table: SampleTable, parts: Mapping[str, Array]) -> Shares:
    """Counts the labels of each part.

    Args:
        table: the whole table.
        parts: name of each part -> its row positions; the hold-out first.

    Returns:
        The counts, and how balanced they are.
    """
    whole = row_census(table)
    counts = np.stack([whole.counts[rows].sum(axis=0) for rows in parts.values()])
    named = bool(table.frame["subject"].notna().all())
    things = table.frame["subject" if named else "image"].to_numpy(dtype=str)
    total = len(np.unique(things))
    return Shares(
        parts=tuple(parts),
        labels=whole.labels,
        whole=whole.counts.sum(axis=0),
        counts=counts,
        imbalance=np.array(
            [
                imbalance(found, whole, len(np.unique(things[rows])) / total)
                for found, rows in zip(counts, parts.values(), strict=True)
            ]
        ),
    )
