"""Who is in a data set: the same name for every layout and labelling of one set."""

import hashlib
import re
from pathlib import Path

from data_pipeline.files.safe_open import is_regular, read_bytes

MARKER = "DRAWN.txt"
"""The file that says that nobody in the folder is real."""


SAME_IMAGES = {"fer2013": "ferplus", "drawn": "ckplus"}
"""FER+ is other labels of FER2013; drawn faces are laid out as CK+ unless told."""

_FROM_SEED = re.compile(r"^seed: (\d+)\ndrawing: (\d+)$", re.MULTILINE)


def same_images(dataset: str) -> str:
    """Names the images of a data set, whatever their labels."""
    return SAME_IMAGES.get(dataset, dataset)


def population(dataset: str, root: Path, *, drawn: bool) -> str:
    """Names whom a data folder shows.

    Drawn people are named alike in every drawing, so that their seed tells them apart;
    it does not depend on the layout.

    Args:
        dataset: the study's data set.
        root: the data folder, or a table in it.
        drawn: whether its faces are drawn.

    Returns:
        A name that all folders of the same people share.
    """
    name = same_images(dataset)
    if not drawn:
        return name
    marker = (root.parent if root.is_file() else root) / MARKER
    text = read_bytes(marker).decode(errors="replace") if is_regular(marker) else ""
    found = _FROM_SEED.search(text)
    if found:
        return f"{name}, drawn with seed {found[1]} by drawing {found[2]}"
    return f"{name}, drawn as {hashlib.sha256(text.encode()).hexdigest()[:16]} says"
