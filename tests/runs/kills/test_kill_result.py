"""A search that was killed inside a trial comes to what one comes to that was not."""

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass

import keras
import optuna
import pytest

from models.training.trainer import Trainer
from search.storage.hidden_attributes import attributes_of
from tests.factories.processes.run_database import finished, rows_of, wait
from tests.factories.runs import STUDY, Answer, ended, searched, started, write_study

pytestmark = pytest.mark.slow

TRIALS, EPOCHS = 3, 6
TEXT = (
    STUDY.replace("trials = 2", f"trials = {TRIALS}")
    .replace('"random"', '"tpe"')
    .replace('"none"', '"hyperband"')
    .replace('"training.epochs" = 2', f'"training.epochs" = {EPOCHS}')
)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run left behind, and the output of its last command."""

    trials: dict
    report: dict
    best: str
    weights: list
    answer: Answer
    lost: int
    fits: int
    kept: bool


def result(folder, answer, fits):
    """Reads a run's folder; trials by the order of asking, lost ones left out."""
    storage = f"sqlite:///{folder / 'optuna.db'}"
    trials = optuna.load_study(study_name=folder.name, storage=storage).trials
    own = [trial for trial in trials if "interrupted" not in trial.user_attrs]
    kept = ("seed", "reason", "pooled_curve", "epoch", "scores", "thresholds")
    kept = (*kept, "calibration")
    model = keras.saving.load_model(folder / "model.keras", compile=False)
    return Result(
        trials={
            trial.user_attrs["ordinal"]: (
                trial.state.name,
                trial.value,
                trial.params,
                trial.intermediate_values,
                {key: attributes_of(trial).get(key) for key in kept},
            )
            for trial in own
        },
        report=json.loads((folder / "holdout.json").read_text()),
        best=(folder / "best.toml").read_text(),
        weights=[weight.tobytes() for weight in model.get_weights()],
        answer=answer,
        lost=len(trials) - len(own),
        fits=fits,
        kept=(folder / "folds").exists(),
    )


@pytest.fixture(scope="module")
def results(tmp_path_factory, coursework):
    """The same study twice: killed in a second fold and resumed, and in one go."""
    place = tmp_path_factory.mktemp("results")
    study = write_study(place, text=TEXT)
    folder = place / "killed" / "tiny-synthetic"
    words = ("--study", study, "--data", coursework, "--executor", "serial")
    process = started("search.run", *words, "--out", folder.parent)
    try:
        wait(process, lambda: finished(folder) and in_second_fold(folder))
    finally:
        process.kill()
    ended(process)
    assert any(folder.glob("folds/*/fold-1.npz"))
    before, found = begun(folder), []
    for out in (folder.parent, place / "whole"):
        with counted_fits() as seeds:
            answer = searched(study, coursework, out)
        assert (answer.code, answer.err) == (0, "")
        found.append(result(out / "tiny-synthetic", answer, len(seeds)))
    return before, *found


def in_second_fold(folder):
    """Whether a trial runs that has reported an epoch of its second fold."""
    steps = rows_of(
        folder,
        "select v.step from trials t join trial_intermediate_values v "
        "on v.trial_id = t.trial_id where t.state = 'RUNNING'",
    )
    return any(step > EPOCHS for (step,) in steps)


def begun(folder):
    """Counts the folds of all trials that have reported."""
    rows = rows_of(folder, "select trial_id, step from trial_intermediate_values")
    return len({(trial, (step - 1) // EPOCHS) for trial, step in rows})


@contextmanager
def counted_fits():
    """Lists the seeds of what is trained in this process: folds, and the winner."""
    seeds, fit = [], Trainer.fit

    def counted(self, *words, seed, **options):
        seeds.append(seed)
        return fit(self, *words, seed=seed, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trainer, "fit", counted)
        yield seeds


def test_values(results):
    """Every trial has the configuration, seed, curve, state and value that it has."""
    _, killed, whole = results
    assert (killed.lost, whole.lost) == (1, 0)
    assert sorted(whole.trials) == list(range(TRIALS))
    assert killed.trials == whole.trials


def test_finished_folds_are_not_trained_again(results):
    """What was over before the kill is taken over, and nothing stays of it."""
    before, killed, whole = results
    # All but the fold that was being trained.
    assert killed.fits == whole.fits - (before - 1)
    assert not killed.kept
    assert not whole.kept


def test_winner(results):
    """The winner is the same, and so is its model, weight by weight."""
    _, killed, whole = results
    assert without_number(killed.best) == without_number(whole.best)
    assert killed.weights == whole.weights


def test_report(results):
    """The hold-out is opened once, and the report states it."""
    _, killed, whole = results
    for one in (killed, whole):
        assert one.report["opened"] == 1
        # A number counts the lost trial too.
        del one.report["trial"]
    assert killed.report == whole.report
    message = re.compile(r"^trials: .*", re.MULTILINE)
    assert message.findall(killed.answer.out) == message.findall(whole.answer.out) != []


def without_number(text):
    """Leaves out the number of the trial, which counts the lost one too."""
    return re.sub(r"([Tt]rial\"?(?: =)?) \d+", r"\1 N", text)
