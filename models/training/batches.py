"""How rows reach a model: epoch orders of our own, batches cut from a mapped array."""

from collections.abc import Callable
from typing import Any

import numpy as np

from data_pipeline.system.seeds import child_seed
from data_pipeline.targets.class_balance import Balance, balance
from data_pipeline.targets.targets import Targets
from models.config.config import ModelConfig
from models.keras_api import keras
from models.network.heads import ACTION_UNITS, EMOTION, VALENCE_AROUSAL
from models.training.mixup import Batch, mixed


def balanced(
    targets: Targets, rows: np.ndarray, config: ModelConfig, seed: int
) -> Balance:
    """Balances training rows as a configuration asks.

    Args:
        targets: of the whole table.
        rows: the training rows.
        config: names the balance.
        seed: of the training.

    Returns:
        The rows to feed, and the weights of their labels.
    """
    return balance(
        targets,
        rows,
        config.balance,
        child_seed(seed, "balance"),
        beta=config.balance_beta,
    )


def pack(targets: Targets, balance: Balance) -> dict[str, np.ndarray]:
    """Puts targets, masks and weights into one array for each output.

    Args:
        targets: of N rows.
        balance: weights of emotion classes and of action units' positives.

    Returns:
        ``emotion`` (N, E, 2), ``action_units`` (N, U, 2) and ``valence_arousal``
        (N, D, 2), float32, as the losses take them: value and weight; weight 0 where
        masked.
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
    if targets.dimensions:
        packed[VALENCE_AROUSAL] = _stack(
            targets.valence_arousal, targets.valence_arousal_mask
        )
    return packed


def epoch_targets(
    packed: dict[str, np.ndarray], targets: Targets, *, seed: int, epoch: int
) -> dict[str, np.ndarray]:
    """Gives one epoch its targets: where votes are drawn, one class of each row.

    Args:
        packed: from ``pack``.
        targets: what was packed; says how it is learned.
        seed: of the training.
        epoch: from 1.

    Returns:
        The same, or with one-hot emotions drawn by their shares, anew for each epoch;
        a row without a label stays zero.
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
    """Cuts one epoch's order of rows into batches of nearly equal size.

    As many batches as ``batch_size`` asks for, evened out: a small last batch would
    spoil the statistics of batch normalisation just before validation. No batch
    has a single row, unless there is but one row.

    Args:
        rows: the training rows, repeats included.
        batch_size: at least 2.
        seed: of the training.
        epoch: from 1.

    Returns:
        Arrays of rows; each row of ``rows`` once.
    """
    generator = np.random.default_rng(child_seed(seed, "order", epoch))
    count = min(-(-len(rows) // batch_size), max(1, len(rows) // 2))
    return np.array_split(generator.permutation(rows), count)


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras is untyped
    """Batches of pixels and targets, cut when they are needed."""

    def __init__(
        self,
        images: np.ndarray,
        packed: dict[str, np.ndarray],
        batches: list[np.ndarray],
        mix: Callable[[Batch, int], Batch] | None = None,
    ) -> None:
        """Holds views, no copies.

        Args:
            images: shape (N, S, S, C), may be mapped from a file.
            packed: from ``pack``, of the same N rows.
            batches: rows of each batch.
            mix: changes a batch, given its place from 0.
        """
        super().__init__()
        self._images = images
        self._packed = packed
        self._batches = batches
        self._mix = mix

    def __len__(self) -> int:
        """Counts the batches."""
        return len(self._batches)

    def __getitem__(self, index: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Cuts one batch."""
        rows = self._batches[index]
        targets: dict[str, Any] = {
            name: values[rows] for name, values in self._packed.items()
        }
        batch = np.asarray(self._images[rows]), targets
        return batch if self._mix is None else self._mix(batch, index)


def mixing(
    alpha: float, *, seed: int, epoch: int
) -> Callable[[Batch, int], Batch] | None:
    """Says how one epoch's batches are mixed; ``None`` where they are not.

    Args:
        alpha: of ``models.training.mixup``; 0 is off.
        seed: of the training.
        epoch: from 1.
    """
    if alpha == 0:
        return None

    def mix(batch: Batch, place: int) -> Batch:
        drawn = child_seed(seed, "mixup", epoch, place)
        return mixed(batch, alpha=alpha, seed=drawn)

    return mix


def _stack(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.stack([values, weights], axis=-1).astype(np.float32)
