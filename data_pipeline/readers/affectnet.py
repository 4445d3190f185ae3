"""Reader of AffectNet's npy release: three small label files for each image.

Source: the archive ``train_and_val_set.tar``, 287,651 and 3,999 images cut to 224 x 224
pixels, and courses that hand out one such folder.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data_pipeline.dataset.sample_table import Sample, SampleTable, sample_table
from data_pipeline.dataset.skipped_files import (
    Skipped,
    skipped_among,
    skipped_beside,
    skipped_files,
)
from data_pipeline.dataset.table_checks import checked_samples
from data_pipeline.files.npy_scalar import read_scalar
from data_pipeline.labels.spellings import IMAGE_SUFFIXES, is_hidden
from data_pipeline.readers.affectnet_labels import (
    OBTAIN_AFFECTNET,
    ImageRef,
    to_sample,
)
from data_pipeline.readers.reader import DEFAULTS, ReadOptions
from data_pipeline.system.errors import DataError
from data_pipeline.system.workers import thread_pool

LAYOUT = (
    "AffectNet's npy release: train_set/ and val_set/ (and test_set/), or one folder, "
    "each with images/0.jpg and annotations/0_exp.npy, 0_val.npy, 0_aro.npy"
)
OBTAIN = OBTAIN_AFFECTNET

PARTS: dict[str, str] = {
    "train_set": "train",
    "val_set": "validation",
    "test_set": "test",
}
"""Folder -> partition."""

KINDS = ("exp", "val", "aro")
"""Label files of an image: expression, valence, arousal."""

_FILE = re.compile(r"([0-9]+)_(exp|val|aro)\.npy")
_LANDMARKS = re.compile(r"[0-9]+_lnd\.npy")
_IMAGE = re.compile(r"([0-9]+)(\.[a-zA-Z]+)")
_USUAL = ".jpg"
_AT_ONCE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class _Home:
    """A folder of images and annotations; ``name`` is empty or ends with a slash."""

    root: Path
    name: str
    partition: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbered:
    """The number of an image, as written, and its file name."""

    home: _Home
    number: str
    image: str


def detect(root: Path) -> bool:
    """Detects files such as ``annotations/0_exp.npy`` in a part, or in the folder."""
    return bool(_homes(root))


def read(root: Path, options: ReadOptions = DEFAULTS) -> SampleTable:
    """Reads three label files for each image: rows by part and number.

    A rating of -2 is missing; so is the emotion of expressions 8, 9 and 10, which only
    few copies have. Images with a missing, unreadable or invalid label file are skipped
    and listed.

    Source: AffectNet, 287,651 and 3,999 images, RGB, without subjects; labels are 0-d
    arrays of text.
    """
    options.check_no_frames(root)
    homes = _homes(root)
    if not homes:
        raise DataError(f"{root}: there is no {LAYOUT}")
    others: list[Path] = []
    images = [
        _Numbered(home=home, number=number, image=image)
        for home in homes
        for number, image in _numbers(home, others)
    ]
    found = list(_read_all(images, options))
    samples = [row for row in found if isinstance(row, Sample)]
    skipped = [row for row in found if isinstance(row, Skipped)]
    if not samples:
        raise DataError(
            f"{root}: none of {len(found)} images has readable labels; the first, "
            f"{skipped[0].place}: {skipped[0].reason}"
        )
    place = homes[0].root
    return sample_table(
        checked_samples(samples, place),
        root=place,
        source="affectnet",
        channels=3,
        skipped=[*skipped, *_beside(root, homes), *skipped_files(place, others)],
    )


def _beside(root: Path, homes: list[_Home]) -> list[Skipped]:
    """Lists data folders that are not part of the release."""
    place = homes[0].root
    used = [place / home.name for home in homes if home.name]
    used = used or [place / "images", place / "annotations"]
    return skipped_among(place, place, used) + skipped_beside(root, place)


def _homes(root: Path) -> list[_Home]:
    """Finds the parts, in the folder or one folder deeper.

    A part needs label files: ``__MACOSX`` has the same folders without them.
    """
    inside = root.iterdir() if root.is_dir() else ()
    inner = sorted(path for path in inside if path.is_dir())
    for place in (root, *inner):
        homes = [
            _Home(root=place, name=f"{name}/", partition=part)
            for name, part in PARTS.items()
            if (place / name / "annotations").is_dir()
        ]
        if not homes and (place / "annotations").is_dir():
            part = PARTS.get(place.resolve().name)
            homes = [_Home(root=place, name="", partition=part)]
        if any(_is_home(home) for home in homes):
            return homes
    return []


def _is_home(home: _Home) -> bool:
    with os.scandir(home.root / home.name / "annotations") as entries:
        return any(_FILE.fullmatch(entry.name) for entry in entries)


def _numbers(home: _Home, others: list[Path]) -> list[tuple[str, str]]:
    """Lists the numbers and file names of a part's images, or of their labels.

    The numbers have gaps. Other files are added to ``others``.
    """
    folder = home.root / home.name
    found: dict[str, str] = {}
    for name in _listed(folder / "annotations"):
        match = _FILE.fullmatch(name)
        if match is not None:
            found[match[1]] = f"{match[1]}{_USUAL}"
        elif _LANDMARKS.fullmatch(name) is None:
            others.append(folder / "annotations" / name)
    endings: dict[str, str] = {}
    for name in _listed(folder / "images"):
        match = _IMAGE.fullmatch(name)
        if match is None or match[2].lower() not in IMAGE_SUFFIXES:
            others.append(folder / "images" / name)
        elif match[1] not in endings or _rank(match[2]) < _rank(endings[match[1]]):
            endings[match[1]] = match[2]
            found[match[1]] = name
    return sorted(found.items(), key=lambda item: (int(item[0]), item[0]))


def _listed(folder: Path) -> list[str]:
    """Lists names, sorted; ``Path.iterdir`` takes seconds for 863,000 files."""
    names = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208
    return sorted(name for name in names if not is_hidden(name))


def _rank(ending: str) -> int:
    return IMAGE_SUFFIXES.index(ending.lower())


def _read_all(
    images: list[_Numbered], options: ReadOptions
) -> Iterator[Sample | Skipped]:
    """Reads in threads: disks and networks serve several requests at once."""
    starts = range(0, len(images), _AT_ONCE)
    batches = [images[start : start + _AT_ONCE] for start in starts]
    done = 0
    with thread_pool() as pool:
        for batch in pool.map(lambda batch: [_row(image) for image in batch], batches):
            yield from batch
            done += len(batch)
            options.progress(done, len(images))


def _row(own: _Numbered) -> Sample | Skipped:
    place = f"{own.home.name}annotations/{own.number}_"
    values = []
    for kind in KINDS:
        path = f"{own.home.root}{os.sep}{place}{kind}.npy"
        try:
            values.append(read_scalar(path))
        except FileNotFoundError:
            return Skipped(place=f"{place}{kind}.npy", reason="the file is missing")
        except (OSError, ValueError) as error:
            return Skipped(place=f"{place}{kind}.npy", reason=_reason(error))
    image = ImageRef(
        path=f"{own.home.name}images/{own.image}",
        place=f"{place}exp.npy",
        partition=own.home.partition,
    )
    try:
        return to_sample(image, *values)
    except ValueError as error:
        return Skipped(place=f"{place}*.npy", reason=str(error))


def _reason(error: OSError | ValueError) -> str:
    return str(getattr(error, "strerror", None) or error)
