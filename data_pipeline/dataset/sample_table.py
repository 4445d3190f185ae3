"""SampleTable: one row per image, with its subject and its labels."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data_pipeline.dataset.skipped_files import Skipped
from data_pipeline.labels.labels import DIMENSIONS
from data_pipeline.system.errors import DataError

Array = np.ndarray[Any, Any]

TEXT_COLUMNS: tuple[str, ...] = (
    "image",
    "subject",
    "sequence",
    "emotion",
    "high_level_emotion",
    "partition",
    "place",
)
"""Columns of text. A missing value is ``None``, never an empty string or NaN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One row of a table that is being built.

    ``image`` is relative to the table's root, with forward slashes. ``action_units``
    maps an AU to its presence; an uncoded AU maps to ``None`` or is left out.
    ``place`` is the source of the labels. ``partition`` is the published part (train,
    validation, test), if there is one; ``votes`` counts votes in the order of the
    table's categories. ``valence`` and ``arousal`` are in [-1, 1], ``None`` if unrated.
    ``intensities`` maps an AU to 0 (absent) or 1 to 5 (A to E); an AU that is uncoded,
    or present with unknown intensity, maps to ``None`` or is left out.
    """

    image: str
    place: str
    subject: str | None = None
    sequence: str | None = None
    emotion: str | None = None
    high_level_emotion: str | None = None
    action_units: dict[str, bool | None] = field(default_factory=dict)
    partition: str | None = None
    votes: tuple[int, ...] = ()
    valence: float | None = None
    arousal: float | None = None
    intensities: dict[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleTable:
    """A validated table of images and labels.

    Attributes:
        root: folder that the image paths are relative to.
        frame: one row per image; the columns of ``TEXT_COLUMNS`` and one nullable
            Int8 column (0, 1 or missing) for each action unit; of each category of
            votes an Int8 column ``votes_<category>``; of each dimension a nullable
            Float64 column; of each coded intensity a nullable Int8 column
            ``intensity_<AU>`` (0 to 5).
        action_units: names of the AU columns, in the reader's order.
        source: name of the reader.
        channels: 1 for grey images, 3 for RGB.
        votes: categories of votes; empty without votes.
        dimensions: ``("valence", "arousal")``; empty without ratings.
        intensities: AUs with coded intensities.
        words: the emotions of a data set with its own words, in order; else empty.
        skipped: rows, folders, files and columns that the reader left out.
        understood: descriptions of unusual spellings that the reader accepted.
    """

    root: Path
    frame: pd.DataFrame
    action_units: tuple[str, ...]
    source: str
    channels: int
    votes: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    intensities: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    understood: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Validates the columns, and that each image has one row."""
        columns = (
            *TEXT_COLUMNS,
            *self.action_units,
            *map(votes_column, self.votes),
            *self.dimensions,
            *map(intensity_column, self.intensities),
        )
        missing = [name for name in columns if name not in self.frame.columns]
        if missing:
            raise DataError(f"a sample table lacks the columns {', '.join(missing)}")
        twice = self.frame["image"].duplicated()
        if bool(twice.any()):
            image = self.frame.loc[twice, "image"].iloc[0]
            raise DataError(f"a sample table has the image {image} twice")

    def __len__(self) -> int:
        """Counts the rows."""
        return len(self.frame)

    def take(self, rows: Array) -> "SampleTable":
        """Selects rows by their positions, or by one boolean for each row."""
        return replace(self, frame=self.frame.iloc[rows].reset_index(drop=True))

    def fingerprint(self, *, intensities: bool = False) -> str:
        """Hashes paths, subjects and labels, but not row order, root and pixels.

        Partition, votes and dimensions are hashed only if there are any, so that tables
        without them keep their older fingerprints; ``intensities`` only if they are a
        target. Returns 64 hexadecimal digits.
        """
        names = sorted(self.action_units)
        frame = self.frame.astype(object).where(self.frame.notna(), None)
        columns = ["image", "subject", "emotion", "high_level_emotion", *names]
        columns += ["partition"] if self.frame["partition"].notna().any() else []
        columns += map(votes_column, sorted(self.votes))
        columns += sorted(self.dimensions)
        columns += map(
            intensity_column, sorted(self.intensities if intensities else ())
        )
        lines = sorted(
            json.dumps(row) for row in frame[columns].itertuples(index=False, name=None)
        )
        return hashlib.sha256(
            "\n".join([json.dumps(names), *lines]).encode()
        ).hexdigest()

    def vote_counts(self) -> Array:
        """Returns the votes, shape (N, categories), int64."""
        return self.frame[list(map(votes_column, self.votes))].to_numpy(np.int64)


def votes_column(category: str) -> str:
    """Returns the name of the column of a category's votes."""
    return f"votes_{category}"


def intensity_column(unit: str) -> str:
    """Returns the name of the column of an action unit's intensities."""
    return f"intensity_{unit}"


def sample_table(  # noqa: PLR0913 - what the table is made of, by name
    samples: Iterable[Sample],
    *,
    root: Path,
    source: str,
    channels: int,
    action_units: Sequence[str] = (),
    votes: Sequence[str] = (),
    words: Sequence[str] = (),
    skipped: Iterable[Skipped] = (),
    understood: Sequence[str] = (),
) -> SampleTable:
    """Builds a table of samples, in their order.

    It has dimensions and intensities if a sample has any. For the other arguments see
    ``SampleTable``.
    """
    rows = list(samples)
    columns: dict[str, Any] = {
        name: pd.Series([getattr(row, name) for row in rows], dtype=object)
        for name in TEXT_COLUMNS
    }
    for unit in action_units:
        columns[unit] = _column([row.action_units.get(unit) for row in rows])
    for place, category in enumerate(votes):
        columns[votes_column(category)] = _column([row.votes[place] for row in rows])
    coded = {unit for row in rows for unit in row.intensities}
    intensities = tuple(unit for unit in action_units if unit in coded)
    for unit in intensities:
        levels = [row.intensities.get(unit) for row in rows]
        columns[intensity_column(unit)] = _column(levels)
    ratings = {name: [getattr(row, name) for row in rows] for name in DIMENSIONS}
    rated = any(value is not None for found in ratings.values() for value in found)
    if rated:
        columns |= {k: pd.array(found, dtype="Float64") for k, found in ratings.items()}
    return SampleTable(
        root=root,
        frame=pd.DataFrame(columns),
        action_units=tuple(action_units),
        source=source,
        channels=channels,
        votes=tuple(votes),
        dimensions=DIMENSIONS if rated else (),
        intensities=intensities,
        words=tuple(words),
        skipped=tuple(skipped),
        understood=tuple(understood),
    )


def _column(values: Iterable[int | None]) -> Any:
    """Builds a nullable Int8 column."""
    return pd.array(
        [pd.NA if value is None else int(value) for value in values], dtype="Int8"
    )
