"""What the one test measures: the parts of its report for each head."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.development import read_truth
from data_pipeline.images.digests import read_digests
from data_pipeline.split.duplicates import Pictures, file_marks, pixel_marks
from data_pipeline.split.rules import Guarantee
from data_pipeline.system.seeds import child_seed
from models.predictions import Predictions
from search.prepare import Labelled, read_pixels, used_rows
from search.study import Study
from search.truth import clusters, read_votes


def scored(
    study: Study,
    labelled: Labelled,
    table: SampleTable,
    predictions: Predictions,
    thresholds: Mapping[str, float],
) -> dict[str, Any]:
    """Scores predictions of the opened hold-out.

    Args:
        study: the study.
        labelled: its development rows, which the dummy is fitted to.
        table: the rows of the hold-out that could be read.
        predictions: the outputs for these rows.
        thresholds: of the action units, from the winning trial.

    Returns:
        A part for each head, and for votes where they make the labels.
    """
    # Only this stage needs it.
    from models.evaluation import evaluate, evaluate_votes  # noqa: PLC0415

    subjects = clusters(table)
    seed = child_seed(study.split.hold_out_seed, "intervals")
    parts = evaluate(
        read_truth(study.data, table),
        predictions,
        subjects=subjects,
        thresholds=thresholds,
        development=labelled.truth,
        seed=seed,
    )
    votes = read_votes(study.data, table)
    if votes is None:
        return parts
    return parts | evaluate_votes(
        votes,
        predictions,
        subjects=subjects,
        development=labelled.truth,
        seed=seed,
    )


def twins_in(
    study: Study,
    labelled: Labelled,
    table: SampleTable,
    pixels: np.ndarray,
    cache: Path,
) -> np.ndarray:
    """Tells which pictures of the opened hold-out the search has seen.

    Args:
        study: the study.
        labelled: its data, split.
        table: the rows of the hold-out that could be read.
        pixels: their pictures.
        cache: folder of the development's pixels.

    Returns:
        Shape (rows of the table,), bool: the same file, or the same pixels, were
        trained or validated on.
    """
    images = read_pixels(study, labelled, cache=cache, progress=lambda *_: None)
    used, _ = used_rows(study, labelled, images)
    seen = np.unique(
        np.concatenate([used.rows, *(fold.validation for fold in used.folds)])
    )
    development = Pictures(marks=(images.contents, pixel_marks(images.array))).take(
        seen
    )
    digests = read_digests(table.root, table.frame["image"].tolist())
    held = Pictures(marks=(file_marks(digests), pixel_marks(pixels)))
    return held.among(development)


def kept_promise(guarantee: Guarantee, *, twins: int) -> str:
    """Names what the split kept of its promise.

    A picture of a held-out subject that was trained on under another id shows that the
    person was in two parts.

    Args:
        guarantee: what the split promised.
        twins: pictures of the hold-out that the search has seen.

    Returns:
        A key of ``report_text.GUARANTEES``.
    """
    broken = twins > 0 and guarantee is Guarantee.SUBJECT
    return "subject_ids" if broken else str(guarantee)


def scored_apart(
    study: Study,
    labelled: Labelled,
    table: SampleTable,
    predictions: Predictions,
    thresholds: Mapping[str, float],
    *,
    twins: np.ndarray,
) -> dict[str, Any]:
    """Scores the hold-out once more without pictures that the search has seen.

    Args:
        study: the study.
        labelled: its development rows.
        table: the rows of the hold-out that could be read.
        predictions: the outputs for these rows.
        thresholds: of the action units.
        twins: which rows were seen.

    Returns:
        ``twins`` with their number and, where there are some, the parts of a report
        ``without`` them.
    """
    found: dict[str, Any] = {"rule": study.split.twins, "images": int(twins.sum())}
    others = np.flatnonzero(~twins)
    if twins.any():
        found["without"] = {"images": len(others)}
    if twins.any() and len(others):
        found["without"] |= scored(
            study, labelled, table.take(others), predictions.take(others), thresholds
        )
    return {"twins": found}
