"""Parcels: files of a worker's own folder, sent as bytes to a folder of the driver."""

import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

from data_pipeline.files.atomic_write import atomic_write
from data_pipeline.system.errors import RunError


@dataclass(slots=True)
class Parcel:
    """Contents of files by their paths, relative to a folder, with ``/``."""

    contents: dict[str, bytes]

    @classmethod
    def packed(cls, folder: Path) -> Self:
        """Takes all files of a folder, which need not exist, and removes them."""
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        names = [path.relative_to(folder).as_posix() for path in paths]
        found = {
            name: path.read_bytes() for name, path in zip(names, paths, strict=True)
        }
        shutil.rmtree(folder, ignore_errors=True)
        return cls(found)

    def unpack(self, folder: Path) -> None:
        """Writes the files into a folder; the parcel is empty then.

        ``RunError`` is raised for a path that leads out of the folder.
        """
        # Emptied first: Tune keeps the last result of every trial.
        found, self.contents = self.contents, {}
        for name, content in found.items():
            parts = PurePosixPath(name).parts
            if not parts or ".." in parts or PurePosixPath(name).is_absolute():
                raise RunError(f"a worker sent a file with the path {name!r}")
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(target) as part:
                part.write_bytes(content)
