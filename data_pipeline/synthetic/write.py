"""Writes one synthetic data set: all of it or nothing, never over other files."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from data_pipeline.config.dataset_identity import MARKER
from data_pipeline.files.atomic_write import is_occupied, staging_folder
from data_pipeline.files.safe_open import read_text, sha256
from data_pipeline.labels.spellings import PEOPLE
from data_pipeline.synthetic.layouts import LAYOUTS
from data_pipeline.synthetic.population.demographics import demographics
from data_pipeline.synthetic.population.plan import plan
from data_pipeline.synthetic.population.subjects import DEFAULT_SUBJECTS
from data_pipeline.synthetic.render_all import Progress, render_all
from data_pipeline.system.errors import DataError

_VERSION = 4  # Raise it when the same seed gives other bytes than before.

OF_PEOPLE = ("coursework", "official")
"""Layouts that name their subjects as CK+ does: they have a table of them."""


def write_synthetic(
    out: Path,
    *,
    layout: str = "coursework",
    subjects: int = DEFAULT_SUBJECTS,
    seed: int = 1,
    progress: Progress | None = None,
) -> None:
    """Writes a synthetic data set in a real one's layout.

    The same seed gives the same bytes. A folder that already holds this set is left as
    it is. A killed call leaves nothing at ``out``.

    ``layout`` is a key of ``LAYOUTS``; the number of sequences scales with
    ``subjects``. An unknown layout, too many subjects and a folder with other files are
    ``DataError``s.
    """
    if layout not in LAYOUTS:
        raise DataError(
            f"The layout of synthetic faces must be one of {', '.join(LAYOUTS)}, but "
            f"got {layout!r}; give --layout one of these."
        )
    sequences = plan(subjects, seed)
    heading = _heading(layout, subjects, seed)
    if is_occupied(out):
        _check_same(out, heading)
        return
    with staging_folder(out) as staging:
        fresh = staging / "synthetic"
        fresh.mkdir()
        _write_labels(fresh, LAYOUTS[layout].labels(sequences))
        if layout in OF_PEOPLE:
            people = demographics((row.subject for row in sequences), seed)
            _write_labels(fresh, {PEOPLE: people})
        render_all(fresh, LAYOUTS[layout].images(sequences), seed, progress)
        _write_marker(fresh, heading)
        _publish(fresh, out, heading)


def _heading(layout: str, subjects: int, seed: int) -> str:
    """Returns the marker's text before the digest."""
    return (
        "Synthetic faces: no real person was shown, photographed, traced or measured.\n"
        f"{LAYOUTS[layout].FOLLOWS}; the pictures and labels do not come "
        "from it.\n"
        f"command: python -m data_pipeline.draw --layout {layout} "
        f"--subjects {subjects} --seed {seed} --out DIR\n"
        f"seed: {seed}\n"
        f"version: {_VERSION}\n"
    )


def _check_same(out: Path, heading: str) -> None:
    """Accepts a folder that holds exactly the wanted set."""
    marker = out / MARKER
    text = read_text(marker) if marker.is_file() else ""
    if text != f"{heading}digest: {_digest(out) if text.startswith(heading) else ''}\n":
        raise DataError(
            "Synthetic faces are written to a new or empty folder only, or to one that "
            f"holds the same set unchanged, but {out} holds other files; pass another "
            "folder as --out, or remove this one."
        )


def _digest(folder: Path) -> str:
    """Returns a digest of every file's path and bytes, except the marker."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*"), key=lambda path: path.as_posix()):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != MARKER:
            content = sha256(path)
            total.update(f"{name}\0{content}\n".encode())
    return total.hexdigest()


def _write_labels(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes label files; a name that ends with a slash is an empty folder."""
    for name, content in files.items():
        path = folder / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _write_marker(folder: Path, heading: str) -> None:
    """Writes the marker last: a folder that has one is complete."""
    text = f"{heading}digest: {_digest(folder)}\n"
    (folder / MARKER).write_bytes(text.encode())


def _publish(fresh: Path, out: Path, heading: str) -> None:
    """Moves a finished set into place in one step."""
    if out.is_dir() and not is_occupied(out):
        out.rmdir()
    try:
        fresh.rename(out)
    except OSError:
        # Another process may have put the same set there in the meantime.
        if not is_occupied(out):
            raise
        _check_same(out, heading)
