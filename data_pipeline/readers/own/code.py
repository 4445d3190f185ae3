"""A reader of the user's own code, and the laws that it must keep."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from data_pipeline.dataset.datasets import OWN, OWN_READER, is_own_reader
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.own_code.laws import Law, law_of, must
from data_pipeline.own_code.named_code import load, unusable
from data_pipeline.readers.reader import DEFAULTS, Reader, ReadOptions
from data_pipeline.system.errors import HarnessError, prefix_errors

PARTS = {"train", "validation", "test"}
MEMBERS = ("LAYOUT", "OBTAIN", "detect", "read")
"""What the protocol ``Reader`` asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionReader:
    """A function that reads a folder, as a reader."""

    function: Callable[[Path], SampleTable]
    LAYOUT: str
    OBTAIN: str = "Name its folder with --data DIR"

    def detect(self, root: Path) -> bool:
        """Accepts every folder and file."""
        return root.exists()

    def read(self, root: Path, options: ReadOptions = DEFAULTS) -> SampleTable:
        """Calls the function."""
        options.check_no_frames(root)
        return self.function(root)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedReader:
    """Names own code in what goes wrong while it reads; its table is own data."""

    name: str
    reader: Any
    LAYOUT: str
    OBTAIN: str

    def detect(self, root: Path) -> bool:
        """Returns whether a folder (or table file) has this layout."""
        try:
            return bool(self.reader.detect(root))
        except Exception as error:  # code of others may raise anything
            raise unusable(OWN_READER, self.name, error) from error

    def read(self, root: Path, options: ReadOptions = DEFAULTS) -> SampleTable:
        """Reads the labels; DataError if one is wrong."""
        try:
            table = self.reader.read(root, options)
        except HarnessError:
            raise
        except Exception as error:  # code of others may raise anything
            raise unusable(OWN_READER, self.name, error) from error
        if not isinstance(table, SampleTable) or not len(table):
            raise unusable(OWN_READER, self.name, f"it returned {table!r:.60}")
        return replace(table, source=OWN[0])


def check_importable(dataset: str, place: str) -> None:
    """Imports the reader of a data set, if it is the user's own; ``place`` names it.

    Raises:
        StudyError: it cannot be imported, or lacks something.
    """
    if is_own_reader(dataset):
        with prefix_errors(place):
            own_reader(dataset)


def own_reader(name: str) -> Reader:
    """Imports a reader: a function, a class without arguments, or an object.

    Raises:
        StudyError: it cannot be imported, or lacks something.
    """
    found = load(OWN_READER, name)
    if isinstance(found, type):
        try:
            found = found()
        except Exception as error:  # code of others may raise anything
            raise unusable(OWN_READER, name, error) from error
    missing = [part for part in MEMBERS if not hasattr(found, part)]
    if missing and callable(found):
        found = FunctionReader(function=found, LAYOUT=f"what {name} reads")
    elif missing:
        raise unusable(OWN_READER, name, f"it lacks {', '.join(missing)}")
    checked = CheckedReader(
        name=name, reader=found, LAYOUT=found.LAYOUT, OBTAIN=found.OBTAIN
    )
    return cast("Reader", checked)


def reader_laws(reader: Reader, root: Path) -> list[Law]:
    """Lists what holds for each reader, on a folder with its data."""
    cases = (_detects, _names_its_images, _has_known_labels, _repeats)
    return [law_of(case, reader, root) for case in cases]


def _detects(reader: Reader, root: Path) -> None:
    """It detects its own layout."""
    must(reader.detect(root), f"detect({root}) is false")


def _names_its_images(reader: Reader, root: Path) -> None:
    """Every image path leads from the table's root, within it, to a file."""
    table = reader.read(root)
    images = table.frame["image"]
    outside = [i for i in images if Path(i).is_absolute() or ".." in Path(i).parts]
    gone = [image for image in images if not (table.root / image).is_file()]
    must(not outside, f"outside: {', '.join(outside[:3])}")
    must(not gone, f"no file: {', '.join(gone[:3])}")
    must(table.frame["place"].notna().all(), "a row without a place of its label")


def _has_known_labels(reader: Reader, root: Path) -> None:
    """Labels are words of the table, 0 or 1, or ratings in [-1, 1], or missing."""
    table = reader.read(root)
    words = set(table.frame["emotion"].dropna())
    must(not table.words or words <= set(table.words), f"emotions {words}")
    parts = set(table.frame["partition"].dropna())
    must(parts <= PARTS, f"parts {parts}")
    for unit in table.action_units:
        found = set(table.frame[unit].dropna())
        must(found <= {0, 1}, f"{unit}: {found}")
    for dimension in table.dimensions:
        must(table.frame[dimension].dropna().between(-1, 1).all(), dimension)


def _repeats(reader: Reader, root: Path) -> None:
    """Reading twice gives the same table."""
    first, second = reader.read(root), reader.read(root)
    must(first.frame.equals(second.frame), "another table")
