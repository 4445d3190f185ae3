"""Files of the finished folds of running trials, in the run's folder.

Only the driver reads, writes and deletes them: to a worker of another machine they
travel as bytes. A trial has a folder by its seed, which it keeps when it runs again.
"""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from data_pipeline.files.atomic_write import atomic_write
from search.trial.messages import Job, PackedFold

ENDING = ".npz"


@dataclass(frozen=True, slots=True)
class FoldFiles:
    """The finished folds of trials below ``folder``; ``None`` keeps nothing.

    Losing one costs its training, so that no error of a disk is raised here.
    """

    folder: Path | None

    @classmethod
    def of(cls, job: Job) -> Self:
        """Returns those of a job."""
        folder = job.finished_folds
        return cls(None if folder is None else Path(folder))

    def write(self, seed: int, fold: int, packed: PackedFold) -> None:
        """Writes a fold of the trial with this seed."""
        content = packed.take()
        if self.folder is None:
            return
        with suppress(OSError):
            path = self.folder / str(seed) / f"fold-{fold + 1}{ENDING}"
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(path) as part:
                part.write_bytes(content)

    def read(self, seed: int) -> tuple[PackedFold, ...]:
        """Reads the first folds of a trial, up to the first that is missing."""
        found: list[PackedFold] = []
        with suppress(OSError):
            while self.folder is not None:
                path = self.folder / str(seed) / f"fold-{len(found) + 1}{ENDING}"
                found.append(PackedFold(path.read_bytes()))
        return tuple(found)

    def keep_only(self, seeds: Iterable[int]) -> None:
        """Removes the folds of all trials but those with these seeds."""
        kept = {str(seed) for seed in seeds}
        with suppress(OSError):
            for other in [] if self.folder is None else list(self.folder.iterdir()):
                if other.name not in kept:
                    self.remove(other.name)

    def remove(self, seed: int | str) -> None:
        """Removes the folds of a trial that has ended."""
        if self.folder is not None:
            shutil.rmtree(self.folder / str(seed), ignore_errors=True)
            with suppress(OSError):  # other trials run, or there never was one
                self.folder.rmdir()
