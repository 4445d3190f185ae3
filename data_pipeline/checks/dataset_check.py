"""Examines a whole data set, the hold-out's pixels included, and writes nothing."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from data_pipeline import readers
from data_pipeline.checks.image_check import Fault, Look, inspect
from data_pipeline.checks.leaks import (
    parts_of,
    same_files,
    same_pictures,
    shared_sequences,
)
from data_pipeline.dataset.config import StudyData
from data_pipeline.dataset.dataset_identity import population
from data_pipeline.dataset.problems import Check, Problem
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.sequence_frames import Frames
from data_pipeline.dataset.skipped_files import Kind, add_skipped_to_error
from data_pipeline.dataset.subject_aliases import merge_subjects, subject_problems
from data_pipeline.development import (
    landmark_problems,
    read_development,
    usable_rows,
    usable_without_duplicates,
)
from data_pipeline.images.decode import refuse_bombs
from data_pipeline.readers.reader import ReadOptions
from data_pipeline.split.duplicates import ImageKeys, file_keys
from data_pipeline.split.held_out_subjects import RunHistory, split_with_history
from data_pipeline.split.split import Split
from data_pipeline.system.errors import DataError, prefix_errors
from data_pipeline.system.workers import thread_pool
from data_pipeline.targets.class_checks import class_problems

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was examined and found.

    Attributes:
        source: name of the reader; empty where no reader could read the labels.
        parts: name of each part -> its images.
        problems: everything found, in the order of ``Check``.
        endings: how the names of the pictures end -> how many do.
        understood: what is spelled in another way than usual, and how it is read.
    """

    source: str
    parts: dict[str, int]
    problems: tuple[Problem, ...]
    endings: dict[str, int] = field(default_factory=dict)
    understood: tuple[str, ...] = ()


def examine(
    root: Path,
    keys: StudyData,
    progress: Progress,
    *,
    synthetic: bool = False,
    history: RunHistory = RunHistory(),  # noqa: B008 - frozen and empty
) -> Examination:
    """Runs every check.

    Args:
        root: the data folder.
        keys: the data set and its split.
        progress: told what is done, how far, and of how much.
        synthetic: nobody in the data is real.
        history: openings of hold-outs; subjects tested in one stay held out here.

    Returns:
        The findings; a label that no reader accepts ends the checks.

    Raises:
        DataError: there is no such folder or layout, or it cannot be split so.
    """
    reader, folder = readers.find(root, keys.data.dataset)
    options = ReadOptions(
        frames=Frames(neutral=keys.data.neutral, last=keys.data.frames),
        progress=lambda n, of: progress("labels", n, of),
    )
    try:
        table = reader.read(folder, options)
    except DataError as error:
        wrong = Problem(check=Check.LABEL, where=str(root), message=str(error))
        return Examination(source="", parts={}, problems=(wrong,))
    table = merge_subjects(table, keys.data.subjects)
    with prefix_errors(keys.place), add_skipped_to_error(table.skipped):
        people = population(keys.data.dataset, root, synthetic=synthetic)
        divided = split_with_history(
            table, keys.split, data=people, history=history
        ).split
    parts = parts_of(table, divided)
    looks = _looks(table, progress)
    rows = [row for row, look in enumerate(looks) if isinstance(look, Look)]
    seen = [look for look in looks if isinstance(look, Look)]
    problems = [
        Problem(
            check=Check.LABEL if row.kind is Kind.ROW else Check.FOREIGN,
            where=row.place,
            message=f"{row.reason}; left out",
        )
        for row in table.skipped
    ]
    problems += [
        Problem(check=look.check, where=_place(table, row), message=look.found)
        for row, look in enumerate(looks)
        if isinstance(look, Fault)
    ]
    problems += subject_problems(table, keys.data.subjects)
    if keys.targets_known:
        problems += class_problems(table, keys.data)
        problems += _target_problems(keys, divided, _digests(table, looks))
    if keys.data.crop == "landmarks":
        problems += landmark_problems(table)
    problems += shared_sequences(table, parts)
    problems += same_files(table, parts, rows, seen)
    problems += same_pictures(
        table, parts, rows, seen, lambda n, of: progress("comparing images", n, of)
    )
    order = list(Check)
    problems.sort(key=lambda problem: order.index(problem.check))
    names = sorted(set(parts.tolist()))
    return Examination(
        source=table.source,
        parts={name: int((parts == name).sum()) for name in names},
        problems=tuple(problems),
        endings=dict(Counter(Path(image).suffix for image in table.frame["image"])),
        understood=table.understood,
    )


def _target_problems(
    keys: StudyData, divided: Split, digests: Mapping[str, str]
) -> Iterator[Problem]:
    """Finds what a search refuses before its first trial: it cannot learn or score."""
    try:
        found = read_development(keys.data, divided)
        images = found.split.development.frame["image"]
        kept = np.arange(len(images))
        if keys.data.unreadable == "quarantine":
            kept = np.flatnonzero(images.isin(list(digests)))
            usable_rows(found, kept)
        if keys.split.duplicates != "keep":
            own = [digests.get(image, image) for image in images]
            held = [digests[image] for image in digests.keys() - set(images)]
            usable_without_duplicates(found, kept, _pictures(own), _pictures(held))
    except DataError as error:
        yield Problem(
            check=Check.TARGET, where=keys.place or "the study", message=str(error)
        )


def _pictures(digests: Sequence[str]) -> ImageKeys:
    return ImageKeys(keys=(file_keys(digests),))


def _digests(table: SampleTable, looks: Sequence[Look | Fault]) -> dict[str, str]:
    """Digests the images that a search can decode, dull ones among them.

    A dull image has no digest here: its own name stands for it.
    """
    return {
        image: look.digest if isinstance(look, Look) else image
        for image, look in zip(table.frame["image"], looks, strict=True)
        if isinstance(look, Look) or look.check is Check.BLANK
    }


def _looks(table: SampleTable, progress: Progress) -> list[Look | Fault]:
    """Looks at every image, on all cores; memory holds sketches alone."""
    paths = [table.root / image for image in table.frame["image"]]
    looks: list[Look | Fault] = []
    with refuse_bombs(), thread_pool() as pool:
        for look in pool.map(inspect, paths):
            looks.append(look)
            progress("looking at images", len(looks), len(paths))
    return looks


def _place(table: SampleTable, row: int) -> str:
    return f"{table.frame['image'].iloc[row]} ({table.frame['place'].iloc[row]})"
