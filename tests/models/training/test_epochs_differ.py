"""Every epoch differs: its order, its sampled votes, its mixtures."""

from dataclasses import replace

import numpy as np

from models.training.compiled_model import Seconds
from models.training.epoch import Part
from models.training.trainer import Trainer
from tests.factories.models import EMOTIONS, configured, pictures

ROWS = 8
PART = Part(train=np.arange(ROWS), validation=None)


class Graph:
    """A stand-in for a compiled model: trains nothing and keeps its batches."""

    def __init__(self):
        """Starts with nothing fed."""
        self.fed = []

    def scale_pixels(self, normalization, images, rows):
        """Scales nothing."""

    def train(self, batches, *, rate):
        """Keeps an epoch's only batch."""
        del rate
        (batch,) = batches
        self.fed.append(batch)
        return 0.0, Seconds()


class Trainer(Trainer):
    """A trainer whose graphs are all one that trains nothing."""

    def __init__(self):
        """Makes the graph."""
        super().__init__()
        self.graph = Graph()

    def _model_at(self, *_):
        return self.graph


def fed(arrays, **values):
    """Feeds two epochs of one batch; returns the pixels and the emotions of each."""
    # One pixel of each row is lit, another one in each.
    lit = 255 * np.eye(ROWS, 16, dtype=np.uint8).reshape(ROWS, 4, 4, 1)
    trainer = Trainer()
    for _ in trainer.fit(
        configured(**values), replace(arrays, images=lit), PART, seed=1
    ):
        pass
    (first, one), (second, other) = trainer.graph.fed
    pixels = first.reshape(ROWS, -1), second.reshape(ROWS, -1)
    return pixels, (one["emotion"][..., 0], other["emotion"][..., 0])


def test_order():
    """Two epochs have the same rows, in two orders."""
    (first, second), _ = fed(pictures(ROWS))

    assert sorted(first.argmax(axis=1)) == sorted(second.argmax(axis=1))
    assert not np.array_equal(first, second)


def test_mixtures():
    """The shares that rows are mixed by are drawn again for each epoch."""
    (first, second), _ = fed(pictures(ROWS), augmentation__mixup=1.0)

    # The larger share of each place in the batch, whichever row stands there.
    assert not np.array_equal(first.max(axis=1), second.max(axis=1))


def test_votes():
    """Where votes are drawn, a row may have another emotion in the next epoch."""
    arrays = pictures(ROWS)
    shares = np.full((ROWS, len(EMOTIONS)), 1 / len(EMOTIONS), np.float32)
    targets = replace(arrays.targets, emotion=shares, learning_mode="sampled")
    pixels, emotions = fed(replace(arrays, targets=targets))
    by_row = [
        drawn[found.argmax(axis=1).argsort()]
        for found, drawn in zip(pixels, emotions, strict=True)
    ]

    assert not np.array_equal(*by_row)
