"""A draft: the data set in a folder, the keys that read it, and what was assumed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from data_pipeline import readers
from data_pipeline.config.data_config import DataConfig
from data_pipeline.dataset.datasets import OWN
from data_pipeline.dataset.own_data import EMOTION, PART, SUBJECT
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.skipped_files import describe_skipped
from data_pipeline.drafting.described import described
from data_pipeline.drafting.guesses import guess_subject, guess_words
from data_pipeline.drafting.paths import (
    emotions_in,
    guess_names,
    guess_part,
    images_below,
)
from data_pipeline.drafting.tables import draft_table, find_table
from data_pipeline.images.decode import UnreadableError, opened_image, refuse_bombs
from data_pipeline.labels.spellings import emotion_of
from data_pipeline.readers.ckplus_csv import TABLE
from data_pipeline.readers.reader import read_options, visible
from data_pipeline.system.errors import DataError

KNOWN = ("ckplus", "ferplus", "affectnet")
"""Data sets that are recognized before own data: their layouts are their own."""

OPENED = 40
"""Images whose headers are read for their size."""

SIZES = (48, 64, 96, 128)
PHOTOGRAPH = 300
"""Edge in pixels from which a picture is assumed to show more than a face."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a study file for a folder says.

    Attributes:
        data: keys of ``[data]``.
        split: keys of ``[split]``.
        found: lines about the data.
        assumed: lines about what the user should check.
    """

    data: dict[str, Any]
    split: dict[str, Any]
    found: tuple[str, ...]
    assumed: tuple[str, ...]


def draft(root: Path) -> Draft:
    """Looks at a folder, or at a table, and drafts a study for it.

    Labels and the headers of some images are read, no pixel. DataError: there is
    nothing to read; the message is the reader's.
    """
    if not root.exists():
        raise DataError(f"--data {root}: there is no such folder; name one with faces")
    ready = described(root)
    if ready is not None:
        name, keys, split, table = ready
        note = f"this is {keys['name']}, which studies/{name}.toml describes: run that"
        return _drafted(table, keys, split, [note])
    keys, assumed = _known(root) or _table(root) or _folders(root)
    table = _read(root, keys)
    images, more = _images(table)
    data = keys | {"targets": _targets(table)} | images
    if keys["dataset"] not in OWN:
        data.pop("channels", None)
    split, about = _split(table)
    return _drafted(table, data, split, [*assumed, *more, *about])


def _drafted(
    table: SampleTable, data: dict[str, Any], split: dict[str, Any], assumed: list[str]
) -> Draft:
    found = tuple(_found(table))
    return Draft(data=data, split=split, found=found, assumed=tuple(assumed))


def _known(root: Path) -> tuple[dict[str, Any], list[str]] | None:
    """Recognizes a data set with a reader of its own."""
    for dataset in KNOWN:
        try:
            table = readers.read(root, dataset)
        except DataError:
            continue
        if table.source == "ckplus_csv" and not _is_coursework(root, table):
            continue
        level = "high_level" if table.frame["emotion"].isna().all() else "basic"
        emotions = {"ckplus": level}.get(dataset, dataset)
        return {"dataset": dataset, "emotions": emotions}, [
            f"this is {dataset}, for which studies/{dataset}.toml is ready"
        ]
    return None


def _is_coursework(root: Path, table: SampleTable) -> bool:
    """Returns whether a table of that layout has the name of the coursework's."""
    return TABLE in (root.name, *(path.name for path in visible(table.root)))


def _table(root: Path) -> tuple[dict[str, Any], list[str]] | None:
    """Recognizes a table, and guesses its keys."""
    path = find_table(root)
    if path is None:
        return None
    keys, assumed, sheet = draft_table(root, path)
    columns = [*keys.get("columns", {}), *map(str.casefold, sheet.columns)]
    images = _read(root, keys).frame["image"].tolist()
    if PART not in columns:
        keys |= guess_part(images)
    if SUBJECT in columns:
        return keys, assumed
    return _with_subject(root, keys, assumed)


def _folders(root: Path) -> tuple[dict[str, Any], list[str]]:
    """Takes folders as classes, if paths do not name emotions elsewhere."""
    keys: dict[str, Any] = {"dataset": "folders"}
    assumed: list[str] = []
    images = images_below(root)
    if not _has_classes(root):
        found = guess_names(images)
        keys |= found
        assumed += [
            f"the {role} is in the path: {each}" for role, each in found.items()
        ]
    keys |= guess_words(emotions_in(images, keys.get(EMOTION)))
    keys |= {} if PART in keys else guess_part(images)
    return (keys, assumed) if SUBJECT in keys else _with_subject(root, keys, assumed)


def _has_classes(root: Path) -> bool:
    """Returns whether folders are named after emotions, where their reader looks."""
    try:
        words = _read(root, {"dataset": "folders"}).words
    except DataError:
        return False
    return all(emotion_of(word) for word in words)


def _with_subject(
    root: Path, keys: dict[str, Any], assumed: list[str]
) -> tuple[dict[str, Any], list[str]]:
    """Adds an expression for subjects, if file names seem to have them."""
    found = guess_subject(_read(root, keys).frame["image"].tolist())
    if found is None:
        return keys, assumed
    pattern, description = found
    more = f"file names begin with the subject: {description}"
    return keys | {"subject": pattern}, [*assumed, more]


def _read(root: Path, keys: dict[str, Any]) -> SampleTable:
    needed: dict[str, Any] = {"targets": ("emotion",), "image_size": SIZES[0]}
    data = DataConfig(**(needed | keys))
    for problem in data.problems():
        raise DataError(problem)
    reader, folder = readers.find(root, data.dataset, data.own())
    return reader.read(folder, read_options(data, lambda *_: None))


def _targets(table: SampleTable) -> list[str]:
    frame = table.frame
    emotion = frame[["emotion", "high_level_emotion"]].notna().any(axis=None)
    units = table.action_units and frame[list(table.action_units)].notna().any(
        axis=None
    )
    found = {
        "emotion": bool(emotion),
        "action_units": bool(units),
        "action_unit_intensities": bool(table.intensities),
        "valence_arousal": bool(table.dimensions),
    }
    return [target for target, there in found.items() if there]


def _images(table: SampleTable) -> tuple[dict[str, Any], list[str]]:
    """Chooses size, channels and crop by the headers of some images."""
    step = max(1, len(table) // OPENED)
    sizes, modes = [], set()
    with refuse_bombs():
        for image in table.frame["image"].iloc[::step][:OPENED]:
            try:
                with opened_image(table.root / image) as header:
                    sizes.append(header.size)
                    modes.add(header.mode)
            except UnreadableError:
                continue
    if not sizes:
        raise DataError(
            f"{table.root}: none of the first images can be read, such as "
            f"{table.frame['image'].iloc[0]}; paths are relative to {table.root}"
        )
    edge = int(median(min(size) for size in sizes))
    size = max((each for each in SIZES if each <= edge), default=SIZES[0])
    whole = edge >= PHOTOGRAPH
    grey = modes <= {"1", "L", "LA", "I;16"}
    assumed = [
        f"pictures of about {edge} pixels are cached at {size}",
        "they are photographs, in which the face is detected (crop)"
        if whole
        else "they are faces, cropped already (crop)",
    ]
    keys: dict[str, Any] = {"image_size": size, "channels": 1 if grey else 3}
    return keys | {"crop": "detect" if whole else "cropped"}, assumed


def _split(table: SampleTable) -> tuple[dict[str, Any], list[str]]:
    """Chooses the strongest split that the data allow."""
    frame, folds = table.frame, {"folds": 5}
    if bool(frame["subject"].notna().all()):
        return {"by": "subject", **folds}, ["subjects are people, and each has one id"]
    published = table.source not in OWN and bool(frame["partition"].notna().all())
    if published or "test" in set(frame["partition"]):
        why = "no subjects are named: the given test part is held out"
        return {"by": "partition", **folds}, [why]
    weak = "sequence" if bool(frame["sequence"].notna().all()) else "image"
    why = (
        f"NO SUBJECTS ARE NAMED, so the split is by {weak}: one person may be in two "
        "parts, and the numbers will not apply to new people. Name the subjects if you "
        "can"
    )
    return {"by": weak, **folds}, [why]


def _found(table: SampleTable) -> Iterator[str]:
    frame = table.frame
    yield f"{len(table)} images, read as {table.source}"
    people = frame["subject"].nunique()
    if people:
        yield f"{people} subjects"
    column = "emotion" if frame["emotion"].notna().any() else "high_level_emotion"
    counts = frame[column].value_counts()
    if len(counts):
        yield f"emotions: {', '.join(f'{name} {n}' for name, n in counts.items())}"
    if table.action_units:
        yield f"action units: {', '.join(table.action_units)}"
    if table.dimensions:
        yield "valence and arousal"
    yield from describe_skipped(table.skipped)
