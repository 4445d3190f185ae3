"""One case: a command, its words, and the files it finds in a folder of its own."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SAVED = "case.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A command in a root folder.

    ``command`` is a module with a ``main``. ``base`` is the folder of a target's sound
    files that the root begins as a copy of; ``files`` replace or add some, by their
    places in the root. ``links`` map places to what they link to.
    """

    command: str
    words: tuple[str, ...]
    base: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    def lay_out(self, bases: Path, root: Path) -> None:
        """Writes the root folder."""
        shutil.rmtree(root, ignore_errors=True)
        if self.base:
            shutil.copytree(bases / self.base, root, symlinks=True)
        root.mkdir(exist_ok=True)
        for place, content in self.files.items():
            path = root / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for place, target in self.links.items():
            path = root / place
            path.unlink(missing_ok=True)
            path.symlink_to(target)

    def save(self, bases: Path, folder: Path, **more: str) -> None:
        """Keeps the case in a folder, to be repeated by ``load``."""
        folder.mkdir(parents=True, exist_ok=True)
        self.lay_out(bases, folder / "root")
        content = {"command": self.command, "words": self.words, **more}
        (folder / SAVED).write_text(json.dumps(content, indent=1))


def load(folder: Path) -> Case:
    """Reads a kept case; its base is the root folder beside it."""
    content = json.loads((folder / SAVED).read_text())
    words = tuple(content["words"])
    return Case(command=content["command"], words=words, base="root")
