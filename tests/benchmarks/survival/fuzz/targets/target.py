"""What is fuzzed: a name, the sound files, and the cases made of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import strategies as st

from tests.benchmarks.survival.fuzz.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One row of the table.

    ``prepare`` writes the sound files; ``sound`` lists cases that must be taken
    without complaint; ``cases`` draws damaged ones from the files. ``limit`` is the
    longest that a case may compute, in seconds of the processor.
    """

    prepare: Callable[[Path], None]
    sound: Callable[[Path], list[Case]]
    cases: Callable[[Path], st.SearchStrategy[Case]]
    limit: float = 60.0


def text_files(folder: Path, *endings: str) -> list[str]:
    """Lists the places of files with one of these endings, below a folder."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name.endswith(endings)
    )
