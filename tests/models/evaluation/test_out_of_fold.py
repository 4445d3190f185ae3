"""Laws of the files of out-of-fold predictions."""

import numpy as np
import pytest

from models.evaluation.out_of_fold import (
    digest_of,
    halved,
    read_predictions,
    write_predictions,
)
from tests.strategies.metrics import drawn


def predictions_of(seed=1):
    """Draws predictions of all heads, in half precision."""
    return halved(drawn(seed, rows=30, rated=True)[1])


def test_what_is_written_is_read(tmp_path):
    """A file gives back each head to the bit; without a head, it stays without."""
    whole = predictions_of()
    part = halved(drawn(1, rows=30)[1])
    for number, predictions in enumerate((whole, part)):
        write_predictions(tmp_path, number, predictions)
        found = read_predictions(tmp_path, number, digest_of(predictions))
        for wanted, head in zip(predictions.heads(), found.heads(), strict=True):
            assert (wanted is None) == (head is None)
            assert wanted is None or (wanted == head).all()
            assert wanted is None or head.dtype == np.float16


def test_a_file_of_another_trial_is_not_read(tmp_path):
    """A lost, damaged or other file gives no predictions, and no error."""
    predictions = predictions_of()
    digest = digest_of(predictions)
    assert read_predictions(tmp_path, 3, digest) is None
    write_predictions(tmp_path, 3, predictions_of(2))
    assert read_predictions(tmp_path, 3, digest) is None
    write_predictions(tmp_path, 3, predictions)
    path = tmp_path / "trial-0003.npz"
    for damaged in (path.read_bytes()[:40], b"", b"no archive"):
        path.write_bytes(damaged)
        assert read_predictions(tmp_path, 3, digest) is None


@pytest.mark.parametrize("place", range(3))
def test_each_value_is_in_the_digest(place):
    """Another value, shape or head gives another digest."""
    predictions = predictions_of()
    digest = digest_of(predictions)
    head = [h for h in predictions.heads() if h is not None][place]
    head[7, 0] += np.float16(0.25)
    assert digest_of(predictions) != digest
    assert digest_of(predictions.take(np.arange(29))) != digest_of(predictions)
