"""What a search learns from: the development rows of a study, and their labels.

``search.run`` and ``data_pipeline.check`` read data by this code alone: what one of
them refuses, the other refuses.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline import readers
from data_pipeline.dataset.config import DataConfig
from data_pipeline.dataset.landmarks import read_landmarks
from data_pipeline.dataset.problems import Check, Problem
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.sequence_frames import Frames
from data_pipeline.dataset.subject_aliases import (
    merge_subjects,
    refuse_ambiguous_subjects,
    subject_problems,
)
from data_pipeline.images.crop import Cropper, make_cropper
from data_pipeline.split.duplicates import ImageKeys, drop_duplicates
from data_pipeline.split.fold_checks import check_development, check_folds
from data_pipeline.split.split import Fold, Split
from data_pipeline.system.errors import DataError
from data_pipeline.targets.emotion_labels import scored_rule
from data_pipeline.targets.targets import Targets, read_targets

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Development:
    """The development rows, divided and labelled.

    ``targets`` is what is learned from and ``truth`` what is scored against; they
    differ where votes make labels. ``unlabelled`` counts rows that were left out
    because they have no label at all.
    """

    split: Split
    targets: Targets
    truth: Targets
    unlabelled: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UsableRows:
    """The development rows that are used: ``rows`` to learn from, and the folds."""

    rows: Array
    folds: tuple[Fold, ...]


def read_table(
    root: Path, data: DataConfig, progress: Callable[[int, int], None]
) -> SampleTable:
    """Reads a study's labels; each person has one id.

    Args:
        root: the data folder.
        data: the study's section.
        progress: told how many labels are read, and of how many.

    Returns:
        The whole table.

    Raises:
        DataError: a label is wrong, or there are probably people with several ids.
    """
    frames = Frames(neutral=data.neutral, last=data.frames)
    table = readers.read(root, data.dataset, frames, progress)
    table = merge_subjects(table, data.subjects)
    refuse_ambiguous_subjects(subject_problems(table, data.subjects))
    return table


def read_development(data: DataConfig, parts: Split) -> Development:
    """Reads the labels of the development rows.

    Where images are rated, a row without any label of the study's targets is left
    out before its pixels are read: AffectNet calls a fifth of its images Uncertain or
    No-Face. In other tables such a row stays, and is masked.

    Args:
        data: the study's section.
        parts: the split of the whole table.

    Returns:
        The rows and their labels.

    Raises:
        DataError: the rows lack a target of the study, or cannot be learned or scored.
    """
    targets = read_targets(
        parts.development,
        wanted=data.targets,
        emotions=data.emotions,
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
        truth=read_scoring_targets(data, table) if table.votes else targets,
        unlabelled=unlabelled,
    )
    if data.crop == "landmarks":
        study_cropper(data, table)
    check_development(found.truth)
    usable_rows(found, np.arange(len(targets)))
    return found


def usable_rows(development: Development, kept: Array) -> UsableRows:
    """Finds the rows to learn from and to score.

    Rows whose votes agree on nothing are dropped, as those who collected them do; in
    all other tables a row without a label stays, and is masked.

    Args:
        development: the development rows.
        kept: ascending rows of them whose images can be read.

    Returns:
        The rows that are used.

    Raises:
        DataError: too little is left to learn from or to score.
    """
    learned = judged = kept
    targets, truth = development.targets, development.truth
    if development.split.development.votes:
        learned = kept[targets.emotion_mask[kept]]
        judged = kept[truth.emotion_mask[kept]]
    folds = tuple(
        Fold(
            train=np.intersect1d(fold.train, learned),
            validation=np.intersect1d(fold.validation, judged),
        )
        for fold in development.split.folds
    )
    check_folds(folds, targets, truth)
    return UsableRows(rows=learned, folds=folds)


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
    check_folds(folds, development.targets, development.truth)
    trained, left = (sum(len(fold.train) for fold in of) for of in (used.folds, folds))
    return replace(used, folds=folds), (len(kept) - len(apart), trained - left)


def read_scoring_targets(data: DataConfig, table: SampleTable) -> Targets:
    """Reads what predictions are scored against, which a part of a table may lack.

    Args:
        data: the study's section.
        table: development rows, or those of the opened hold-out.

    Returns:
        The targets; where votes make labels, those of the rule that is scored.
    """
    return read_targets(
        table,
        wanted=data.targets,
        emotions=data.emotions,
        labels=scored_rule(data.labels),
        required=False,
    )


def study_cropper(data: DataConfig, table: SampleTable) -> Cropper:
    """Makes the cropper of a study.

    Args:
        data: the study's section.
        table: its development rows.

    Returns:
        The cropper.

    Raises:
        DataError: it takes landmarks, and the data bring none.
    """
    made = make_cropper(data.crop)
    rows = range(len(table))
    if made.uses_landmarks and all(read_landmarks(table, row) is None for row in rows):
        raise DataError(
            f'{table.root}: [data] crop: "landmarks" takes the faces from landmarks '
            f"that the data bring along, and not one of {len(rows)} images has any. "
            "CK+'s official tree brings them (unpack Landmarks.zip), and so does "
            'AffectNet; elsewhere say crop = "detect"'
        )
    return made


def landmark_problems(table: SampleTable) -> Iterator[Problem]:
    """Finds landmarks that cannot be read.

    Args:
        table: the whole table.

    Yields:
        One problem for each image whose landmarks are something else.
    """
    for row in range(len(table)):
        try:
            read_landmarks(table, row)
        except DataError as error:
            image = str(table.frame["image"].iloc[row])
            yield Problem(check=Check.LABEL, where=image, found=str(error))
