"""The weights and models that a trial writes while it is trained."""

import json

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training.epoch import Part
from models.training.trainer import Trainer
from search.trial.checkpoints import Checkpoints, contenders
from search.trial.curve import peak
from search.trial.finished.keeper import Keeper
from search.trial.trial import run_trial
from tests.factories.models import configured, pictures
from tests.factories.runs import contents
from tests.fakes.trainer import CONFIG, EPOCHS, FakeTrainer, follow, trial

VALUES = st.lists(
    st.floats(0, 1).map(lambda value: round(value, 1)), min_size=1, max_size=12
)
ARRAYS = pictures(24)
PARTS = (
    Part(train=np.arange(16), validation=np.arange(16, 24)),
    Part(train=np.arange(8, 24), validation=np.arange(8)),
)


class Writing(FakeTrainer):
    """A fake trainer whose weights are its fold and epoch."""

    def __init__(self, folds):
        """Takes what each fold yields."""
        super().__init__(folds)
        self.files = []

    def fit(self, config, arrays, part, *, seed):
        """Yields the epochs of a fold and records each as the weights."""
        fold = len(self.calls)
        for score in super().fit(config, arrays, part, seed=seed):
            self.weights = (fold, score.epoch)
            yield score

    def save(self, config, path):
        """Writes the weights, and looks around."""
        assert config is CONFIG
        path.write_text(json.dumps(self.weights))
        self.files.append(sorted(file.name for file in path.parent.iterdir()))

    def restore(self, config, path):
        """Reads the weights."""
        assert config is CONFIG
        self.weights = tuple(json.loads(path.read_text()))

    def export(self, config, path):
        """Writes the model."""
        assert config is CONFIG
        path.write_text(json.dumps(self.weights))


@given(VALUES)
def test_contenders(values):
    """After each epoch the kept files include the fold's best."""
    kept = set()
    for epoch in range(1, len(values) + 1):
        kept = (kept | {epoch}) & contenders(values[:epoch])
        assert peak(values[:epoch]) in kept
        assert len(kept) <= 2


@pytest.mark.parametrize("seed", range(4))
def test_a_trial_keeps_each_folds_peak(tmp_path, seed):
    """A fold has at most three files at a time, and one model at the end."""
    job, _, folds = trial(seed)
    trainer = Writing(folds)
    checkpoints = Checkpoints(trainer, CONFIG, tmp_path)
    reports, _ = follow(
        run_trial(trainer, None, job, CONFIG, 7, Keeper(checkpoints=checkpoints))
    )
    found = {}
    for fold in range(len(folds)):
        best = peak([r.value for r in reports if r.fold == fold])
        found[f"fold-{fold + 1}/epoch-{best:04}.keras"] = [fold, best]

    assert sorted(contents(tmp_path)) == sorted(found)
    for name, weights in found.items():
        assert json.loads((tmp_path / name).read_text()) == weights
    # The newest, the best so far, and one that the newest has just outlived.
    assert max(map(len, trainer.files)) <= 3
    assert len(trainer.files) == EPOCHS * len(folds)


def test_a_pruned_trial_leaves_its_files_to_the_driver(tmp_path):
    """A trial that is closed writes no model: most trials of a search are pruned."""
    job, _, folds = trial()
    trainer = Writing(folds)
    keeper = Keeper(checkpoints=Checkpoints(trainer, CONFIG, tmp_path))
    stream = run_trial(trainer, None, job, CONFIG, 7, keeper)
    next(stream)
    stream.close()
    assert sorted(contents(tmp_path)) == ["fold-1/epoch-0001.npz"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "values",
    [
        {"backbone__normalization": "development"},
        {
            "training__ema": 0.9,
            "finetune__frozen_epochs": 2,
            "finetune__learning_rate": 0.01,
            "finetune__batch_norm": "frozen",
        },
    ],
    ids=["one stage", "two stages"],
)
def test_a_checkpoint_is_what_validation_saw(tmp_path, values):
    """Each fold's model predicts as its best epoch did, whatever was trained since."""
    config = configured(training__epochs=3, **values)
    trainer = Trainer()
    checkpoints = Checkpoints(trainer, config, tmp_path)
    # The best is another epoch in each fold: the first, and the last.
    curves = ([0.9, 0.5, 0.1], [0.1, 0.5, 0.9])
    folders = []
    for fold, part in enumerate(PARTS):
        scores = []
        for score in trainer.fit(config, ARRAYS, part, seed=fold):
            scores.append(score.predictions.emotion)
            checkpoints.add(fold, curves[fold][: score.epoch])
        folders.append(scores[peak(curves[fold]) - 1])
    checkpoints.end(curves)

    names = sorted(contents(tmp_path))
    assert names == ["fold-1/epoch-0001.keras", "fold-2/epoch-0003.keras"]
    for name, part, expected in zip(names, PARTS, folders, strict=True):
        model = keras.saving.load_model(tmp_path / name, compile=False)
        images = ARRAYS.images[part.validation]
        predicted = np.asarray(model.predict_on_batch(images)["emotion"])
        np.testing.assert_allclose(predicted, expected, atol=1e-5)
