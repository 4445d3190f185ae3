"""A search that was killed inside a trial comes to what one comes to that was not."""

import json
import re
from dataclasses import dataclass

import keras
import optuna
import pytest

from search.storage.hidden_attributes import attributes_of
from tests.factories.processes.run_database import finished, running, wait
from tests.factories.runs import STUDY, Answer, ended, searched, started, write_study

pytestmark = pytest.mark.slow

TRIALS = 3
TEXT = (
    STUDY.replace("trials = 2", f"trials = {TRIALS}")
    .replace('"random"', '"tpe"')
    .replace('"none"', '"hyperband"')
    .replace('"training.epochs" = 2', '"training.epochs" = 6')
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


def result(folder, answer):
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
    )


@pytest.fixture(scope="module")
def results(tmp_path_factory, coursework):
    """The same study twice: killed in its second trial and resumed, and in one go."""
    place = tmp_path_factory.mktemp("results")
    study = write_study(place, text=TEXT)
    folder = place / "killed" / "tiny-synthetic"
    words = ("--study", study, "--data", coursework, "--executor", "serial")
    process = started("search.run", *words, "--out", folder.parent)
    try:
        wait(process, lambda: finished(folder) and running(folder))
    finally:
        process.kill()
    ended(process)
    found = []
    for out in (folder.parent, place / "whole"):
        answer = searched(study, coursework, out)
        assert (answer.code, answer.err) == (0, "")
        found.append(result(out / "tiny-synthetic", answer))
    return found


def test_values(results):
    """Every trial has the configuration, seed, curve, state and value that it has."""
    killed, whole = results
    assert (killed.lost, whole.lost) == (1, 0)
    assert sorted(whole.trials) == list(range(TRIALS))
    assert killed.trials == whole.trials


def test_winner(results):
    """The winner is the same, and so is its model, weight by weight."""
    killed, whole = results
    assert without_number(killed.best) == without_number(whole.best)
    assert killed.weights == whole.weights


def test_report(results):
    """The hold-out is opened once, and the report states it."""
    killed, whole = results
    for one in results:
        assert one.report["opened"] == 1
        # A number counts the lost trial too.
        del one.report["trial"]
    assert killed.report == whole.report
    message = re.compile(r"^trials: .*", re.MULTILINE)
    assert message.findall(killed.answer.out) == message.findall(whole.answer.out) != []


def without_number(text):
    """Leaves out the number of the trial, which counts the lost one too."""
    return re.sub(r"([Tt]rial\"?(?: =)?) \d+", r"\1 N", text)
