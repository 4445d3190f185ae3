"""How rows are ordered, cut into batches, and packed with weights and masks."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.labels.labels import DIMENSIONS
from data_pipeline.targets.class_balance import balance
from models.network.heads import EMOTION
from models.training.batches import epoch_batches, epoch_targets, pack
from tests.factories.models import pictures


@given(
    count=st.integers(1, 300),
    size=st.integers(2, 64),
    seed=st.integers(0, 5),
    epoch=st.integers(1, 3),
)
def test_each_row_is_in_one_batch_and_none_is_alone(count, size, seed, epoch):
    """An epoch holds each row once, in batches of even size, none of a single row."""
    rows = np.arange(count) * 3
    batches = epoch_batches(rows, batch_size=size, seed=seed, epoch=epoch)
    sizes = [len(batch) for batch in batches]

    assert sorted(np.concatenate(batches)) == list(rows)
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= max(size, 3)
    assert min(sizes) >= min(2, count)


def test_each_epoch_has_its_own_order():
    """The order depends on seed and epoch only."""
    rows = np.arange(50)

    def order(seed, epoch):
        batches = epoch_batches(rows, batch_size=8, seed=seed, epoch=epoch)
        return np.concatenate(batches).tolist()

    assert order(1, 1) == order(1, 1)
    assert order(1, 1) != order(1, 2)
    assert order(1, 1) != order(2, 1)


def test_packed_weights_are_zero_where_masked():
    """Masked labels weigh 0; labels weigh their class, positives their unit."""
    targets = pictures(12, dimensions=DIMENSIONS).targets
    targets.emotion_mask[0] = False
    targets.action_unit_mask[1, 1] = False
    targets.valence_arousal_mask[2, 0] = False
    found = balance(targets, np.arange(12), "class_weights", 0)
    packed = pack(targets, found)

    assert (packed["emotion"][0, :, 1] == 0).all()
    assert (packed["emotion"][1, :, 1] == found.emotion_weights).all()
    assert packed["action_units"][1, 1, 1] == 0
    rated = packed["valence_arousal"]
    assert (rated[..., 1] == targets.valence_arousal_mask).all()
    assert (rated[..., 0] == targets.valence_arousal).all()
    kept = targets.action_unit_mask
    positives = np.where(targets.action_unit > 0, found.au_weights, 1.0)
    assert (packed["action_units"][..., 1][kept] == positives[kept]).all()


def test_drawn_classes_follow_the_shares():
    """Over many epochs each class is sampled as often as its share."""
    shares = np.array([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0], [0.1, 0.2, 0.7], [0, 0, 0]])
    weights = np.where(shares.any(axis=1), 2.0, 0.0)[:, None] * np.ones(3)
    packed = {EMOTION: np.stack([shares, weights], axis=-1).astype(np.float32)}
    targets = replace(pictures(4).targets, learning_mode="sampled")

    def at(epoch):
        return epoch_targets(packed, targets, seed=3, epoch=epoch)[EMOTION]

    drawn = [at(epoch) for epoch in range(1, 2001)]
    for one in drawn[:50]:
        assert one[:3, :, 0].sum(axis=1).tolist() == [1, 1, 1]
        assert not one[3].any()
        assert (one[..., 1] == packed[EMOTION][..., 1]).all()
    found = np.mean([one[..., 0] for one in drawn], axis=0)
    assert np.abs(found - shares).max() < 0.05
    assert (at(1) == drawn[0]).all()
    whole = replace(targets, learning_mode="distribution")
    assert epoch_targets(packed, whole, seed=3, epoch=1) is packed
