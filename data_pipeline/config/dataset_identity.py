"""The identity of a data set: one name for all layouts and labels of its images."""

import hashlib
import re
from pathlib import Path

from data_pipeline.config.data_config import DataConfig
from data_pipeline.dataset.datasets import DATASETS, is_own_data
from data_pipeline.files.safe_open import is_regular, read_bytes

MARKER = "SYNTHETIC.txt"
"""The file that marks a folder of synthetic faces."""

OWN_DATA = "own: "
"""What the name of a user's own data set begins with."""

_FROM_SEED = re.compile(r"^seed: (\d+)\nversion: (\d+)$", re.MULTILINE)


def dataset_name(data: DataConfig, root: Path) -> str:
    """Returns the name of a study's data set; own data are named after their folder.

    ``[data] name`` replaces the folder's name, so that a table and folders of the same
    faces, or a renamed folder, stay one data set. The name of a known data set says
    that these are its images.
    """
    if not is_own_data(data.dataset):
        return data.dataset
    if data.name in DATASETS:
        return data.name
    folder = root.parent if root.is_file() else root
    return f"{OWN_DATA}{data.name or folder.resolve().name}"


def same_images(dataset: str) -> str:
    """Returns a name that all data sets of the same images share."""
    entry = DATASETS.get(dataset)
    return dataset if entry is None else entry.images_of or dataset


def population(dataset: str, root: Path, *, synthetic: bool) -> str:
    """Returns a name that all data folders of the same people share.

    Subject ids of synthetic people are equal in every set, so their seed, which is
    independent of the layout, is part of the name.

    Args:
        dataset: the study's data set.
        root: the data folder, or a table in it.
        synthetic: whether its faces are synthetic.
    """
    name = same_images(dataset)
    if not synthetic:
        return name
    marker = (root.parent if root.is_file() else root) / MARKER
    text = read_bytes(marker).decode(errors="replace") if is_regular(marker) else ""
    if found := _FROM_SEED.search(text):
        return f"{name}, synthetic with seed {found[1]} by version {found[2]}"
    return f"{name}, synthetic as {hashlib.sha256(text.encode()).hexdigest()[:16]} says"
