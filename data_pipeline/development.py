"""The development rows of a study: their labels, and which of them are used.

``search.run`` and ``data_pipeline.check`` read data with this module, so that both
refuse the same data.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline import readers
from data_pipeline.config.data_config import DataConfig
from data_pipeline.dataset.landmarks import read_landmarks
from data_pipeline.dataset.problems import Check, Problem
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.subject_aliases import (
    merge_subjects,
    refuse_ambiguous_subjects,
    subject_problems,
)
from data_pipeline.demographics.table import Demographics, beside, people_of
from data_pipeline.images.crop import Cropper, make_cropper
from data_pipeline.readers.reader import read_options
from data_pipeline.split.duplicates import ImageKeys, drop_duplicates
from data_pipeline.split.fold_checks import check_development, check_folds
from data_pipeline.split.split import Fold, Split
from data_pipeline.system.errors import DataError
from data_pipeline.targets.emotion_labels import scored_rule
from data_pipeline.targets.targets import Targets, read_targets

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Development:
    """The development rows with their folds and labels.

    ``targets`` are for training and ``scoring_targets`` for scores; they differ if
    labels come from votes. ``unlabelled`` counts dropped rows without any label.
    """

    split: Split
    targets: Targets
    scoring_targets: Targets
    unlabelled: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UsableRows:
    """The development rows in use: ``rows`` to train on, and the folds."""

    rows: Array
    folds: tuple[Fold, ...]


def read_table(
    root: Path, data: DataConfig, progress: Callable[[int, int], None]
) -> SampleTable:
    """Reads a study's labels, and merges the ids of each person.

    Args:
        root: the data folder.
        data: the study's section.
        progress: called with the labels read and their total.

    Returns:
        The whole table.

    Raises:
        DataError: a label is wrong, or a person probably has several ids.
    """
    reader, folder = readers.find(root, data.dataset, data.own())
    table = reader.read(folder, read_options(data, progress))
    table = merge_subjects(table, data.subjects)
    refuse_ambiguous_subjects(subject_problems(table, data.subjects))
    return table


def read_people(
    root: Path, data: DataConfig, table: SampleTable
) -> Demographics | None:
    """Reads the demographics that a study names, of a table's subjects.

    Raises:
        DataError: the file is wrong, or names none of them.
    """
    if data.demographics is None:
        return None
    return people_of(table, beside(root, data.demographics), data.subjects)


def read_development(data: DataConfig, parts: Split) -> Development:
    """Reads the labels of the development rows.

    In tables with ratings, a row without any label of the study's targets is dropped
    before its image is read: AffectNet has a fifth of its images as Uncertain or
    No-Face. In other tables such a row is kept and masked.

    Args:
        data: the study's section.
        parts: the split of the whole table.

    Returns:
        The rows and their labels.

    Raises:
        DataError: a target of the study is missing, or too little is left to train or
            score on.
    """
    targets = read_targets(
        parts.development,
        wanted=data.targets,
        emotions=data.level,
        labels=data.labels,
    )
    useful = np.flatnonzero(targets.labelled() | (not parts.development.dimensions))
    unlabelled = len(targets) - len(useful)
    if unlabelled:
        parts, targets = parts.only(useful), targets.take(useful)
    table = parts.development
    found = Development(
        split=parts,
        targets=targets,
        scoring_targets=read_scoring_targets(data, table) if table.votes else targets,
        unlabelled=unlabelled,
    )
    if data.crop == "landmarks":
        study_cropper(data, table)
    check_development(found.scoring_targets)
    usable_rows(found, np.arange(len(targets)))
    return found


def usable_rows(development: Development, kept: Array) -> UsableRows:
    """Selects the rows to train and score on.

    Rows whose votes do not agree are dropped, as the authors of FER+ do; in all other
    tables a row without a label is kept and masked.

    Args:
        development: the development rows.
        kept: ascending rows of them with readable images.

    Raises:
        DataError: too little is left to train or score on.
    """
    trained = scored = kept
    targets, scoring_targets = development.targets, development.scoring_targets
    if development.split.development.votes:
        trained = kept[targets.emotion_mask[kept]]
        scored = kept[scoring_targets.emotion_mask[kept]]
    folds = tuple(
        Fold(
            train=np.intersect1d(fold.train, trained),
            validation=np.intersect1d(fold.validation, scored),
        )
        for fold in development.split.folds
    )
    check_folds(folds, targets, scoring_targets)
    return UsableRows(rows=trained, folds=folds)


def usable_without_duplicates(
    development: Development, kept: Array, keys: ImageKeys, held_out: ImageKeys
) -> tuple[UsableRows, tuple[int, int]]:
    """Selects the rows to train and score on, with duplicates left out of training.

    Args:
        development: the development rows.
        kept: ascending rows of them with readable images.
        keys: of all development rows.
        held_out: keys of the hold-out.

    Returns:
        The rows; how many were dropped as duplicates of the hold-out, and how many
        training rows as duplicates of their fold's validation part.

    Raises:
        DataError: too little is left to learn from or to score.
    """
    apart = kept[~keys.take(kept).isin(held_out)]
    used = usable_rows(development, apart)
    folds = drop_duplicates(used.folds, keys)
    check_folds(folds, development.targets, development.scoring_targets)
    trained, left = (sum(len(fold.train) for fold in of) for of in (used.folds, folds))
    return replace(used, folds=folds), (len(kept) - len(apart), trained - left)


def read_scoring_targets(data: DataConfig, table: SampleTable) -> Targets:
    """Reads the targets that predictions are scored against.

    A part of a table, such as the opened hold-out, may lack some. If labels come from
    votes, the rule is that of ``scored_rule``.
    """
    return read_targets(
        table,
        wanted=data.targets,
        emotions=data.level,
        labels=scored_rule(data.labels),
        required=False,
    )


def study_cropper(data: DataConfig, table: SampleTable) -> Cropper:
    """Creates the cropper of a study for its development rows.

    Raises:
        DataError: it needs landmarks, and the data have none.
    """
    made = make_cropper(data.crop)
    rows = range(len(table))
    if made.uses_landmarks and all(read_landmarks(table, row) is None for row in rows):
        raise DataError(
            f'{table.root}: [data] crop: "landmarks" needs landmarks in the data, and '
            f"none of {len(rows)} images has any. CK+'s official tree has them (unpack "
            'Landmarks.zip), and so has AffectNet; elsewhere use crop = "detect"'
        )
    return made


def landmark_problems(table: SampleTable) -> Iterator[Problem]:
    """Yields a problem for each image with unreadable landmarks."""
    for row in range(len(table)):
        try:
            read_landmarks(table, row)
        except DataError as error:
            image = str(table.frame["image"].iloc[row])
            yield Problem(check=Check.LABEL, where=image, message=str(error))
