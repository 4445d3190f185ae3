"""Laws of which trials keep their predictions."""

from types import SimpleNamespace

from models.evaluation.out_of_fold import halved
from search.callbacks.trial_files.prediction_files import PredictionFiles
from tests.factories.ledger import complete, prune
from tests.strategies.metrics import drawn


def test_only_completed_trials_have_a_file(tmp_path):
    """A pruned trial leaves none; one that was not stored is deleted at the start."""
    folder = tmp_path / "predictions"
    callback = PredictionFiles(folder)
    callback.on_search_start(tuple)
    callback.on_trial_result(0, prune())
    assert not folder.exists()
    outcome = complete(0.5, predictions=halved(drawn(1)[1]))
    callback.on_trial_result(1, outcome)
    callback.on_trial_result(2, outcome)
    assert len(list(folder.iterdir())) == 2
    callback.on_search_start(lambda: [SimpleNamespace(number=1, value=0.5)])
    assert [path.name for path in folder.iterdir()] == ["trial-0001.npz"]
