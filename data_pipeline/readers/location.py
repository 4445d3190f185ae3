"""Where a study's data lie: the folder named, its usual place, or synthetic faces."""

from collections.abc import Callable
from pathlib import Path

from data_pipeline.dataset.dataset_identity import MARKER
from data_pipeline.system.errors import DataError

DATA = Path("data")
SYNTHETIC = "synthetic"
SYNTHETIC_LAYOUTS = {name: name for name in ("ferplus", "fer2013", "affectnet")}
"""Data set -> the layout of its synthetic stand-in; all others: CK+'s."""

Progress = Callable[[str, int, int], None]


def data_folder(dataset: str, data: str | None) -> tuple[Path, bool]:
    """Finds the data folder; that it exists is the reader's business.

    Args:
        dataset: what the study's ``[data] dataset`` names.
        data: ``--data``: a folder, ``synthetic``, or ``None`` for ``data/<dataset>``.

    Returns:
        The folder, and whether its faces are synthetic.

    Raises:
        DataError: synthetic faces are wanted, and were not generated yet.
    """
    if (data or dataset) == SYNTHETIC:
        root, layout = _drawn(dataset)
        if not (root / MARKER).is_file():
            raise DataError(
                f"no synthetic faces at {root}; generate them with "
                f"python -m data_pipeline.draw --out {root} --layout {layout}"
            )
        return root, True
    root = Path(data) if data else DATA / dataset
    # A table may be named itself; the mark lies beside it.
    folder = root.parent if root.is_file() else root
    return root, (folder / MARKER).is_file()


def find_data(dataset: str, data: str | None, progress: Progress) -> tuple[Path, bool]:
    """Finds the data folder; synthetic data are generated first where they are missing.

    Args:
        dataset: what the study's ``[data] dataset`` names.
        data: ``--data``: a folder, ``synthetic``, or ``None`` for ``data/<dataset>``.
        progress: called as the faces are rendered.

    Returns:
        The folder, and whether its faces are synthetic.
    """
    if (data or dataset) != SYNTHETIC:
        return data_folder(dataset, data)
    root, layout = _drawn(dataset)
    if not (root / MARKER).is_file():
        # Loads what draws faces, which other data need not.
        from data_pipeline.synthetic.write import write_synthetic  # noqa: PLC0415

        write_synthetic(
            root,
            layout=layout,
            progress=lambda n, of: progress("rendering faces", n, of),
        )
    return root, True


def _drawn(dataset: str) -> tuple[Path, str]:
    """Where the stand-in of a data set lies, and in which layout it is generated."""
    layout = SYNTHETIC_LAYOUTS.get(dataset)
    return DATA / (
        f"{SYNTHETIC}-{layout}" if layout else SYNTHETIC
    ), layout or "coursework"
