"""Mixup: labels with weights are mixed so that losses are; off, it is not there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.labels.labels import DIMENSIONS
from data_pipeline.system.errors import StudyError
from models.network.losses import action_unit_loss, emotion_loss, squared_error
from models.training.epoch import Part
from models.training.mixup import mixed, mixed_target
from models.training.trainer import Trainer
from search.study.study import read_study
from tests.factories.models import configured, pictures

SHARES = st.floats(0, 1, width=32)
SMALL = st.floats(-3, 3, width=32)
WEIGHTS = st.sampled_from([0.0, 0.25, 1.0, 3.0])


def _rows(values, weights):
    return np.array([np.stack([values, weights], axis=-1)], np.float32)


def _mixture(first, second, share):
    return mixed_target(first, second, np.array([[share]], np.float32))


def _close(found, first, second, share):
    expected = share * float(first) + (1 - share) * float(second)
    assert float(found) == pytest.approx(expected, rel=1e-4, abs=1e-5)


@given(
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
    st.tuples(st.booleans(), st.booleans()),
    st.lists(SMALL, min_size=3, max_size=3),
    st.sampled_from([(0.0, 0.0), (0.2, 0.0), (0.0, 2.0), (0.1, 1.5)]),
    SHARES,
)
def test_emotions(classes, mask, logits, factors, share):
    """The loss of a mixed row is the mean of two, class weights and masks included."""
    weights = np.array([0.5, 1.0, 2.0])
    first, second = (
        _rows(np.eye(3)[emotion] * labelled, weights * labelled)
        for emotion, labelled in zip(classes, mask, strict=True)
    )
    outputs = np.array([logits], np.float32)
    both = [emotion_loss(target, outputs, *factors) for target in (first, second)]

    _close(
        emotion_loss(_mixture(first, second, share), outputs, *factors), *both, share
    )


@given(st.tuples(*[st.booleans()] * 2), st.tuples(*[WEIGHTS] * 2), SMALL, SHARES)
def test_action_units(present, weights, logit, share):
    """The same for units, focal or not, weighted or masked."""
    first, second = (
        _rows([float(p)], [w]) for p, w in zip(present, weights, strict=True)
    )
    outputs = np.array([[logit]], np.float32)
    for gamma in (0.0, 2.0):
        both = [action_unit_loss(target, outputs, gamma) for target in (first, second)]
        found = action_unit_loss(_mixture(first, second, share), outputs, gamma)
        _close(found, *both, share)


@given(st.tuples(*[st.floats(-1, 1, width=32)] * 4), st.tuples(*[WEIGHTS] * 2), SHARES)
def test_ratings(numbers, weights, share):
    """A squared error is the mean of two but for a term that no output moves."""
    first, second = (_rows([v], [w]) for v, w in zip(numbers[:2], weights, strict=True))
    target = _mixture(first, second, share)

    def moved(wanted):
        """The loss at one output less that at another."""
        there, here = (np.array([[n]], np.float32) for n in numbers[2:])
        return squared_error(wanted, there) - squared_error(wanted, here)

    _close(moved(target), moved(first), moved(second), share)


def test_a_batch_is_mixed_within_itself():
    """Images and labels have the same shares; kinds and shapes stay; seeds decide."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (8, 4, 4, 1), dtype=np.uint8)
    # A label that is the image's first pixel shows which shares were taken.
    label = np.stack([images[:, :1, 0, 0], np.ones((8, 1))], axis=-1)
    batch = images, {"emotion": label.astype(np.float32)}
    pixels, targets = mixed(batch, alpha=0.4, seed=3)
    again, _ = mixed(batch, alpha=0.4, seed=3)
    other, _ = mixed(batch, alpha=0.4, seed=4)

    assert (pixels.dtype, pixels.shape) == (images.dtype, images.shape)
    assert targets["emotion"].dtype == np.float32
    assert np.abs(targets["emotion"][:, 0, 0] - pixels[:, 0, 0, 0]).max() <= 0.51
    assert np.array_equal(pixels, again)
    assert not np.array_equal(pixels, other)


def test_training_with_mixup():
    """All heads train on mixtures, repeatably and on the graph that there is."""
    trainer, arrays = Trainer(), pictures(24, dimensions=DIMENSIONS)
    arrays.targets.emotion_mask[:6] = False
    part = Part(train=np.arange(24), validation=None)

    def losses(**values):
        config = configured(dimensions=DIMENSIONS, **values)
        return [score.loss for score in trainer.fit(config, arrays, part, seed=1)]

    plain, first = losses(), losses(augmentation__mixup=0.4)
    assert trainer.timings.built == trainer.timings.traced == 0.0
    assert losses(augmentation__mixup=0.4) == first != plain
    assert losses() == plain
    assert np.isfinite(first).all()


def test_mixup_needs_labels_that_have_shares():
    """Mixup with multi-target labels is refused, as their shares have no meaning."""
    settings = ["data.labels=multi_target", "augmentation.mixup=0.2"]
    with pytest.raises(StudyError, match=r'"augmentation\.mixup": mixes label shares'):
        read_study("ferplus", settings=settings)
    read_study("ferplus", settings=["augmentation.mixup=0.2"])
