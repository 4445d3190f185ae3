"""Laws of the files of out-of-fold predictions."""

from types import SimpleNamespace

import numpy as np
import pytest

from search.callbacks.prediction_files import PredictionFiles
from search.trial.out_of_fold import (
    digest_of,
    halved,
    read_predictions,
    write_predictions,
)
from tests.factories.ledger import complete, prune
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


def test_only_completed_trials_have_a_file(tmp_path):
    """A pruned trial leaves none; one that was not stored is deleted at the start."""
    folder = tmp_path / "predictions"
    callback = PredictionFiles(folder)
    callback.on_search_start(tuple)
    callback.on_trial_result(0, prune())
    assert not folder.exists()
    outcome = complete(0.5, predictions=predictions_of())
    callback.on_trial_result(1, outcome)
    callback.on_trial_result(2, outcome)
    assert len(list(folder.iterdir())) == 2
    callback.on_search_start(lambda: [SimpleNamespace(number=1, value=0.5)])
    assert [path.name for path in folder.iterdir()] == ["trial-0001.npz"]
