"""The folder of a run, and atomic writing of its files."""

import errno
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_pipeline.files import documents
from data_pipeline.files.folder_names import ENDINGS, check_folder_name, run_name
from data_pipeline.split.holdout_history import held_out_line
from data_pipeline.split.receipt_file import RECEIPTS
from data_pipeline.system.errors import InputError, RunError

DATABASE, TRIALS, TRIALS_FULL = "optuna.db", "trials.csv", "trials_full.csv"
"""The database of a run's trials, and tables of them for people."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Error codes of a disk without room."""

DRIVER_LOCK = ".driver.lock"
"""The file in a run's folder that its driver locks."""

RESERVED = ("cache",)
"""Folders beside the runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolder:
    """The folder of a run; ``out`` is the folder of all runs.

    The outer part of a nested run is named by both: ``NAME-nested/outer-3``.
    """

    out: Path
    name: str

    def __post_init__(self) -> None:
        """Refuses a name outside ``out``."""
        check_folder_name(self.name, "a run")

    @property
    def path(self) -> Path:
        """The folder itself."""
        return self.out / self.name

    @property
    def cache(self) -> Path:
        """Decoded pixels, named by their content and so shared by all runs."""
        return self.out / "cache"

    @property
    def lock(self) -> Path:
        """The file that a driver of the run locks."""
        return self.path / DRIVER_LOCK

    @property
    def receipts(self) -> Path:
        """Receipts of hold-outs, outside every run: renaming a run cannot hide them."""
        return self.out / RECEIPTS

    @property
    def storage(self) -> str:
        """The URL of the default storage."""
        # Imports SQLAlchemy late: an error in a study or label is reported without.
        from search.storage.url import sqlite_url  # noqa: PLC0415

        return sqlite_url(self.path / DATABASE)

    def checkpoints(self, storage: str) -> Path:
        """Models of trials, in a folder of its own for another storage."""
        return self.of_storage("checkpoints", storage)

    def predictions(self, storage: str) -> Path:
        """Out-of-fold predictions of trials, likewise."""
        return self.of_storage("predictions", storage)

    def folds(self, storage: str) -> Path:
        """Finished folds of running trials, likewise."""
        return self.of_storage("folds", storage)

    def of_storage(self, name: str, storage: str) -> Path:
        """Names a folder of what the trials of a storage left."""
        if storage == self.storage:
            return self.path / name
        from search.storage.url import identity_of  # noqa: PLC0415 - as above

        digest = hashlib.sha256(identity_of(storage).encode()).hexdigest()
        return self.path / f"{name}-{digest[:8]}"

    def file(self, name: str) -> Path:
        """Names a file of the run."""
        return self.path / name

    def make(self) -> None:
        """Creates the folder; raises ``InputError`` if something is in the way.

        ``RunError`` is raised where nothing can be written.
        """
        self._check_spelling()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise InputError(
                f"--out {self.out}: must be a folder, but a file is in the way "
                f"({error.filename}); name another --out, or move the file away"
            ) from error
        except OSError as error:
            raise unwritable(self.path, error) from error

    def check_writable(self) -> None:
        """Raises ``RunError`` where nothing can be written, before anything is read."""
        with named_errors(self.path):
            self.lock.touch()

    def _check_spelling(self) -> None:
        """Refuses another study's folder where upper and lower case are the same."""
        path = self.path
        names = os.listdir(path.parent) if path.exists() else [path.name]  # noqa: PTH208 - names, not paths
        if path.name not in names:
            twins = [name for name in names if name.casefold() == path.name.casefold()]
            raise InputError(
                f"{path}: this disk does not tell names apart by case or accents, and "
                f"has the run {', '.join(twins) or 'of another spelling'}; rename the "
                "study file"
            )

    def archive(self, names: tuple[str, ...]) -> Path:
        """Moves files that will be replaced into a numbered folder."""
        number = 1 + len(list(self.path.glob("earlier-*")))
        folder = self.path / f"earlier-{number}"
        folder.mkdir()
        for name in names:
            if self.file(name).exists():
                self.file(name).rename(folder / name)
        return folder


def where(*, trace: Path | None, log: Path | None) -> str:
    """Returns the end of a message of a failure: the files that have more about it.

    Example:
        >>> where(trace=Path("trials/2.txt"), log=Path("run.log"))
        '; traceback: trials/2.txt; log: run.log'
    """
    named = {"traceback": trace, "log": log}
    return "".join(f"; {what}: {file}" for what, file in named.items() if file)


def check_study_name(study: str, place: str = "--study") -> None:
    """Raises ``InputError`` if runs of the study would use another study's folder."""
    check_folder_name(study, place)
    if study.casefold() in RESERVED or study.endswith(ENDINGS):
        raise InputError(
            f"{place} {study}: runs are written to a folder of the study's name, and "
            f"names that are {', '.join(RESERVED)} or end in {' or '.join(ENDINGS)} "
            "are reserved; rename the study file"
        )


def studies_in(out: Path, file: str, *, synthetic: bool) -> list[str]:
    """Lists the studies with a run that has ``file``, on synthetic or on real faces."""
    ending = run_name("", synthetic=True)
    names = [path.parent.name for path in out.glob(f"*/{file}")]
    return sorted(
        name.removesuffix(ending)
        for name in names
        if name.endswith(ending) == synthetic
    )


def held_out_text(subjects: Sequence[str], images: int, part: str | None) -> str:
    """Lists the hold-out's subjects, one a line, or a comment if data name none.

    Example:
        >>> held_out_text(("S005", "S010"), 7, None).splitlines()
        ['S005', 'S010']
        >>> held_out_text((), 3573, "test").rstrip()
        '# the published test part, 3573 images: the data name no subjects'
    """
    if not subjects:
        return (
            f"# the published {part} part, {images} images: the data name no subjects\n"
        )
    return "\n".join(map(held_out_line, subjects)) + "\n"


def write_text(path: Path, text: str) -> None:
    """Writes a file atomically; raises ``RunError`` and keeps the old one on error."""
    part = path.with_name(f".{path.name}.part")
    with named_errors(path):
        try:
            _write(part, "w", text)
            part.replace(path)
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise


def append_text(path: Path, text: str) -> int:
    """Appends to a file and returns the bytes added; raises ``RunError``."""
    with named_errors(path):
        _write(path, "a", text)
    return len(text.encode())


def _write(path: Path, mode: str, text: str) -> None:
    with path.open(mode, encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def named_errors(path: Path) -> Iterator[None]:
    """Raises ``RunError`` where a file cannot be written."""
    try:
        yield
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> RunError:
    """Makes the error of a file or folder that cannot be written."""
    way_out = "make the folder writable, or name another --out"
    if error.errno in FULL:
        way_out = "free some space (python -m search.clean says what can go)"
    return RunError(
        f"{path}: cannot be written ({error.strerror}); {way_out}; then rerun the "
        "command to resume"
    )


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes a value as JSON atomically; refuses NaN."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


_AWAY = "restore a copy, or move it away"


def read_json(path: Path, *, way_out: str = _AWAY) -> dict[str, Any] | None:
    """Reads a file of ``write_json``, or returns ``None`` if it does not exist.

    Raises ``RunError``, which ends with ``way_out``, if it is not a JSON object.
    """
    if not path.is_file():
        return None
    try:
        value = documents.read_json(path)
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise RunError(f"{path}: {problem}; {way_out}") from error
    except documents.DocumentError as error:
        raise RunError(f"{path}: {error}; {way_out}") from None
    if not isinstance(value, dict):
        kind = type(value).__name__
        raise RunError(f"{path}: must be an object of JSON, found a {kind}; {way_out}")
    return value
