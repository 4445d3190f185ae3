"""How rows reach a model: our own order in each epoch, batches cut from an array."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from data_pipeline.system.seeds import child_seed
from data_pipeline.targets.class_balance import Balance, balance
from data_pipeline.targets.targets import Targets
from models.config.config import ModelConfig
from models.network.heads import (
    ACTION_UNITS,
    EMOTION,
    INTENSITIES,
    LEVELS,
    VALENCE_AROUSAL,
)
from models.training.epoch import Arrays
from models.training.feeding import FileImages, ImageSource
from models.training.mixup import Batch, mixed


class TrainingRows:
    """Balanced training rows, and the batches of each epoch."""

    def __init__(
        self,
        arrays: Arrays,
        rows: np.ndarray,
        config: ModelConfig,
        seed: int,
        source: ImageSource | None = None,
        versions: int = 1,
    ) -> None:
        """Balances the rows and packs their targets.

        ``source`` has the images of ``arrays``, which are read directly without one,
        or ``versions`` of each, of which an epoch takes one at random. Mixup, which
        changes pixels outside the graph, always reads them directly.
        """
        targets = arrays.targets
        balanced = balance(
            targets,
            rows,
            config.balance,
            child_seed(seed, "balance"),
            beta=config.balance_beta,
        )
        self._targets, self._config, self._seed = targets, config, seed
        if source is None or config.mixup:
            source = FileImages(arrays.images)
        self._source, self._versions = source, versions
        self._rows = balanced.rows
        self._packed = pack(targets, balanced)

    def batches(self, epoch: int) -> "Batches":
        """Returns the batches of an epoch, from 1."""
        seed, config = self._seed, self._config
        rows = epoch_batches(
            self._rows, batch_size=config.batch_size, seed=seed, epoch=epoch
        )
        return Batches(
            self._source,
            epoch_targets(self._packed, self._targets, seed=seed, epoch=epoch),
            rows,
            partial(_mixed, config.mixup, seed, epoch) if config.mixup else None,
            images=epoch_versions(rows, self._versions, seed=seed, epoch=epoch),
        )


def pack(targets: Targets, balance: Balance) -> dict[str, np.ndarray]:
    """Packs targets, masks and weights into one array for each output.

    Returns ``emotion`` (N, E, 2), ``action_units`` (N, U, 2),
    ``action_unit_intensities`` (N, 5 I, 2) and ``valence_arousal`` (N, D, 2), float32,
    as the losses take them: value and weight; weight 0 where masked.
    """
    packed = {}
    if targets.emotions:
        mask = targets.emotion_mask[:, None]
        weights = np.where(mask, balance.emotion_weights, 0.0)
        packed[EMOTION] = _stack(targets.emotion, weights)
    if targets.action_units:
        positive = targets.action_unit > 0
        weights = np.where(positive, balance.au_weights, 1.0)
        weights = np.where(targets.action_unit_mask, weights, 0.0)
        packed[ACTION_UNITS] = _stack(targets.action_unit, weights)
    if targets.intensities:
        packed[INTENSITIES] = _levels(targets)
    if targets.dimensions:
        packed[VALENCE_AROUSAL] = _stack(
            targets.valence_arousal, targets.valence_arousal_mask
        )
    return packed


def _levels(targets: Targets) -> np.ndarray:
    """Packs intensities as five values a unit: whether each level is reached."""
    reached = targets.intensity[:, :, None] >= np.arange(1, LEVELS + 1)
    rows = len(targets), len(targets.intensities) * LEVELS
    weights = np.repeat(targets.intensity_mask, LEVELS, axis=1)
    return _stack(reached.reshape(rows), weights)


def epoch_targets(
    packed: dict[str, np.ndarray], targets: Targets, *, seed: int, epoch: int
) -> dict[str, np.ndarray]:
    """Returns the targets of one epoch: with sampled votes, one class of each row.

    Sampled emotions are one-hot, by their shares, anew for each epoch; a row without a
    label stays zero.
    """
    if targets.learning_mode != "sampled":
        return packed
    shares = packed[EMOTION][..., 0].astype(np.float64)
    generator = np.random.default_rng(child_seed(seed, "votes", epoch))
    reached = shares.cumsum(axis=1)
    marks = generator.random(len(shares))[:, None] * reached[:, -1:]
    picked = (reached <= marks).sum(axis=1)
    drawn = picked[:, None] == np.arange(shares.shape[1])
    return packed | {EMOTION: _stack(drawn, packed[EMOTION][..., 1])}


def epoch_batches(
    rows: np.ndarray, *, batch_size: int, seed: int, epoch: int
) -> list[np.ndarray]:
    """Cuts one epoch's order of rows, repeats included, into batches.

    As many batches as ``batch_size`` implies, of nearly equal size: a small last batch
    would spoil the statistics of batch normalisation just before validation. No batch
    has a single row, unless there is only one row.
    """
    generator = np.random.default_rng(child_seed(seed, "order", epoch))
    count = min(-(-len(rows) // batch_size), max(1, len(rows) // 2))
    return np.array_split(generator.permutation(rows), count)


def epoch_versions(
    batches: list[np.ndarray], versions: int, *, seed: int, epoch: int
) -> list[np.ndarray]:
    """Returns where the images of batches are: a version of each, by chance.

    Row r of the table has the images ``versions`` r to ``versions`` (r + 1) - 1.
    """
    if versions == 1:
        return batches
    generator = np.random.default_rng(child_seed(seed, "versions", epoch))
    return [
        versions * rows + generator.integers(versions, size=len(rows))
        for rows in batches
    ]


class Batches(Sequence[Batch]):
    """Batches of pixels and targets, cut when they are needed."""

    def __init__(
        self,
        source: ImageSource,
        packed: dict[str, np.ndarray],
        batches: list[np.ndarray],
        mix: Callable[[int, Batch], Batch] | None = None,
        *,
        images: list[np.ndarray] | None = None,
    ) -> None:
        """Holds views, no copies.

        Args:
            source: of images.
            packed: from ``pack``, of the same N rows.
            batches: rows of each batch.
            mix: changes a batch, given its place from 0.
            images: the source's rows of each batch, by default ``batches``.
        """
        self._source = source
        self._packed = packed
        self._batches = batches
        self._images = batches if images is None else images
        self._mix = mix

    def __len__(self) -> int:
        """Counts the batches."""
        return len(self._batches)

    def __getitem__(self, index: int) -> Batch:  # type: ignore[override]  # no slices
        """Cuts one batch."""
        if index >= len(self):
            raise IndexError(index)
        rows = self._batches[index]
        targets: dict[str, Any] = {
            name: values[rows] for name, values in self._packed.items()
        }
        batch = self._source.batch(self._images[index]), targets
        return batch if self._mix is None else self._mix(index, batch)


def _mixed(alpha: float, seed: int, epoch: int, place: int, batch: Batch) -> Batch:
    """Applies mixup to the batch at a place of an epoch."""
    return mixed(batch, alpha=alpha, seed=child_seed(seed, "mixup", epoch, place))


def _stack(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.stack([values, weights], axis=-1).astype(np.float32)
