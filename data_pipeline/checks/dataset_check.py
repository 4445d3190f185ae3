"""Checks a whole data set, the hold-out's pixels included, and writes nothing."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from data_pipeline import readers
from data_pipeline.checks.image_check import ImageProblem, ImageSketch, inspect_image
from data_pipeline.checks.leaks import (
    parts_of,
    same_files,
    same_images,
    shared_sequences,
)
from data_pipeline.config.dataset_identity import dataset_name, population
from data_pipeline.config.study_data import StudyData
from data_pipeline.dataset.problems import Check, Problem
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.skipped_files import Kind, add_skipped_to_error
from data_pipeline.dataset.subject_aliases import merge_subjects, subject_problems
from data_pipeline.development import (
    landmark_problems,
    read_development,
    read_people,
    usable_rows,
    usable_without_duplicates,
)
from data_pipeline.images.decode import refuse_bombs
from data_pipeline.readers.reader import read_options
from data_pipeline.split.duplicates import ImageKeys, file_keys
from data_pipeline.split.holdout_history import RunHistory, split_with_history
from data_pipeline.split.rules import LEAKY
from data_pipeline.split.split import Split
from data_pipeline.system.errors import DataError, prefix_errors
from data_pipeline.system.workers import thread_pool
from data_pipeline.targets.class_checks import class_problems

Progress = Callable[[str, int, int], None]
Inspected = Sequence[ImageSketch | ImageProblem]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The findings in a data set.

    Attributes:
        source: name of the reader; empty if the labels could not be read.
        parts: part -> number of images.
        problems: all problems, in the order of ``Check``.
        endings: suffix of image files -> count.
        understood: unusual spellings, and how they were read.
        warning: what the user must not overlook about the split.
    """

    source: str
    parts: dict[str, int]
    problems: tuple[Problem, ...]
    endings: dict[str, int] = field(default_factory=dict)
    understood: tuple[str, ...] = ()
    warning: str = ""


def check_dataset(
    root: Path,
    study: StudyData,
    progress: Progress,
    *,
    synthetic: bool = False,
    history: RunHistory = RunHistory(),  # noqa: B008 - frozen and empty
) -> CheckResult:
    """Runs every check; if the labels cannot be read, no further one.

    Subjects that were tested in an opening of ``history`` stay held out here. A folder
    that is missing, unknown or cannot be split this way is a ``DataError``, a table or
    column that the study names and the data lack a ``StudyError``.
    """
    reader, folder = readers.find(root, study.data.dataset, study.data.own())
    options = read_options(study.data, lambda n, of: progress("labels", n, of))
    with prefix_errors(study.place):
        try:
            table = reader.read(folder, options)
        except DataError as error:
            wrong = Problem(check=Check.LABEL, where=str(root), message=str(error))
            return CheckResult(source="", parts={}, problems=(wrong,))
    table = merge_subjects(table, study.data.subjects)
    with prefix_errors(study.place), add_skipped_to_error(table.skipped):
        dataset = dataset_name(study.data, root)
        people = population(dataset, root, synthetic=synthetic)
        result = split_with_history(table, study.split, data=people, history=history)
    inspected = _inspect_all(table, progress)
    parts = parts_of(table, result.split)
    problems = [
        *_label_problems(table, study, root),
        *_image_problems(table, inspected),
        *(_target_problems(table, study, result.split, inspected)),
        *_leaks(table, parts, inspected, progress),
    ]
    order = list(Check)
    problems.sort(key=lambda problem: order.index(problem.check))
    names = sorted(set(parts.tolist()))
    return CheckResult(
        source=table.source,
        parts={name: int((parts == name).sum()) for name in names},
        problems=tuple(problems),
        endings=dict(Counter(Path(image).suffix for image in table.frame["image"])),
        understood=table.understood,
        warning=LEAKY.get(result.split.guarantee, ""),
    )


def _inspect_all(
    table: SampleTable, progress: Progress
) -> list[ImageSketch | ImageProblem]:
    """Inspects every image on all cores, keeping only sketches in memory."""
    paths = [table.root / image for image in table.frame["image"]]
    inspected: list[ImageSketch | ImageProblem] = []
    with refuse_bombs(), thread_pool() as pool:
        for found in pool.map(inspect_image, paths):
            inspected.append(found)
            progress("looking at images", len(inspected), len(paths))
    return inspected


def _label_problems(
    table: SampleTable, study: StudyData, root: Path
) -> Iterator[Problem]:
    for row in table.skipped:
        yield Problem(
            check=Check.LABEL if row.kind is Kind.ROW else Check.FOREIGN,
            where=row.place,
            message=f"{row.reason}; left out",
        )
    yield from subject_problems(table, study.data.subjects)
    yield from _demographic_problems(table, study, root)
    if study.has_targets:
        yield from class_problems(table, study.data)
    if study.data.crop == "landmarks":
        yield from landmark_problems(table)


def _demographic_problems(
    table: SampleTable, study: StudyData, root: Path
) -> Iterator[Problem]:
    """Yields why the table of the subjects cannot be read, if it cannot."""
    try:
        read_people(root, study.data, table)
    except DataError as error:
        where = str(study.data.demographics)
        yield Problem(check=Check.LABEL, where=where, message=str(error))


def _image_problems(table: SampleTable, inspected: Inspected) -> Iterator[Problem]:
    for row, found in enumerate(inspected):
        if isinstance(found, ImageProblem):
            image, place = (
                table.frame["image"].iloc[row],
                table.frame["place"].iloc[row],
            )
            yield Problem(
                check=found.check, where=f"{image} ({place})", message=found.message
            )


def _leaks(
    table: SampleTable, parts: np.ndarray, inspected: Inspected, progress: Progress
) -> Iterator[Problem]:
    sketches = {
        row: found
        for row, found in enumerate(inspected)
        if isinstance(found, ImageSketch)
    }
    yield from shared_sequences(table, parts)
    yield from same_files(table, parts, sketches)
    yield from same_images(
        table, parts, sketches, lambda n, of: progress("comparing images", n, of)
    )


def _target_problems(
    table: SampleTable, study: StudyData, split: Split, inspected: Inspected
) -> Iterator[Problem]:
    """Yields why a search would refuse to train or score, before its first trial."""
    if not study.has_targets:
        return
    try:
        _check_targets(study, split, _digests(table, inspected))
    except DataError as error:
        where = study.place or "the study"
        yield Problem(check=Check.TARGET, where=where, message=str(error))


def _check_targets(study: StudyData, split: Split, digests: Mapping[str, str]) -> None:
    development = read_development(study.data, split)
    images = development.split.development.frame["image"]
    kept = np.arange(len(images))
    if study.data.unreadable == "quarantine":
        kept = np.flatnonzero(images.isin(list(digests)))
        usable_rows(development, kept)
    if study.split.duplicates != "keep":
        own = [digests.get(image, image) for image in images]
        held_out = [digests[image] for image in digests.keys() - set(images)]
        usable_without_duplicates(development, kept, _keys(own), _keys(held_out))


def _keys(digests: Sequence[str]) -> ImageKeys:
    return ImageKeys(keys=(file_keys(digests),))


def _digests(table: SampleTable, inspected: Inspected) -> dict[str, str]:
    """Maps decodable images to digests; a blank image has its name instead."""
    return {
        image: found.digest if isinstance(found, ImageSketch) else image
        for image, found in zip(table.frame["image"], inspected, strict=True)
        if isinstance(found, ImageSketch) or found.check is Check.BLANK
    }
