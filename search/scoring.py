"""What the one test measures: the parts of its report for each head."""

from collections.abc import Mapping
from typing import Any

from data_pipeline.development import read_truth
from data_pipeline.samples import SampleTable
from data_pipeline.seeds import child_seed
from models.predictions import Predictions
from search.prepare import Labelled
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
