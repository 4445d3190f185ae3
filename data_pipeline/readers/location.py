"""The folder of a study's data: a given one, its default, or synthetic faces."""

from collections.abc import Callable
from pathlib import Path

from data_pipeline.config.dataset_identity import MARKER
from data_pipeline.system.errors import DataError

DATA = Path("data")
SYNTHETIC = "synthetic"
_WITH_LAYOUT = ("ferplus", "fer2013", "affectnet", "table")
SYNTHETIC_LAYOUTS = {name: name for name in _WITH_LAYOUT}
"""Data set -> layout of its synthetic faces; for all others CK+'s."""

Progress = Callable[[str, int, int], None]


def data_folder(dataset: str, data: str | None) -> tuple[Path, bool]:
    """Returns the data folder, which need not exist, and whether it is synthetic.

    Args as for ``find_data``. DataError: synthetic faces were not generated yet.
    """
    if (data or dataset) == SYNTHETIC:
        root, layout = _synthetic_folder(dataset)
        if not (root / MARKER).is_file():
            raise DataError(
                f"no synthetic faces at {root}; generate them with "
                f"python -m data_pipeline.draw --out {root} --layout {layout}"
            )
        return root, True
    root = Path(data) if data else DATA / dataset.rpartition(":")[2]
    # For a table file, the marker is beside it.
    folder = root.parent if root.is_file() else root
    return root, (folder / MARKER).is_file()


def find_data(dataset: str, data: str | None, progress: Progress) -> tuple[Path, bool]:
    """Finds the data folder, generating missing synthetic data.

    Args:
        dataset: the study's ``[data] dataset``.
        data: ``--data``: a folder, ``synthetic``, or ``None`` for ``data/<dataset>``.
        progress: called with the stage, faces rendered and all faces.

    Returns:
        The folder, and whether its faces are synthetic.
    """
    if (data or dataset) != SYNTHETIC:
        return data_folder(dataset, data)
    root, layout = _synthetic_folder(dataset)
    if not (root / MARKER).is_file():
        # Imported late: other data do not need the renderer.
        from data_pipeline.synthetic.write import write_synthetic  # noqa: PLC0415

        write_synthetic(
            root,
            layout=layout,
            progress=lambda n, of: progress("rendering faces", n, of),
        )
    return root, True


def _synthetic_folder(dataset: str) -> tuple[Path, str]:
    """Returns folder and layout of a data set's synthetic faces."""
    layout = SYNTHETIC_LAYOUTS.get(dataset)
    return DATA / (
        f"{SYNTHETIC}-{layout}" if layout else SYNTHETIC
    ), layout or "coursework"
