"""A study and a data folder become a Job: labels, split, pixels of the development."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_pipeline.dataset.dataset_identity import population
from data_pipeline.dataset.problems import Problem
from data_pipeline.dataset.skipped_files import Skipped, add_skipped_to_error
from data_pipeline.development import (
    Development,
    UsableRows,
    read_development,
    read_table,
    study_cropper,
    usable_rows,
    usable_without_duplicates,
)
from data_pipeline.files.folder_names import run_name
from data_pipeline.images.cache import Images, read_images
from data_pipeline.split.duplicates import (
    ImageKeys,
    count_duplicates,
    file_keys,
    pixel_keys,
)
from data_pipeline.split.held_out_subjects import read_history, split_with_history
from data_pipeline.split.receipt import tested_models
from data_pipeline.split.split import Fold, Split
from data_pipeline.system.errors import prefix_errors
from data_pipeline.targets.class_checks import class_problems
from data_pipeline.targets.targets import Targets
from models.config.config import DataSpec
from search.inputs.initial_weights import (
    check_seen,
    check_space,
    models_of,
    start_identity,
)
from search.study.study import Study
from search.trial.messages import Job

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """What is known before any pixel is read.

    ``synthetic`` says that nobody in the data is real. ``skipped`` is what the reader
    left out, ``classes`` what the study's classes and the labels have against each
    other, ``understood`` what is spelled in another way than usual.
    ``population`` names whom the data show, whatever their layout and labels; ``told``
    is what earlier openings of the hold-out mean for this one.
    """

    root: Path
    synthetic: bool
    development: Development
    data_spec: DataSpec
    fingerprint: str
    skipped: tuple[Skipped, ...] = ()
    classes: tuple[Problem, ...] = ()
    understood: tuple[str, ...] = ()
    population: str
    told: tuple[str, ...] = ()

    @property
    def split(self) -> Split:
        """The parts of the table."""
        return self.development.split

    @property
    def targets(self) -> Targets:
        """What is learned from."""
        return self.development.targets

    @property
    def truth(self) -> Targets:
        """What is scored against."""
        return self.development.scoring_targets

    @property
    def unlabelled(self) -> int:
        """Counts development rows that were left out: they have no label."""
        return self.development.unlabelled


def read_labels(
    study: Study,
    root: Path,
    *,
    synthetic: bool,
    progress: Progress | None = None,
    runs: Path = Path("runs"),
) -> Labelled:
    """Reads labels and splits; no image is opened.

    Args:
        study: the study.
        root: the data folder.
        synthetic: whether its faces are synthetic.
        progress: sees the reading go on.
        runs: the folder of all runs, where models of earlier studies are.

    Returns:
        The labels.

    Raises:
        DataError: the data are wrong, or lack a target of the study.
        StudyError: a configuration of the space cannot be built for these data.
    """
    with prefix_errors(study.place):
        models = models_of(study.space, runs.resolve(), study.name, synthetic=synthetic)
    table = read_table(
        root,
        study.data,
        lambda n, of: progress("reading labels", n, of) if progress else None,
    )
    history = read_history(runs / run_name(study.name, synthetic=synthetic))
    people = population(study.data.dataset, root, synthetic=synthetic)
    with prefix_errors(study.place), add_skipped_to_error(table.skipped):
        divided = split_with_history(table, study.split, data=people, history=history)
        development = read_development(study.data, divided.split)
    targets = development.targets
    data_spec = DataSpec(
        models=models,
        image_size=study.data.image_size,
        channels=table.channels,
        emotions=targets.emotions,
        action_units=targets.action_units,
        dimensions=targets.dimensions,
        multi_target=targets.learning_mode == "multi_target",
    )
    with prefix_errors(study.place):
        check_space(study.space, data_spec)
        check_seen(
            study.space,
            data_spec,
            dataset=study.data.dataset,
            synthetic=synthetic,
            tested=tested_models(history.receipts, people),
        )
    return Labelled(
        root=root,
        synthetic=synthetic,
        development=development,
        data_spec=data_spec,
        fingerprint=table.fingerprint(),
        skipped=table.skipped,
        classes=class_problems(table, study.data),
        understood=table.understood,
        population=people,
        told=divided.notes,
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
    images = read_pixels(study, labelled, cache=cache, progress=progress)
    with prefix_errors(study.place):
        used, dropped = used_rows(study, labelled, images)
    job = Job(
        images=str(images.path.resolve()),
        targets=labelled.targets,
        truth=labelled.truth,
        rows=used.rows,
        folds=used.folds,
        data_spec=labelled.data_spec,
        objective=dict(study.objective),
        stride=study.stride,
        cpus=study.resources.cpus_per_trial,
        gpus=study.resources.gpus_per_trial,
        concurrent=study.resources.max_concurrent,
        unreadable=len(images.array) - len(images.kept),
        without_face=images.without_face,
        duplicates=count_duplicates(used.folds, ImageKeys(keys=(images.contents,))),
        duplicates_dropped=dropped,
    )
    return job, {"data.pixels": images.digest, "data.folds": _digest(used.folds)}


def read_pixels(
    study: Study, labelled: Labelled, *, cache: Path, progress: Progress
) -> Images:
    """Decodes the development images, or maps what was decoded before.

    Args:
        study: the study.
        labelled: its data, split.
        cache: folder of the pixel caches.
        progress: sees the decoding go on.

    Returns:
        The images, one for each development row.
    """
    development = labelled.split.development
    with prefix_errors(study.place):
        cropper = study_cropper(study.data, development)
    return read_images(
        development,
        size=study.data.image_size,
        cache=cache,
        unreadable=study.data.unreadable,
        cropper=cropper,
        progress=progress,
    )


def used_rows(
    study: Study, labelled: Labelled, images: Images
) -> tuple[UsableRows, tuple[int, int]]:
    """Finds the rows that are trained and scored on.

    Args:
        study: the study; it says whether duplicates are left out.
        labelled: its data, split.
        images: of the development rows.

    Returns:
        The rows; how many were dropped as duplicates of the hold-out, and how many
        training rows as duplicates of their fold's validation part.

    Raises:
        DataError: too little is left to learn from or to score.
    """
    if study.split.duplicates == "keep":
        return usable_rows(labelled.development, images.kept), (0, 0)
    return usable_without_duplicates(
        labelled.development,
        images.kept,
        ImageKeys(keys=(images.contents, pixel_keys(images.array))),
        # Of the hold-out only bytes are read: pixels are decoded at the test.
        ImageKeys(keys=(file_keys(labelled.split.hold_out.file_digests()),)),
    )


def label_identity(study: Study, labelled: Labelled) -> dict[str, str]:
    """Tells what identifies a study's data before a pixel is read."""
    return {
        "data.labels": labelled.fingerprint,
        "data.hold_out": labelled.split.hold_out.key,
        **start_identity(study.space, labelled.data_spec),
    }


def _digest(folds: tuple[Fold, ...]) -> str:
    rows = [[fold.train.tolist(), fold.validation.tolist()] for fold in folds]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def without_face(described: Mapping[str, Any], *, hold_out: int) -> dict[str, Any]:
    """Counts for a report the images in which no face was found.

    Args:
        described: the model's description.
        hold_out: how many there are in the hold-out.

    Returns:
        ``without_face`` with the counts; nothing where none was looked for.
    """
    if "template" not in described["input"]["crop"]:
        return {}
    development = described["data"]["without_face"]
    return {"without_face": {"development": development, "hold_out": hold_out}}
