"""A picture of each completed trial, as an artifact of Optuna.

It is drawn by the driver, before the trial is stored: artifacts cannot be added later.
That takes 0.1 to 0.2 s; Matplotlib is loaded with the first. Pruned trials have none,
because a search with a good pruner has many and short ones.
"""

import io
import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.config.hyperparameters import HYPERPARAMETERS
from search.ledger.callback import Callback
from search.ledger.records import Counts
from search.run_folder import named_errors
from search.trial.evaluator import OBJECTIVE
from search.trial.messages import Completed, Job, Outcome, Report, TrialRequest

if TYPE_CHECKING:
    from search.dashboards.drawing import Fold

FOLDER = "artifacts"
ATTRIBUTE = "artifacts:"
"""Before the name of an artifact in Optuna's attributes, as ``upload_artifact`` has it.

That function wants a trial in a storage and a file to copy.
"""

NAMES = uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
"""Of which the name of each trial's picture is derived; any would do."""

BACKBONE = "backbone.name"


class TrialPictures(Callback):
    """Draws curves and errors of completed trials into a folder."""

    def __init__(self, folder: Path, value_name: str) -> None:
        """Writes to ``folder``; ``value_name`` is what a trial's value is called."""
        self._folder, self._value_name = folder, value_name
        self._job: Job | None = None
        self._running: dict[int, tuple[str, dict[int, list[Report]]]] = {}

    def use(self, job: Job) -> None:
        """Takes the labels that predictions are compared with."""
        self._job = job

    def on_trial_start(self, request: TrialRequest, counts: Counts) -> None:
        """Keeps the name of the backbone."""
        default = HYPERPARAMETERS[BACKBONE].default
        name = str(request.values.get(BACKBONE, default))
        self._running[request.number] = (name, {})

    def on_epoch_end(self, number: int, report: Report) -> None:
        """Keeps a point of the curves."""
        self._running[number][1].setdefault(report.fold, []).append(report)

    def attachments(self, number: int, outcome: Outcome) -> Mapping[str, str]:
        """Draws a completed trial."""
        backbone, reports = self._running.pop(number)
        if self._job is None or not isinstance(outcome, Completed):
            return {}
        from search.dashboards.drawing import draw_trial  # noqa: PLC0415 - Matplotlib

        title = f"trial {number}: {backbone}, {self._value_name} {outcome.value:.4f}"
        rows = np.concatenate([fold.validation for fold in self._job.folds])
        picture = draw_trial(
            title,
            [_curve(fold) for fold in reports.values()],
            outcome,
            self._job.scoring_targets.take(rows),
        )
        return self._kept(number, picture)

    def _kept(self, number: int, picture: bytes) -> dict[str, str]:
        """Writes a picture; returns the attribute that names it."""
        from optuna.artifacts import (  # noqa: PLC0415 - with the first picture
            ArtifactMeta,
            FileSystemArtifactStore,
        )

        name = str(uuid.uuid5(NAMES, f"{FOLDER}/{number}"))
        with named_errors(self._folder / name):
            self._folder.mkdir(exist_ok=True)
            FileSystemArtifactStore(self._folder).write(name, io.BytesIO(picture))
        about = ArtifactMeta(
            artifact_id=name,
            filename=f"trial-{number:04}.png",
            mimetype="image/png",
            encoding=None,
        )
        return {ATTRIBUTE + name: json.dumps(asdict(about))}


def _curve(reports: list[Report]) -> "Fold":
    """Lists the epochs of a fold, with the value of each and that of training rows."""
    return [
        (report.epoch, report.value, report.curves.training.get(OBJECTIVE))
        for report in reports
    ]
