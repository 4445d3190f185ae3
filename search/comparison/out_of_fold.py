"""The same differences on validation rows, where both runs pooled the same ones.

More people than in the hold-out, but each trial was selected on these rows, and no
difference is corrected for that.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from data_pipeline.system.errors import InputError
from models.evaluation.comparison import Candidate, compare
from models.evaluation.out_of_fold import read_predictions
from search.comparison.finished_run import FinishedRun
from search.comparison.paired import LABELS, Paired, only
from search.inputs.prepare import prepare_job
from search.inputs.run import Run
from search.inputs.scoring_targets import clusters
from search.trial.messages import PREDICTIONS, Job

FOLDS, DIGEST = "data.folds", "data.labels"
"""Keys of what a run began with: digests of its folds and of its labels."""

NO_LABELS = "the labels were not given: add --data DIR, or --data synthetic"


def pair_out_of_fold(
    run: FinishedRun, against: FinishedRun, *, opened: Run | None, job: Job | None
) -> Paired:
    """Compares the out-of-fold predictions of two tested trials.

    ``opened`` are the data of either run and ``job`` their folds, ``None`` where the
    data were not named.
    """
    pair = Paired(run=run.name, against=against.name, rows="out-of-fold")
    if not _same_folds(run, against):
        return replace(pair, why="the folds do not pool the same rows")
    if opened is None or job is None:
        return replace(pair, why=NO_LABELS)
    sides = [_candidate(one) for one in (run, against)]
    if None in sides:
        return replace(pair, why="out-of-fold predictions are missing")
    rows = np.concatenate([fold.validation for fold in job.folds])
    people = clusters(opened.data.split.development.take(rows), opened.study.split.by)
    return replace(
        pair,
        subjects=len(set(people)),
        images=len(rows),
        metrics=compare(
            job.scoring_targets.take(rows),
            *(only(side, list(LABELS)) for side in sides if side is not None),
            subjects=people,
            seed=int(run.report.get("intervals", {}).get("seed", 0)),
        ),
    )


def read_folds(opened: Run, run: FinishedRun) -> Job:
    """Finds the folds of a run in its data.

    Raises:
        InputError: these are not the data of its search.
    """
    job, pixels = prepare_job(opened)
    found = {FOLDS: pixels[FOLDS], DIGEST: opened.data.fingerprint}
    if found != _digests(run):
        raise InputError(
            f"--data {opened.data.root}: not the labels and folds that {run.name} was "
            "searched on; name the data of the search, or leave --data out"
        )
    return job


def _same_folds(run: FinishedRun, against: FinishedRun) -> bool:
    """Whether two runs began with the same labels and the same folds."""
    return all(_digests(run).values()) and _digests(run) == _digests(against)


def _digests(run: FinishedRun) -> dict[str, Any]:
    found = run.provenance
    return {
        FOLDS: found.pixels.get(FOLDS),
        DIGEST: found.identity.get(DIGEST),
    }


def _candidate(run: FinishedRun) -> Candidate | None:
    """Reads what the tested trial predicted out of fold."""
    record = run.tested
    predictions = read_predictions(
        run.folder.predictions(run.storage),
        record.number,
        str(record.attributes.get(PREDICTIONS, "")),
    )
    if predictions is None:
        return None
    return Candidate(
        predictions=predictions, thresholds=record.attributes.get("thresholds", {})
    )
