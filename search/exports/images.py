"""The images that a written model is checked on: development ones, or drawn faces."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from PIL import ImageOps

from data_pipeline.readers.location import data_folder
from data_pipeline.synthetic.population.plan import plan
from data_pipeline.synthetic.render.camera import render_frame
from data_pipeline.system.errors import InputError, first_line
from data_pipeline.targets.targets import Targets
from models.conversion.convert import Score
from models.metrics.predictions import Predictions
from models.metrics.scores import scores
from search.callbacks.progress_bar import ProgressBar
from search.final.kept_model import is_of_data
from search.inputs.prepare import read_pixels
from search.pipeline.opening import open_past_run
from search.pipeline.past_runs import study_of_run
from search.run_folder import RunFolder
from search.trial.objective import each_metric, weighted_mean

DEVELOPMENT, DRAWN = "development images", "drawn faces"

CHECKED, SCORED = 64, 2000
"""Most development images for a comparison, and for scores."""

PEOPLE, SEED = 16, 1
"""How many faces are drawn, and from which seed."""

OBJECTIVE = "objective"
"""The weighted mean of an objective's metrics."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CheckImages:
    """Images for a model, (N, S, S, C), raw pixels.

    ``score`` scores predictions of them, where their labels are known; ``note`` says
    why they are no development images.
    """

    pixels: np.ndarray
    words: str
    score: Score | None = None
    note: str | None = None


def check_images(
    folder: RunFolder,
    sidecar: Mapping[str, Any],
    bar: ProgressBar,
    *,
    data: str | None,
    scored: bool,
) -> CheckImages:
    """Reads development images of a run, or draws faces where they are not there.

    Args:
        folder: of the run.
        sidecar: of its model.
        bar: shows how far reading is.
        data: as given to ``search.run``.
        scored: whether they must be development images, with labels.

    Raises:
        InputError: development images are needed and cannot be read.
    """
    try:
        if not scored and data is None:
            _check_there(folder)
        return _development(folder, sidecar, bar, data=data, most=_most(scored))
    except InputError as error:
        if scored:
            raise InputError(
                f"8-bit numbers are calibrated on {DEVELOPMENT}, which cannot be "
                f"read: {error}; name their folder with --data"
            ) from error
        if data is not None:
            raise
        return _drawn(sidecar, note=first_line(error))


def _most(scored: bool) -> int:
    return SCORED if scored else CHECKED


def _check_there(folder: RunFolder) -> None:
    """Refuses data that would have to be rendered or that do not exist."""
    study, synthetic = study_of_run(folder)
    root, _ = data_folder(study.data.dataset, "synthetic" if synthetic else None)
    if not root.exists():
        raise InputError(f"{root}: there is no such folder")


def _development(
    folder: RunFolder,
    sidecar: Mapping[str, Any],
    bar: ProgressBar,
    *,
    data: str | None,
    most: int,
) -> CheckImages:
    """Reads images from all over the development table."""
    run = open_past_run(folder, data, bar)
    if not is_of_data(sidecar, run.data):
        raise InputError(
            f"{run.data.root}: other labels or another hold-out than the model was "
            "trained with"
        )
    images = read_pixels(run)
    places = np.linspace(0, len(images.kept) - 1, min(most, len(images.kept)))
    rows = images.kept[places.astype(int)]
    return CheckImages(
        pixels=np.asarray(images.array[rows]),
        words=DEVELOPMENT,
        score=partial(
            _scores,
            run.data.scoring_targets.take(rows),
            objective=dict(run.study.objective),
            thresholds=sidecar["thresholds"],
        ),
    )


def _scores(
    targets: Targets,
    predictions: Predictions,
    *,
    objective: Mapping[str, float],
    thresholds: Mapping[str, float],
) -> Mapping[str, float]:
    """Scores predictions by the study's metrics and, of several, by their mean."""
    table = scores(targets, predictions, thresholds=thresholds, own=objective)
    found = each_metric(table, objective)
    if len(objective) > 1:
        found[OBJECTIVE] = weighted_mean(table, objective)
    return found


def _drawn(sidecar: Mapping[str, Any], *, note: str) -> CheckImages:
    """Draws faces of invented people in the model's size."""
    side, channels = sidecar["input"]["size"], sidecar["input"]["channels"]
    rows = [row for row in plan(PEOPLE, SEED) if row.emotion is not None]
    chosen = np.linspace(0, len(rows) - 1, min(PEOPLE, len(rows))).astype(int)
    mode = "L" if channels == 1 else "RGB"
    pixels = [
        np.asarray(
            ImageOps.fit(render_frame(row, row.peak, SEED).convert(mode), (side, side))
        ).reshape(side, side, channels)
        for row in (rows[at] for at in chosen)
    ]
    return CheckImages(pixels=np.stack(pixels), words=DRAWN, note=note)
