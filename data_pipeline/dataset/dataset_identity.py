"""Who is in a data set: the same name for every layout and labelling of one set."""

import hashlib
import re
from pathlib import Path

from data_pipeline.files.safe_open import is_regular, read_bytes

MARKER = "SYNTHETIC.txt"
"""The file that says that nobody in the folder is real."""


SAME_IMAGES = {"fer2013": "ferplus", "synthetic": "ckplus"}
"""FER+ is other labels of FER2013; synthetic faces are laid out as CK+ unless told."""

_FROM_SEED = re.compile(r"^seed: (\d+)\nversion: (\d+)$", re.MULTILINE)


def same_images(dataset: str) -> str:
    """Names the images of a data set, whatever their labels."""
    return SAME_IMAGES.get(dataset, dataset)


def population(dataset: str, root: Path, *, synthetic: bool) -> str:
    """Names whom a data folder shows.

    Synthetic people are named alike in every set, so that their seed tells them apart;
    it does not depend on the layout.

    Args:
        dataset: the study's data set.
        root: the data folder, or a table in it.
        synthetic: whether its faces are synthetic.

    Returns:
        A name that all folders of the same people share.
    """
    name = same_images(dataset)
    if not synthetic:
        return name
    marker = (root.parent if root.is_file() else root) / MARKER
    text = read_bytes(marker).decode(errors="replace") if is_regular(marker) else ""
    found = _FROM_SEED.search(text)
    if found:
        return f"{name}, synthetic with seed {found[1]} by version {found[2]}"
    return f"{name}, synthetic as {hashlib.sha256(text.encode()).hexdigest()[:16]} says"
