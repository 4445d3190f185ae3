"""Images of the hold-out that the search trained or validated on, under other names."""

from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.development import UsableRows
from data_pipeline.images.cache import Images
from data_pipeline.images.digests import read_digests
from data_pipeline.split.duplicates import ImageKeys, file_keys, pixel_keys
from data_pipeline.split.rules import Guarantee
from search.holdout.scores import HoldOutRows, score_hold_out
from search.inputs.run import Run


def find_duplicates(
    images: Images, used: UsableRows, table: SampleTable, pixels: np.ndarray
) -> np.ndarray:
    """Finds images of the opened hold-out that the search trained or validated on.

    ``images`` and ``used`` are the development images and their rows in use, and
    ``pixels`` those of the table's rows. Returns shape (rows,), bool: true where the
    same file, or the same pixels, are in the development part.
    """
    rows = np.unique(
        np.concatenate([used.rows, *(fold.validation for fold in used.folds)])
    )
    development = ImageKeys(keys=(images.contents, pixel_keys(images.array))).take(rows)
    digests = read_digests(table.root, table.frame["image"].tolist())
    held = ImageKeys(keys=(file_keys(digests), pixel_keys(pixels)))
    return held.isin(development)


def achieved_guarantee(guarantee: Guarantee, *, duplicates: int) -> str:
    """Names the guarantee that the split achieved, a key of ``GUARANTEES``.

    A duplicate of a held-out subject's image, under another subject id, shows that the
    person is in two parts.
    """
    broken = duplicates > 0 and guarantee is Guarantee.SUBJECT
    return "subject_ids" if broken else str(guarantee)


def score_without_duplicates(
    run: Run, rows: HoldOutRows, duplicates: np.ndarray
) -> dict[str, Any]:
    """Scores the hold-out once more, without the rows marked in ``duplicates``.

    Returns the ``duplicates`` of a report: their number and, where there are some, its
    parts ``without`` them.
    """
    count = int(duplicates.sum())
    entry: dict[str, Any] = {"rule": run.study.split.duplicates, "images": count}
    others = np.flatnonzero(~duplicates)
    if count:
        entry["without"] = {"images": len(others)}
    if count and len(others):
        entry["without"] |= score_hold_out(run, rows.take(others))
    return {"duplicates": entry}
