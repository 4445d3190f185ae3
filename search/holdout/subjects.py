"""The people of the hold-out: what the model reaches for each of them."""

from typing import Any

from models.evaluation.subjects import subject_scores, summarize_subjects
from search.holdout.disclosure import primary_metric
from search.holdout.scores import HoldOutRows, ScoredRows
from search.inputs.run import Run

ACCURACY = "emotion.accuracy"


def subject_entry(run: Run, rows: HoldOutRows, scored: ScoredRows) -> dict[str, Any]:
    """Scores each subject by the primary metric, and by the accuracy of emotions.

    Empty where an image has no subject.
    """
    subjects = rows.table.frame["subject"]
    if not subjects.notna().all():
        return {}
    metrics = list(dict.fromkeys([primary_metric(run.study), ACCURACY]))
    if not scored.targets.emotions:
        metrics.remove(ACCURACY)
    found = subject_scores(
        scored.targets, scored.model.predictions, subjects.tolist(), metrics
    )
    summary = {metric: summarize_subjects(found, metric) for metric in metrics}
    return {"by_subject": {"subjects": found, "summary": summary}}
