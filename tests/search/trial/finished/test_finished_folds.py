"""An interrupted trial goes on after its last finished fold, with the same numbers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.callbacks.trial_files.finished_folds import FinishedFolds
from search.ledger.records import Counts
from search.trial.checkpoints import Checkpoints
from search.trial.finished.finished_fold import FinishedFold, unpack_fold
from search.trial.finished.fold_files import FoldFiles
from search.trial.finished.keeper import Keeper
from search.trial.finished.resume import Resume
from search.trial.fold_history import FoldHistory
from search.trial.messages import (
    Completed,
    Failed,
    PackedFold,
    Pruned,
    TrialRequest,
    WorkerDied,
)
from search.trial.trial import run_trial
from tests.factories.ledger import begin, complete, crash, finish, many
from tests.factories.runs import contents
from tests.fakes.trainer import CONFIG, EPOCHS, FOLDS, FakeTrainer, follow, trial

REQUEST = TrialRequest(
    number=0, seed=7, values={"training.epochs": EPOCHS}, seconds=0.0
)
AGAIN = replace(REQUEST, number=1)
COUNTS = Counts(completed=0, pruned=0, failed=0, running=1, budget=1)
ENDS = (Pruned(reason="pruner"), Failed(reason="no"))


class Counting(FakeTrainer):
    """A fake trainer that counts epochs, by the seeds of its folds."""

    def __init__(self, folds):
        """Takes what each fold yields, whichever of them is trained first."""
        super().__init__(folds)
        self.trained, self.weights = 0, ""

    def fit(self, config, arrays, part, *, seed):
        """Yields the epochs of the fold that has these validation rows."""
        del config, arrays
        first = [fold.validation[0] for fold in JOB.folds]
        index = first.index(part.validation[0])
        for number, score in enumerate(self._folds[index], start=1):
            self.trained += 1
            self.weights = f"fold {index} epoch {number} seed {seed}"
            yield replace(score, value=part.value(score.predictions))

    def save(self, _, path):
        """Writes the weights."""
        path.write_text(self.weights)

    def restore(self, _, path):
        """Reads the weights."""
        self.weights = path.read_text()

    def export(self, _, path):
        """Writes the model."""
        path.write_text(self.weights)


JOB, _, SCORES = trial()
SCORES = [
    [replace(one, training_sample=one.predictions) for one in fold] for fold in SCORES
]


def stream(trainer, folder, request=REQUEST, *, job=JOB, checkpoints=None):
    """Runs a trial that keeps folds in a folder."""
    job = replace(job, finished_folds=str(folder), origin="a machine")
    if checkpoints is not None:
        checkpoints = Checkpoints(trainer, CONFIG, checkpoints)
        job = replace(job, checkpoints="somewhere")
    resume = Resume.of(job, request, FoldFiles(folder).read(request.seed))
    keeper = Keeper(checkpoints=checkpoints, resume=resume)
    return run_trial(trainer, None, job, CONFIG, request.seed, keeper)


def interrupted(folder, epochs, **how):
    """Runs a trial for some epochs, then loses its worker."""
    callback = FinishedFolds(FoldFiles(folder))
    callback.on_trial_start(REQUEST, COUNTS)
    running = stream(Counting(SCORES), folder, **how)
    for _ in range(epochs):
        callback.on_epoch_end(REQUEST.number, next(running))
    callback.on_trial_end(REQUEST.number, WorkerDied(reason="killed"), COUNTS)
    return callback


IDENTITY = {"origin": "a machine", "seed": 7}
PACKED = (
    FinishedFold(
        history=FoldHistory(
            predictions=[score.predictions for score in SCORES[0]],
            values=[0.1, 0.2, 1 / 3, 0.4],
            rates=[1e-3] * EPOCHS,
        ),
        reports=tuple(
            follow(run_trial(FakeTrainer(SCORES), None, JOB, CONFIG, 7))[0][:EPOCHS]
        ),
        weights=b"weights",
    )
    .packed(IDENTITY)
    .content
)


def told(reports):
    """Leaves out what a process spent on building graphs, which differs."""
    return [
        replace(one, spent=replace(one.spent, built=0.0, traced=0.0)) for one in reports
    ]


@pytest.mark.parametrize("epochs", range(1, FOLDS * EPOCHS))
def test_finished_folds_are_not_trained_again(tmp_path, epochs):
    """Wherever a trial is lost, reports and outcome are those of an undisturbed one."""
    whole = follow(run_trial(Counting(SCORES), None, JOB, CONFIG, 7))
    interrupted(tmp_path / "folds", epochs)
    trainer = Counting(SCORES)
    reports, outcome = follow(stream(trainer, tmp_path / "folds", AGAIN))

    assert trainer.trained == EPOCHS * (FOLDS - epochs // EPOCHS)
    assert told(reports) == told(whole[0])
    assert isinstance(outcome, Completed)
    same = replace(outcome, spent=whole[1].spent)
    assert same == whole[1]
    for head in ("emotion", "action_units"):
        kept, expected = (getattr(one.predictions, head) for one in (outcome, whole[1]))
        np.testing.assert_array_equal(kept, expected)


def test_checkpoints_go_on_too(tmp_path):
    """The models of a resumed trial are those of an undisturbed one, by their bytes."""
    for name in ("whole", "lost"):
        follow(
            stream(
                Counting(SCORES), tmp_path / name, checkpoints=tmp_path / f"m-{name}"
            )
        )
    folds = tmp_path / "folds"
    interrupted(folds, 2 * EPOCHS + 1, checkpoints=tmp_path / "m-killed")
    trainer = Counting(SCORES)
    follow(stream(trainer, folds, AGAIN, checkpoints=tmp_path / "m-again"))
    assert trainer.trained == EPOCHS
    assert contents(tmp_path / "m-again") == contents(tmp_path / "m-whole")


def test_a_fold_without_weights_is_trained_again(tmp_path):
    """Where checkpoints were switched on meanwhile, nothing is taken over."""
    interrupted(tmp_path, 2 * EPOCHS)
    trainer = Counting(SCORES)
    follow(stream(trainer, tmp_path, AGAIN, checkpoints=tmp_path / "models"))
    assert trainer.trained == FOLDS * EPOCHS


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, values={"training.epochs": 9}),
        replace(REQUEST, seed=8),
    ],
)
def test_another_trial_takes_nothing_over(tmp_path, other):
    """Folds are those of a seed and a configuration; another trial trains its own."""
    interrupted(tmp_path, 2 * EPOCHS)
    kept = tmp_path / str(REQUEST.seed)
    kept.rename(tmp_path / str(other.seed))
    trainer = Counting(SCORES)
    follow(stream(trainer, tmp_path, other))
    assert trainer.trained == FOLDS * EPOCHS


@given(st.data())
def test_a_damaged_file_is_of_no_use(data):
    """A file that was cut off or changed gives the fold it was written of, or none."""
    content = bytearray(PACKED)
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        del content[place:]
    else:
        content[place] ^= data.draw(st.integers(1, 255))
    found = unpack_fold(bytes(content), IDENTITY)
    assert found is None or found.packed(IDENTITY).content == PACKED


@pytest.mark.parametrize("outcome", ENDS)
def test_nothing_stays_of_a_trial_that_ended(tmp_path, outcome):
    """The folds of a lost trial stay until it has ended; then their folder goes."""
    folder = tmp_path / "folds"
    callback = interrupted(folder, 2 * EPOCHS)
    assert sorted(contents(folder)) == ["7/fold-1.npz", "7/fold-2.npz"]
    callback.on_trial_start(AGAIN, COUNTS)
    callback.on_trial_end(AGAIN.number, outcome, COUNTS)
    assert not folder.exists()


def test_a_full_disk_ends_no_trial(tmp_path):
    """Where folds cannot be written, the trial goes on without."""
    (tmp_path / "folds").write_text("a file is in the way")
    interrupted(tmp_path / "folds", 2 * EPOCHS)
    assert FoldFiles(tmp_path / "folds").read(7) == ()


def test_bytes_are_dropped_once_written(tmp_path):
    """Tune keeps the last result of each trial: it must not keep a whole fold."""
    packed = PackedFold(b"fold")
    FoldFiles(tmp_path).write(1, 0, packed)
    assert packed.content == b""
    assert FoldFiles(tmp_path).read(1) == (PackedFold(b"fold"),)


def test_a_kill_after_the_outcome_leaves_no_folds(tmp_path):
    """The next start deletes the folds of an ended trial, and spares a lost one's."""
    files = FoldFiles(tmp_path / "folds")
    ledger = begin(tmp_path)
    ended, lost = ledger.ask(), ledger.ask()
    for request in (ended, lost):
        files.write(request.seed, 0, PackedFold(b"fold"))
    ledger.tell(ended.number, complete(0.5))
    crash(ledger)
    ledger = begin(tmp_path, callbacks=[FinishedFolds(files)])
    assert list(contents(files.folder)) == [f"{lost.seed}/fold-1.npz"]
    finish(ledger)
    assert not files.folder.exists()


def test_the_end_of_a_search_leaves_no_folds(tmp_path):
    """Folds of a lost trial go where the budget is lowered, and stay until then."""
    files = FoldFiles(tmp_path / "folds")
    ledger = begin(tmp_path, callbacks=[FinishedFolds(files)])
    for _ in range(3):
        ledger.tell(ledger.ask().number, complete(0.5))
    files.write(ledger.ask().seed, 0, PackedFold(b"fold"))
    ledger.close()
    assert files.folder.exists()
    begin(tmp_path, many(3), callbacks=[FinishedFolds(files)]).close()
    assert not files.folder.exists()
