"""Checkpoints: what a trial leaves on disk, and which trials keep it."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.epochs import Part
from models.training import WarmTrainer
from search.checkpoint_files import CheckpointFiles
from search.checkpoints import Checkpoints, contenders, trial_folder
from search.curve import peak
from search.objective import run_trial
from search.records import Unwatched
from search.run_folder import RunFolder
from tests.strategies_ledger import begin, complete, crash, many, prune
from tests.strategies_models import configured, pictures
from tests.strategies_objective import CONFIG, EPOCHS, FakeTrainer, follow, trial

VALUES = st.lists(
    st.floats(0, 1).map(lambda value: round(value, 1)), min_size=1, max_size=12
)
ARRAYS = pictures(24)
PARTS = (
    Part(train=np.arange(16), validation=np.arange(16, 24)),
    Part(train=np.arange(8, 24), validation=np.arange(8)),
)


class Writing(FakeTrainer):
    """A fake trainer whose weights are the fold and epoch that it was asked for."""

    def __init__(self, folds):
        """Takes what each fold yields."""
        super().__init__(folds)
        self.seen = []

    def fit(self, config, arrays, part, *, seed):
        """Yields a fold, and knows its epoch as its weights."""
        fold = len(self.calls)
        for score in super().fit(config, arrays, part, seed=seed):
            self.weights = (fold, score.epoch)
            yield score

    def save(self, config, path):
        """Writes the weights, and looks around."""
        assert config is CONFIG
        path.write_text(json.dumps(self.weights))
        self.seen.append(sorted(file.name for file in path.parent.iterdir()))

    def restore(self, config, path):
        """Reads the weights."""
        assert config is CONFIG
        self.weights = tuple(json.loads(path.read_text()))

    def export(self, config, path):
        """Writes the model."""
        assert config is CONFIG
        path.write_text(json.dumps(self.weights))


def files(folder):
    """Names every file below a folder."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file()
    )


@given(VALUES)
def test_contenders(values):
    """What is kept after each epoch holds the fold's best, whenever it ends."""
    kept = set()
    for epoch in range(1, len(values) + 1):
        kept = (kept | {epoch}) & contenders(values[:epoch])
        assert peak(values[:epoch]) in kept
        assert len(kept) <= 2


@pytest.mark.parametrize("seed", range(4))
def test_a_trial_keeps_each_folds_peak(tmp_path, seed):
    """At most three files of a fold lie there at once; one model each at the end."""
    job, _, folds = trial(seed)
    trainer = Writing(folds)
    checkpoints = Checkpoints(trainer, CONFIG, tmp_path)
    reports, _ = follow(run_trial(trainer, None, job, CONFIG, 7, checkpoints))
    found = {}
    for fold in range(len(folds)):
        best = peak([r.value for r in reports if r.fold == fold])
        found[f"fold-{fold + 1}/epoch-{best:04}.keras"] = [fold, best]

    assert files(tmp_path) == sorted(found)
    for name, weights in found.items():
        assert json.loads((tmp_path / name).read_text()) == weights
    # The newest, the best so far, and one that the newest has just outlived.
    assert max(map(len, trainer.seen)) <= 3
    assert len(trainer.seen) == EPOCHS * len(folds)


def test_a_pruned_trial_leaves_its_files_to_the_driver(tmp_path):
    """A trial that is closed writes no model: most trials of a search are pruned."""
    job, _, folds = trial()
    trainer = Writing(folds)
    checkpoints = Checkpoints(trainer, CONFIG, tmp_path)
    stream = run_trial(trainer, None, job, CONFIG, 7, checkpoints)
    next(stream)
    stream.close()
    assert files(tmp_path) == ["fold-1/epoch-0001.npz"]


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
    trainer = WarmTrainer()
    checkpoints = Checkpoints(trainer, config, tmp_path)
    # The best is another epoch in each fold: the first, and the last.
    curves = ([0.9, 0.5, 0.1], [0.1, 0.5, 0.9])
    seen = []
    for fold, part in enumerate(PARTS):
        scores = []
        for score in trainer.fit(config, ARRAYS, part, seed=fold):
            scores.append(score.predictions.emotion)
            checkpoints.add(fold, curves[fold][: score.epoch])
        seen.append(scores[peak(curves[fold]) - 1])
    checkpoints.end(curves)

    assert files(tmp_path) == ["fold-1/epoch-0001.keras", "fold-2/epoch-0003.keras"]
    for name, part, expected in zip(files(tmp_path), PARTS, seen, strict=True):
        model = keras.saving.load_model(tmp_path / name, compile=False)
        images = ARRAYS.images[part.validation]
        said = np.asarray(model.predict_on_batch(images)["emotion"])
        np.testing.assert_allclose(said, expected, atol=1e-5)


def written(folder, number):
    """Writes what the worker of a trial leaves when it is trained."""
    path = trial_folder(folder, number) / "fold-1" / "epoch-0003.keras"
    path.parent.mkdir(parents=True)
    path.write_text(f"model {number}")
    return number


def keeper(folder, keep=2):
    """Watches a ledger; a card has the trial's number."""

    def describe(record, path):
        assert path.read_text() == f"model {record.number}"
        return {"trial": record.number}

    return CheckpointFiles(Unwatched(), folder, keep=keep, describe=describe)


def kept(folder):
    """Lists the trials whose models lie there, each with its card."""
    found = []
    for path in sorted(Path(folder).glob("trial-*")):
        number = int(path.name.removeprefix("trial-"))
        assert files(path) == ["fold-1/epoch-0003.json", "fold-1/epoch-0003.keras"]
        card = json.loads((path / "fold-1" / "epoch-0003.json").read_text())
        assert card == {"trial": number}
        found.append(number)
    return found


def test_the_best_trials_keep_their_models(tmp_path):
    """After each trial the best so far have models and cards; pruned ones have none."""
    place = tmp_path / "checkpoints"
    ledger = begin(tmp_path, many(6), watcher=keeper(place))
    outcomes = [complete(0.5), prune(), complete(0.7), complete(0.5), complete(0.9)]
    expected = [[0], [0], [0, 2], [0, 2], [2, 4]]
    for outcome, numbers in zip(outcomes, expected, strict=True):
        ledger.tell(written(place, ledger.ask().number), outcome)
        assert kept(place) == numbers


def test_what_others_put_there_is_left(tmp_path):
    """Files and folders of a person, whatever their names begin with, stay."""
    place = tmp_path / "checkpoints"
    written(place, 7)
    copied = (place / "trial-0007").rename(place / "trial-0007-mine")
    (place / "trial-notes.txt").write_text("the best so far")
    written(place, 7)
    before = files(copied)
    begin(tmp_path, watcher=keeper(place))
    assert files(copied) == before
    assert (place / "trial-notes.txt").read_text() == "the best so far"
    assert not (place / "trial-0007").exists()


def test_a_running_trial_keeps_what_it_writes(tmp_path):
    """While others end, the files of a trial that runs are left alone."""
    place = tmp_path / "checkpoints"
    ledger = begin(tmp_path, watcher=keeper(place, keep=1))
    running, other = ledger.ask().number, ledger.ask().number
    written(place, running)
    ledger.tell(written(place, other), complete(0.9))

    assert files(trial_folder(place, running)) == ["fold-1/epoch-0003.keras"]
    ledger.tell(running, complete(0.8))
    assert kept(place) == [other]


def test_what_a_crash_leaves_is_swept(tmp_path):
    """The next start deletes an interrupted trial's files, and writes lacking cards."""
    place = tmp_path / "checkpoints"
    ledger = begin(tmp_path, watcher=keeper(place))
    ledger.tell(written(place, ledger.ask().number), complete(0.5))
    written(place, ledger.ask().number)
    (trial_folder(place, 0) / "fold-1" / "epoch-0003.json").unlink()
    crash(ledger)
    begin(tmp_path, watcher=keeper(place))

    assert kept(place) == [0]


def test_fewer_may_be_kept_later(tmp_path):
    """A run that goes on with fewer checkpoints keeps those of the best ones."""
    place = tmp_path / "checkpoints"
    ledger = begin(tmp_path, watcher=keeper(place))
    for value in (0.5, 0.9):
        ledger.tell(written(place, ledger.ask().number), complete(value))
    ledger.close()
    assert kept(place) == [0, 1]
    begin(tmp_path, watcher=keeper(place, keep=1))
    assert kept(place) == [1]


def test_trials_without_models_take_no_place(tmp_path):
    """Where checkpoints are asked for later, the best of those that have one stay."""
    place = tmp_path / "checkpoints"
    ledger = begin(tmp_path)
    ledger.tell(ledger.ask().number, complete(0.9))
    ledger.close()
    ledger = begin(tmp_path, watcher=keeper(place, keep=1))
    for value in (0.5, 0.4):
        ledger.tell(written(place, ledger.ask().number), complete(value))
    assert kept(place) == [1]


def test_each_storage_has_checkpoints_of_its_own(tmp_path):
    """Trials of two storages have the same numbers; neither sweeps the other's."""
    folder = RunFolder(out=tmp_path, name="small")
    found = {folder.checkpoints(url) for url in (folder.storage, "sqlite:///b.db")}
    assert len(found) == 2
    assert folder.checkpoints(folder.storage) == folder.path / "checkpoints"
