"""The rows of the first fold as arrays: what the peers train on and are scored by."""

import shutil
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_pipeline.synthetic.write import write_synthetic
from data_pipeline.targets.targets import Targets
from models.config.config import DataSpec
from models.metrics.predictions import Predictions
from search.pipeline.opening import open_run
from search.pipeline.run_study import RunRequest
from search.trial.objective import score
from tests.benchmarks.peers.setting import FACES, OBJECTIVE, ROWS, STUDY

FIELDS = ("images", "labels", "validation_images", "validation_labels", "emotions")
CACHE = "cache"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Labelled rows to train and to validate on.

    Shape: images (N, S, S, C), uint8, and one-hot labels (N, E) of both parts.
    """

    images: Any
    labels: Any
    validation_images: Any
    validation_labels: Any
    emotions: Any

    @property
    def data_spec(self):
        """What the data decide about a model."""
        return DataSpec(
            image_size=self.images.shape[1],
            channels=self.images.shape[3],
            emotions=tuple(map(str, self.emotions)),
            action_units=(),
        )

    def value(self, probabilities):
        """Scores predictions (N, E) of the validation rows as a search does."""
        count, classes = self.validation_labels.shape
        none = np.zeros((count, 0), np.float32)
        targets = Targets(
            emotions=tuple(map(str, self.emotions)),
            action_units=(),
            intensities=(),
            dimensions=(),
            emotion=self.validation_labels,
            emotion_mask=np.ones(count, bool),
            action_unit=none,
            action_unit_mask=none.astype(bool),
            intensity=none,
            intensity_mask=none.astype(bool),
            valence_arousal=none,
            valence_arousal_mask=none.astype(bool),
        )
        found = Predictions.of({"emotion": np.reshape(probabilities, (count, classes))})
        return score(targets, found, {OBJECTIVE: 1.0})


def draw(shared, *, subjects):
    """Draws the faces and decodes them as a run of the study does."""
    # Loads scikit-learn, which the table need not wait for.
    from search.inputs.prepare import prepare_job  # noqa: PLC0415

    write_synthetic(shared / FACES, subjects=subjects)
    study, faces = str(shared / STUDY), str(shared / FACES)
    with open_run(RunRequest(study=study, data=faces, out=shared)) as (run, _):
        job, _ = prepare_job(run)
    write(shared / ROWS, job)


def write(path, job):
    """Writes the labelled rows of a job's first fold."""
    images, targets = np.load(job.images, mmap_mode="r"), job.targets
    parts = []
    for rows in (job.folds[0].train, job.folds[0].validation):
        labelled = rows[targets.emotion_mask[rows]]
        parts += [images[labelled], targets.emotion[labelled]]
    np.savez(path, **dict(zip(FIELDS, [*parts, targets.emotions], strict=True)))


def read(shared):
    """Reads the rows."""
    with np.load(shared / ROWS) as file:
        return Rows(**{name: file[name] for name in FIELDS})


def copy_cache(shared, own):
    """Gives a run of the harness the decoded images, which the peers have as well."""
    shutil.copytree(shared / CACHE, own / CACHE)
