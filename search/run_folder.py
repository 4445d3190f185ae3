"""The folder of one run: its names, and files that are written whole or not at all."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_pipeline.files import documents
from data_pipeline.files.folder_names import folder_name_error
from data_pipeline.files.safe_open import open_regular
from data_pipeline.split.receipt_file import RECEIPTS
from data_pipeline.system.errors import InputError, RunError

DATABASE, TRIALS = "optuna.db", "trials.csv"
"""The trials of a run, and a table of them for people."""

RESERVED = ("cache",)
"""Folders beside the runs."""

ENDINGS = ("-synthetic", "-trained")
"""What is added to a study's name for runs on synthetic faces and for trained seeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolder:
    """Where a run keeps what it made; ``out`` is the folder of all runs."""

    out: Path
    name: str

    def __post_init__(self) -> None:
        """Makes sure that the folder lies in ``out``."""
        check_folder_name(self.name, "a run")

    @property
    def path(self) -> Path:
        """The folder itself."""
        return self.out / self.name

    @property
    def cache(self) -> Path:
        """Pixels, shared by all runs because their names say their content."""
        return self.out / "cache"

    @property
    def receipts(self) -> Path:
        """Openings of hold-outs, outside every run so that no renaming hides them."""
        return self.out / RECEIPTS

    @property
    def storage(self) -> str:
        """The URL of the default storage."""
        # Loads SQLAlchemy, which labels and a wrong study need not.
        from search.storage.url import sqlite_url  # noqa: PLC0415

        return sqlite_url(self.path / DATABASE)

    def checkpoints(self, storage: str) -> Path:
        """Models of trials; those of another storage's trials lie apart."""
        if storage == self.storage:
            return self.path / "checkpoints"
        from search.storage.url import identity_of  # noqa: PLC0415 - as above

        digest = hashlib.sha256(identity_of(storage).encode()).hexdigest()
        return self.path / f"checkpoints-{digest[:8]}"

    def file(self, name: str) -> Path:
        """Names a file of the run."""
        return self.path / name

    def make(self) -> None:
        """Makes the folder, and those above it.

        Raises:
            InputError: a file lies where a folder is to be.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise InputError(
                f"--out {self.out}: a folder of runs is wanted, and a file is in the "
                f"way ({error.filename}); name another --out, or move the file away"
            ) from error

    def archive(self, names: tuple[str, ...]) -> Path:
        """Moves files that newer ones will replace into a numbered folder."""
        number = 1 + len(list(self.path.glob("earlier-*")))
        folder = self.path / f"earlier-{number}"
        folder.mkdir()
        for name in names:
            if self.file(name).exists():
                self.file(name).rename(folder / name)
        return folder


def check_folder_name(name: str, place: str) -> None:
    """Refuses a name that is none of a folder, or of one that lies elsewhere.

    Args:
        name: of a study or a run.
        place: where it stands, for the message.

    Raises:
        InputError: the name is unfit.
    """
    stem = name
    for ending in reversed(ENDINGS):
        stem = stem.removesuffix(ending)
    rule = folder_name_error(stem)
    if rule:
        raise InputError(
            f"{place}: the name of a study names a folder, so it {rule}; found "
            f"{name[:300]!r}; take another name"
        )


def check_study_name(study: str, place: str = "--study") -> None:
    """Refuses the name of a study whose runs would lie in another's folder.

    Args:
        study: the name of its file.
        place: where it stands, for the message.

    Raises:
        InputError: the name is unfit, taken, or ends as a run's does.
    """
    check_folder_name(study, place)
    if study in RESERVED or study.endswith(ENDINGS):
        raise InputError(
            f"{place} {study}: runs lie in a folder of the study's name, and those "
            f"named {', '.join(RESERVED)} or ending in {' or '.join(ENDINGS)} are kept "
            "for other things; rename the study file"
        )


def run_name(study: str, *, synthetic: bool) -> str:
    """Names a run after its study, marked where the data are synthetic.

    Example:
        >>> run_name("ckplus", synthetic=True)
        'ckplus-synthetic'
    """
    return f"{study}-synthetic" if synthetic else study


def studies_in(out: Path, file: str, *, synthetic: bool) -> list[str]:
    """Lists the studies whose runs hold a file, by the names they have as studies.

    Args:
        out: the folder of all runs.
        file: its name.
        synthetic: whether runs on synthetic faces are wanted, or those on real ones.
    """
    ending = run_name("", synthetic=True)
    names = [path.parent.name for path in out.glob(f"*/{file}")]
    return sorted(
        name.removesuffix(ending)
        for name in names
        if name.endswith(ending) == synthetic
    )


def held_out_text(subjects: Sequence[str], images: int, part: str | None) -> str:
    """Lists who is held out, one a line; a comment where the data name nobody.

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
    return "\n".join(subjects) + "\n"


def write_text(path: Path, text: str) -> None:
    """Writes a file so that a crash leaves the old one or the new one.

    Raises:
        RunError: it cannot be written; the old one is as it was.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise RunError(
            f"{path}: cannot be written ({error.strerror}); make room, or make the "
            "folder writable; then the same command goes on from here"
        ) from error


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes a value as JSON, whole or not at all; NaN is refused."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


_AWAY = "put back a copy, or move it away"


def read_json(path: Path, *, way_out: str = _AWAY) -> dict[str, Any] | None:
    """Reads what ``write_json`` wrote, or ``None`` where there is no such file.

    Args:
        path: of the file.
        way_out: what a person can do where it is broken.

    Raises:
        RunError: it is not JSON, or no object.
    """
    if not path.is_file():
        return None
    try:
        found = documents.read_json(path)
    except OSError as error:
        told = f"cannot be read ({error.strerror})"
        raise RunError(f"{path}: {told}; {way_out}") from error
    except documents.DocumentError as error:
        raise RunError(f"{path}: {error}; {way_out}") from None
    if not isinstance(found, dict):
        kind = type(found).__name__
        raise RunError(f"{path}: must be an object of JSON, found a {kind}; {way_out}")
    return found


def sha256(path: Path) -> str:
    """Digests a file."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
