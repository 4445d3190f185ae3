"""What a worker needs to run the trials of a study: paths, labels, folds, objective."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from data_pipeline.split.split import Fold
from data_pipeline.targets.targets import Targets
from models.config import Frame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """The development part of a study, small enough to be sent to every worker.

    ``images`` is the path of the memory-mapped pixels; ``rows`` are the development
    rows to train on that could be read, and the folds hold no other. ``targets`` are
    learned from and ``truth`` is scored against; they differ where votes make labels.
    There is nothing of the hold-out in it. ``objective`` is metric name to weight;
    ``unreadable`` counts development images that were left out, ``without_face`` those
    that show none where one was looked for, ``twins`` validation images that are the
    same file as a training image of their fold, ``twins_dropped`` those left out: twins
    of the hold-out, and of a fold's validation part. ``checkpoints`` is the folder that
    trials write their epochs' weights to, where a study asks for them.
    """

    images: str
    targets: Targets
    truth: Targets
    rows: np.ndarray
    folds: tuple[Fold, ...]
    frame: Frame
    objective: Mapping[str, float]
    stride: int
    cpus: int
    gpus: float
    concurrent: int
    unreadable: int = 0
    without_face: int = 0
    twins: int = 0
    twins_dropped: tuple[int, int] = (0, 0)
    checkpoints: str | None = None
