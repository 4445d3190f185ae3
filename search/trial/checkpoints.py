"""Checkpoints of one trial: the weights of each fold's best epoch.

After each epoch its weights are written, and those of an epoch that can no longer be
its fold's best are deleted: a fold has two files at most. A completed trial has one
model a fold, its best epoch's; the driver deletes those of other trials.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from models.config.config import ModelConfig
from search.trial.curve import peak, ranks

MODEL, WEIGHTS = ".keras", ".npz"

_OURS = re.compile(r"trial-\d{4,}")
"""Names of ``trial_folder``."""


class Trainer(Protocol):
    """What checkpoints need of ``models.training.trainer``."""

    def save(self, config: ModelConfig, path: Path) -> None:
        """Writes the current weights."""

    def restore(self, config: ModelConfig, path: Path) -> None:
        """Loads weights that were written."""

    def export(self, config: ModelConfig, path: Path) -> None:
        """Writes a model with the current weights."""


class Checkpoints:
    """Keeps the best epochs of the trial that a trainer fits."""

    def __init__(self, trainer: Trainer, config: ModelConfig, folder: Path) -> None:
        """Writes the trainer's weights to a ``trial_folder``."""
        self._trainer = trainer
        self._config = config
        self._folder = folder

    def add(self, fold: int, values: Sequence[float]) -> None:
        """Writes the newest epoch of a fold, with its raw values so far."""
        folder = self._folder / f"fold-{fold + 1}"
        folder.mkdir(parents=True, exist_ok=True)
        self._trainer.save(self._config, folder / f"{_epoch(len(values))}{WEIGHTS}")
        kept = {_epoch(epoch) for epoch in contenders(values)}
        for path in folder.glob(f"*{WEIGHTS}"):
            if path.stem not in kept:
                path.unlink()

    def best(self, fold: int, values: Sequence[float]) -> bytes:
        """Reads the weights of the best epoch of a fold that is over."""
        return self._weights(fold, values).read_bytes()

    def put(self, fold: int, values: Sequence[float], content: bytes) -> None:
        """Writes the weights of a fold that was trained before this trial was lost."""
        path = self._weights(fold, values)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def end(self, folds: Sequence[Sequence[float]]) -> None:
        """Writes the best epoch of each fold as a model that plain Keras loads."""
        for index, values in enumerate(folds):
            best = self._weights(index, values)
            folder = best.parent
            self._trainer.restore(self._config, best)
            part = folder / f".part{MODEL}"
            self._trainer.export(self._config, part)
            part.replace(best.with_suffix(MODEL))
            for path in folder.glob(f"*{WEIGHTS}"):
                path.unlink()

    def _weights(self, fold: int, values: Sequence[float]) -> Path:
        """Names the weights of a fold's best epoch."""
        name = f"{_epoch(peak(values))}{WEIGHTS}"
        return self._folder / f"fold-{fold + 1}" / name


def contenders(values: Sequence[float]) -> set[int]:
    """Lists the epochs that may be the best of an unfinished fold.

    The newest, whose smoothed value is not final, and the best before it. There is at
    least one raw value.

    Example:
        >>> sorted(contenders([0.1, 0.5, 0.6, 0.4, 0.0]))
        [3, 5]
    """
    settled = ranks(values)[:-1]
    return {len(values), *([settled.index(max(settled)) + 1] if settled else [])}


def trial_folder(folder: Path, number: int) -> Path:
    """Names the folder of a trial's models."""
    return folder / f"trial-{number:04}"


def trial_folders(folder: Path) -> list[Path]:
    """Lists the folders of all trials' models; ignores files of others."""
    return [path for path in folder.glob("trial-*") if _OURS.fullmatch(path.name)]


def _epoch(epoch: int) -> str:
    return f"epoch-{epoch:04}"
