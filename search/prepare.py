"""A study and a data folder become a Job: labels, split, pixels of the development."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline import readers
from data_pipeline.divisible import Guarantee
from data_pipeline.frames import Frames
from data_pipeline.images import read_images
from data_pipeline.leaks import parts_of, shared_people
from data_pipeline.left_out import Skipped
from data_pipeline.problems import Problem
from data_pipeline.split import Fold, Split, split
from data_pipeline.targets import Targets, read_targets
from models.config import Frame
from search.crops import study_cropper
from search.fold_checks import check_folds, twins
from search.job import Job
from search.starts import check_seen, check_space, models_of, start_identity
from search.study import Study
from search.truth import read_truth

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """What is known before any pixel is read.

    ``drawn`` says that nobody in the data is real. ``targets`` and ``truth`` are those
    of the development rows: what is learned from, and what is scored against. They
    differ where votes make labels. ``skipped`` are rows that have no readable label;
    ``unlabelled`` counts development rows that were left out because they have none.
    ``shared`` are people and sequences in two parts, under two spellings of a name.
    """

    root: Path
    drawn: bool
    split: Split
    targets: Targets
    truth: Targets
    frame: Frame
    fingerprint: str
    skipped: tuple[Skipped, ...] = ()
    unlabelled: int = 0
    shared: tuple[Problem, ...] = ()


def read_labels(
    study: Study,
    root: Path,
    *,
    drawn: bool,
    progress: Progress | None = None,
    runs: Path = Path("runs"),
) -> Labelled:
    """Reads labels and splits; no image is opened.

    Where images are rated, a development row without any label of the study's targets
    is left out before its pixels are read: AffectNet calls a fifth of its images
    Uncertain or No-Face. In other tables such a row stays, and is masked.

    Args:
        study: the study.
        root: the data folder.
        drawn: whether its faces are drawn.
        progress: sees the reading go on.
        runs: the folder of all runs, where models of earlier studies are.

    Returns:
        The labels.

    Raises:
        DataError: the data are wrong, or lack a target of the study.
        StudyError: a configuration of the space cannot be built for these data.
    """
    models = models_of(study.space, runs.resolve(), study.name, drawn=drawn)
    frames = Frames(neutral=study.data.neutral, last=study.data.frames)
    table = readers.read(
        root,
        study.data.dataset,
        frames,
        lambda n, of: progress("reading labels", n, of) if progress else None,
    )
    parts = split(
        table,
        by=study.split.by,
        folds=study.split.folds,
        hold_out=study.split.hold_out,
        hold_out_seed=study.split.hold_out_seed,
        validation=study.split.validation,
    )
    by_subject = parts.guarantee is Guarantee.SUBJECT
    shared = shared_people(table, parts_of(table, parts)) if by_subject else ()
    targets = read_targets(
        parts.development,
        wanted=study.data.targets,
        emotions=study.data.emotions,
        labels=study.data.labels,
    )
    useful = np.flatnonzero(targets.known() | (not table.dimensions))
    unlabelled = len(targets) - len(useful)
    if unlabelled:
        parts, targets = parts.only(useful), targets.take(useful)
    frame = Frame(
        models=models,
        image_size=study.data.image_size,
        channels=table.channels,
        emotions=targets.emotions,
        action_units=targets.action_units,
        dimensions=targets.dimensions,
        several=targets.learned == "several",
    )
    check_space(study.space, frame)
    check_seen(study.space, frame, dataset=study.data.dataset, drawn=drawn)
    return Labelled(
        root=root,
        drawn=drawn,
        split=parts,
        targets=targets,
        truth=read_truth(study.data, parts.development) if table.votes else targets,
        frame=frame,
        fingerprint=table.fingerprint(),
        skipped=table.skipped,
        unlabelled=unlabelled,
        shared=tuple(shared),
    )


def prepare(
    study: Study, labelled: Labelled, *, cache: Path, progress: Progress
) -> tuple[Job, Mapping[str, Any]]:
    """Decodes the development images once and builds the Job.

    Args:
        study: the study.
        labelled: its data, split.
        cache: folder of the pixel caches, shared by all runs.
        progress: sees the decoding go on.

    Returns:
        The job, and what identifies its pixels in the ledger.

    Raises:
        DataError: an image cannot be read, or too few are left.
    """
    development = labelled.split.development
    images = read_images(
        development,
        size=study.data.image_size,
        cache=cache,
        unreadable=study.data.unreadable,
        cropper=study_cropper(study.data, development),
        progress=progress,
    )
    learned, judged = _useful(labelled, images.kept)
    folds = tuple(
        Fold(
            train=np.intersect1d(fold.train, learned),
            validation=np.intersect1d(fold.validation, judged),
        )
        for fold in labelled.split.folds
    )
    check_folds(folds, labelled.targets, labelled.truth)
    job = Job(
        images=str(images.path.resolve()),
        targets=labelled.targets,
        truth=labelled.truth,
        rows=learned,
        folds=folds,
        frame=labelled.frame,
        objective=dict(study.objective),
        stride=study.stride,
        cpus=study.resources.cpus_per_trial,
        gpus=study.resources.gpus_per_trial,
        concurrent=study.resources.max_concurrent,
        unreadable=len(development) - len(images.kept),
        without_face=images.fallbacks,
        twins=twins(folds, images.contents),
    )
    return job, {"data.pixels": images.digest, "data.folds": _digest(folds)}


def label_identity(study: Study, labelled: Labelled) -> dict[str, str]:
    """Tells what identifies a study's data before a pixel is read."""
    return {
        "data.labels": labelled.fingerprint,
        "data.hold_out": labelled.split.hold_out.key,
        **start_identity(study.space, labelled.frame),
    }


def _useful(labelled: Labelled, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Finds the rows to learn from and to score.

    Rows whose votes agree on nothing are dropped, as those who collected them do; in
    all other tables a row without a label stays, and is masked.
    """
    if not labelled.split.development.votes:
        return kept, kept
    learned, judged = labelled.targets.emotion_mask, labelled.truth.emotion_mask
    return kept[learned[kept]], kept[judged[kept]]


def _digest(folds: tuple[Fold, ...]) -> str:
    rows = [[fold.train.tolist(), fold.validation.tolist()] for fold in folds]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()
