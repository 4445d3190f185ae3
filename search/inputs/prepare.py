"""A run's data become a Job: the pixels and the usable rows of the development part."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from data_pipeline.development import (
    UsableRows,
    study_cropper,
    usable_rows,
    usable_without_duplicates,
)
from data_pipeline.images.cache import Images, read_images
from data_pipeline.images.eviction import shrink
from data_pipeline.pages.wording import counted
from data_pipeline.split.duplicates import (
    ImageKeys,
    count_duplicates,
    file_keys,
    pixel_keys,
)
from data_pipeline.split.split import Fold
from data_pipeline.system.errors import prefix_errors
from search.costs.limits import LATENCY
from search.inputs.gpu_shares import Placement
from search.inputs.initial_weights import weight_digests
from search.inputs.own_code import code_identity
from search.inputs.run import Run
from search.inputs.scoring_targets import clusters
from search.trial.messages import Job


def prepare_job(
    run: Run, placement: Placement | None = None
) -> tuple[Job, Mapping[str, Any]]:
    """Decodes the development images once and builds the Job, by default for CPUs.

    Returns the job and what identifies its pixels in the ledger. ``DataError`` is
    raised where an image cannot be read, or too few are left.
    """
    study, data = run.study, run.data
    placed = placement or Placement()
    images = read_pixels(run)
    with prefix_errors(study.place):
        used, dropped = used_rows(run, images)
    job = Job(
        images=str(images.path.resolve()),
        targets=data.targets,
        scoring_targets=data.scoring_targets,
        rows=used.rows,
        folds=used.folds,
        data_spec=data.data_spec,
        objective=dict(study.objective),
        groups=data.groups,
        stride=study.stride,
        cpus=study.resources.cpus_per_trial,
        gpus=placed.gpus,
        concurrent=placed.concurrent,
        memory=study.resources.worker_memory(placed.concurrent),
        unreadable=len(images.array) - len(images.kept),
        without_face=images.without_face,
        duplicates=count_duplicates(used.folds, ImageKeys(keys=(images.contents,))),
        duplicates_dropped=dropped,
        subjects=_subjects(run),
        limits=study.constraints.limits(),
        timed=LATENCY in study.goals,
    )
    return job, {"data.pixels": images.digest, "data.folds": _digest(used.folds)}


def _subjects(run: Run) -> np.ndarray:
    """Numbers the subject of each development row, or what stands for it; (N,)."""
    people = clusters(run.data.split.development, run.study.split.by)
    return np.unique(np.asarray(people, dtype=str), return_inverse=True)[1]


def read_pixels(run: Run) -> Images:
    """Decodes the development images, or maps those that were decoded before."""
    study, development = run.study, run.data.split.development
    with prefix_errors(study.place):
        cropper = study_cropper(study.data, development)
    images = read_images(
        development,
        size=study.data.image_size,
        cache=run.folder.cache,
        unreadable=study.data.unreadable,
        cropper=cropper,
        progress=run.progress,
    )
    removed = shrink(run.folder.cache, most=study.resources.cache_bytes())
    if removed:
        run.print(
            f"removed from the cache: {counted(removed, 'array')} unused longest "
            f"(resources.cache_size = {study.resources.cache_size:g})"
        )
    return images


def used_rows(run: Run, images: Images) -> tuple[UsableRows, tuple[int, int]]:
    """Finds the development rows that are trained and scored on.

    Returns them and two counts of rows left out: duplicates of hold-out images, and
    duplicates in training parts of validation images of the same fold. ``DataError``
    is raised where too little is left to train on or to score.
    """
    data = run.data
    if run.study.split.duplicates == "keep":
        return usable_rows(data.development, images.kept), (0, 0)
    return usable_without_duplicates(
        data.development,
        images.kept,
        ImageKeys(keys=(images.contents, pixel_keys(images.array))),
        # Of the hold-out only bytes are read: pixels are decoded at the test.
        ImageKeys(keys=(file_keys(data.split.hold_out.file_digests()),)),
    )


def data_identity(run: Run) -> dict[str, str]:
    """Returns what identifies a run's data before a pixel is read."""
    return {
        "data.labels": run.data.fingerprint,
        "data.hold_out": run.data.split.hold_out.key,
        **weight_digests(run.study.space, run.data.data_spec),
        **code_identity(run.study),
        **_groups_identity(run.data.groups),
    }


def _groups_identity(groups: np.ndarray | None) -> dict[str, str]:
    """Identifies the groups that trials are scored by, if there are some."""
    if groups is None:
        return {}
    return {"data.groups": hashlib.sha256(groups.astype("<i8").tobytes()).hexdigest()}


def _digest(folds: tuple[Fold, ...]) -> str:
    rows = [[fold.train.tolist(), fold.validation.tolist()] for fold in folds]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()
