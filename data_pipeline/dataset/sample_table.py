"""SampleTable: one row per image, with its subject and its labels or their absence."""

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
"""Columns of text. A missing value is ``None``, never an empty text or a NaN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One row on its way into a table.

    ``image`` is relative to the table's root, with forward slashes. In
    ``action_units`` an AU maps to whether it is present; one that was not coded
    maps to ``None`` or is left out. ``place`` says where the labels stand.
    ``partition`` is the published part (train, validation, test), where there is one;
    ``votes`` counts what taggers said, in the order of the table's categories.
    ``valence`` and ``arousal`` are in [-1, 1], ``None`` where nobody rated them.
    ``intensities`` maps an AU to 0 (absent) or 1 to 5 (A to E); one that is present
    without a known intensity, or was not coded, maps to ``None`` or is left out.
    """

    image: str
    subject: str | None
    sequence: str | None
    emotion: str | None
    high_level_emotion: str | None
    action_units: dict[str, bool | None]
    place: str
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
        channels: 1 where the images are grey, 3 where they are RGB.
        votes: categories that taggers voted for; empty where nobody voted.
        dimensions: ``("valence", "arousal")``; empty where nobody rated them.
        intensities: AUs whose intensities were coded; empty where none were.
        skipped: what the reader left out: rows, folders, files, columns.
        understood: what it read although it is spelled in another way than usual.
    """

    root: Path
    frame: pd.DataFrame
    action_units: tuple[str, ...]
    source: str
    channels: int
    votes: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    intensities: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    understood: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Checks that the table has its columns and one row for each image."""
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
            raise DataError(f"a sample table holds the image {image} twice")

    def __len__(self) -> int:
        """Counts the rows."""
        return len(self.frame)

    def take(self, rows: Array) -> "SampleTable":
        """Selects rows by position.

        Args:
            rows: positions from 0, or one boolean for each row.

        Returns:
            A table of these rows in this order, numbered from 0.
        """
        return replace(self, frame=self.frame.iloc[rows].reset_index(drop=True))

    def fingerprint(self) -> str:
        """Hashes paths, subjects and labels; blind to row order, root and pixels.

        Partition, votes and dimensions are hashed where there are some, so that
        tables without them keep the fingerprints that they had before there were
        such columns. Intensities are not: they are no target, and say of a unit that
        is hashed how strong it was.

        Returns:
            64 hexadecimal digits.
        """
        names = sorted(self.action_units)
        frame = self.frame.astype(object).where(self.frame.notna(), None)
        columns = ["image", "subject", "emotion", "high_level_emotion", *names]
        columns += ["partition"] if self.frame["partition"].notna().any() else []
        columns += map(votes_column, sorted(self.votes))
        columns += sorted(self.dimensions)
        lines = sorted(
            json.dumps(row) for row in frame[columns].itertuples(index=False, name=None)
        )
        return hashlib.sha256(
            "\n".join([json.dumps(names), *lines]).encode()
        ).hexdigest()

    def vote_counts(self) -> Array:
        """Collects the votes; shape (N, categories), int64."""
        return self.frame[list(map(votes_column, self.votes))].to_numpy(np.int64)


def votes_column(category: str) -> str:
    """Names the column of a category's votes.

    Example:
        >>> votes_column("fear")
        'votes_fear'
    """
    return f"votes_{category}"


def intensity_column(unit: str) -> str:
    """Names the column of an action unit's intensities.

    Example:
        >>> intensity_column("AU12")
        'intensity_AU12'
    """
    return f"intensity_{unit}"


def sample_table(
    samples: Iterable[Sample],
    *,
    root: Path,
    action_units: Sequence[str],
    source: str,
    channels: int,
    votes: Sequence[str] = (),
) -> SampleTable:
    """Builds the table of what a reader found.

    Args:
        samples: the rows, in the order in which they are to stand.
        root: folder that the image paths are relative to.
        action_units: names of the AU columns; an AU that a sample lacks is missing.
        source: name of the reader.
        channels: 1 where the images are grey, 3 where they are RGB.
        votes: categories that each sample has votes for.

    Returns:
        The table, numbered from 0; with dimensions where a sample has a rating, and
        intensities where one has some.

    Raises:
        DataError: the same image stands in two rows.
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
    )


def _column(values: Iterable[int | None]) -> Any:
    """Makes a column of small whole numbers, of which some may be missing."""
    return pd.array(
        [pd.NA if value is None else int(value) for value in values], dtype="Int8"
    )
