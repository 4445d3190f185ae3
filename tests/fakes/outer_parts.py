"""Nested studies for tests: a plan of outer parts, and predictions of their rows."""

from dataclasses import replace

import numpy as np

from models.evaluation.baseline import constants_of
from models.evaluation.comparison import Candidate
from search.callbacks.progress_bar import ProgressBar, open_console
from search.holdout.predictions_file import RecordedRows
from search.holdout.scores import ScoredRows
from search.nested.opening import plan_parts
from search.pipeline.run_study import RunRequest
from search.study.study import read_study
from tests.factories.population import population
from tests.factories.runs import STUDY, write_study

NESTED = STUDY.replace("folds = 2", "folds = 2\nouter_folds = 3").replace(
    "trials = 2", "trials = 3"
)
"""Three outer parts, each with two trials of one inner fold."""

PEOPLE, FEW = population(), 45
"""People with labels and predictions, and how many of them are predicted here."""


def planned(folder, data, *settings, text=NESTED, **others):
    """Plans the nested run of a study, as ``search.run`` does."""
    request = RunRequest(
        study=str(write_study(folder, text=text)),
        settings=settings,
        data=str(data),
        out=folder / "runs",
        **({"quiet": True} | others),
    )
    study = read_study(request.study, settings=settings)
    with ProgressBar(open_console(quiet=True)) as bar:
        return plan_parts(request, study, bar)


def predicted(*, thresholds=(0.2, 0.5, 0.7)):
    """Makes what the models of as many parts predicted, each with its threshold."""
    count = len(thresholds)
    few = PEOPLE.subject < FEW
    return [
        _part(few & (PEOPLE.subject % count == number), least)
        for number, least in enumerate(thresholds)
    ]


def _part(held, least):
    """Makes the rows of one part; the constants learn from the other rows."""
    rows = np.flatnonzero(held)
    others = np.flatnonzero(~held & (PEOPLE.subject < FEW))
    targets = replace(PEOPLE.targets.take(rows), intensities=())
    chosen = dict.fromkeys(targets.action_units, least)
    scored = ScoredRows(
        targets=targets,
        votes=None,
        units=[f"S{name:03}" for name in PEOPLE.subject[rows]],
        model=Candidate(predictions=PEOPLE.better.take(rows), thresholds=chosen),
        constants=constants_of(PEOPLE.targets.take(others), count=len(rows)),
        baselines={
            "linear_pixels": Candidate(
                predictions=PEOPLE.worse.take(rows), thresholds=chosen
            )
        },
    )
    images = [f"{row}.png" for row in rows]
    return RecordedRows(
        images=images, rows=scored, duplicates=np.zeros(len(rows), bool)
    )
