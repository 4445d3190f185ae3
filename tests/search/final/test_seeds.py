"""Several seeds of the winner: which are trained, and the model made of them."""

import json
import zipfile
from dataclasses import replace

import pytest

from search.final.kept_model import SEEDS, kept_model, seed_folder
from search.final.retraining import finish_model, retrain_requests
from search.final.sidecar import MODEL, PARTIAL, SIDECAR, place_signed
from search.inputs.run import Run
from search.ledger.records import TrialRecord
from search.run_folder import RunFolder
from tests.factories.ledger import small
from tests.search.final.test_kept_model import CARD, DATA

BEST = TrialRecord(
    number=3, state="COMPLETE", reason="", value=0.5, values={}, curve={},
    attributes={"epoch": 2},
)  # fmt: skip
LOSSES = {1: 0.9, 2: 0.4, 3: 0.6}


@pytest.fixture
def folder(tmp_path):
    """The folder of a run."""
    found = RunFolder(out=tmp_path, name="small-synthetic")
    found.make()
    return found


def run_of(folder, seeds=3, model="median"):
    """Makes a run whose study has so many seeds."""
    study = small()
    final = replace(study.final, seeds=seeds, model=model)
    return Run(study=replace(study, final=final), data=DATA, folder=folder)


def place(folder, weights, **sidecar):
    """Writes a stand-in for a trained model, as a run does."""
    folder.make()
    with zipfile.ZipFile(folder.file(PARTIAL), "w") as file:
        file.writestr("model.weights.h5", weights)
    place_signed(folder, CARD | {"parameters": 5} | sidecar)


def train(run, requests):
    """Trains what is asked for."""
    for request in requests:
        number = request.number
        sidecar = {"loss": LOSSES[number or 1]} | ({"seed": number} if number else {})
        folder = seed_folder(run.folder, number) if number else run.folder
        assert request.path == str(folder.file(PARTIAL))
        place(folder, f"seed {number}", **sidecar)


def asked(run, *, tested=False):
    """Lists the numbers of the seeds to train."""
    requests = retrain_requests(run, BEST, tested=tested)
    train(run, requests)
    return [request.number for request in requests]


def test_one_seed_is_as_ever(folder):
    """It lies in the run's folder, and further seeds begin with its own."""
    (one,) = retrain_requests(run_of(folder, 1), BEST, tested=False)
    first, second, _ = retrain_requests(run_of(folder), BEST, tested=False)
    assert (one.number, first.number, second.number) == (None, 1, 2)
    assert one.seed == first.seed != second.seed


def test_seeds_that_are_there_stay(folder):
    """After a kill only the missing ones are trained; a broken one is moved away."""
    run = run_of(folder)
    for number in (1, 2):
        place(seed_folder(folder, number), "mine", seed=number, loss=0.5)
    seed_folder(folder, 2).file(MODEL).write_bytes(b"cut")
    assert asked(run) == [2, 3]
    assert seed_folder(folder, 2).file("earlier-1/model.keras").read_bytes() == b"cut"
    assert asked(run) == []


def test_seeds_of_another_trial_are_trained_again(folder):
    """What is there of an earlier winner is not this one's."""
    place(seed_folder(folder, 1), "others", seed=1, loss=0.5, trial=4)
    assert asked(run_of(folder)) == [1, 2, 3]


def test_more_seeds_train_the_missing_ones(folder):
    """A model of one seed becomes the first of several, and their model a new one."""
    assert asked(run_of(folder, 1)) == [None]
    assert asked(run_of(folder, 2)) == [2]
    finish_model(run_of(folder, 2), BEST, tested=False)
    assert asked(run_of(folder)) == [3]
    finish_model(run_of(folder), BEST, tested=False)
    assert asked(run_of(folder)) == []
    assert len(kept_model(run_of(folder)).sidecar[SEEDS]["trained"]) == 3


def test_a_tested_model_stays(folder):
    """Other seeds do not replace it, nor does the loss of a seed."""
    run = run_of(folder)
    asked(run)
    finish_model(run, BEST, tested=False)
    assert asked(run_of(folder, 2), tested=True) == []
    seed_folder(folder, 2).file(MODEL).unlink()
    assert asked(run, tested=True) == []
    assert kept_model(run) is None, "its seeds cannot be tested again"
    assert asked(run) == [2]


def test_the_median_is_the_model(folder):
    """The seed with the median training loss, with the digests of all."""
    run = run_of(folder)
    asked(run)
    finish_model(run, BEST, tested=False)
    sidecar = kept_model(run).sidecar
    assert (sidecar[SEEDS]["model"], sidecar[SEEDS]["seed"]) == ("median", 3)
    assert [row["loss"] for row in sidecar[SEEDS]["trained"]] == [0.9, 0.4, 0.6]
    assert not sidecar.keys() & {"seed", "loss"}
    with zipfile.ZipFile(folder.file(MODEL)) as file:
        assert file.read("model.weights.h5") == b"seed 3"


def test_a_model_whose_seeds_were_changed_is_not_tested(folder):
    """The digests of the seeds are in the model's sidecar."""
    run = run_of(folder)
    asked(run)
    finish_model(run, BEST, tested=False)
    place(seed_folder(folder, 2), "others", seed=2, loss=0.4)
    assert kept_model(run) is None
    assert json.loads(folder.file(SIDECAR).read_text())["trial"] == 3
