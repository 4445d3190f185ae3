"""A board of short notes, by which workers tell the driver what results do not.

It has a note of each worker's heartbeat, and one of each trial that a worker began. On
one machine the notes are files; in a cluster an actor has them.
"""

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Board(Protocol):
    """Notes by name; losing one never ends a trial."""

    def write(self, name: str, text: str) -> None:
        """Writes a note over that of the same name; ignores that it cannot."""

    def has(self, name: str) -> bool:
        """Whether there is a note of this name."""

    def remove(self, name: str) -> None:
        """Removes a note, if it is there."""

    def read(self, ending: str) -> dict[str, str]:
        """Reads all notes whose names end so, in the order of their names."""


@dataclass(frozen=True, slots=True)
class FolderBoard:
    """A board whose notes are the files of a folder."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        """Writes a file."""
        with suppress(OSError):  # a full disk must not end a trial
            # A worker's heartbeat writes in a thread of its own.
            part = self.folder / f"{os.getpid()}-{threading.get_ident()}.new"
            part.write_text(text)
            part.replace(self.folder / name)

    def has(self, name: str) -> bool:
        """Looks for a file."""
        return (self.folder / name).exists()

    def remove(self, name: str) -> None:
        """Deletes a file."""
        with suppress(OSError):  # a read-only disk must not either
            (self.folder / name).unlink(missing_ok=True)

    def read(self, ending: str) -> dict[str, str]:
        """Reads files; leaves out those that vanish meanwhile."""
        found = {}
        for path in sorted(self.folder.glob(f"*{ending}")):
            with suppress(OSError):
                found[path.name] = path.read_text()
        return found
