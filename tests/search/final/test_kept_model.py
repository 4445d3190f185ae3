"""The model that may be tested: its file, sidecar and copy of that are one run's."""

import json
import zipfile
from dataclasses import replace
from types import SimpleNamespace

import pytest

from data_pipeline.system.errors import RunError
from models.calibration.calibration import Calibration, CalibrationFit
from models.pretrained.provenance import write_provenance
from search.final.kept_model import COPY, KeptModel, kept_model, load_model
from search.final.retraining import retrain_requests
from search.final.sidecar import MODEL, SIDECAR, signed_sidecar
from search.inputs.run import Run
from search.ledger.records import TrialRecord
from search.run_folder import RunFolder, write_json
from search.study.sections import Final
from tests.factories.ledger import small

STUDY = small()
FIT = CalibrationFit(
    calibration=Calibration(temperature=1.7, units={"AU1": (0.4, -0.25)}),
    nll={"emotion": (0.7, 0.6), "action_units": (0.4, 0.3)},
)
DATA = SimpleNamespace(
    synthetic=True,
    fingerprint="labels",
    split=SimpleNamespace(hold_out=SimpleNamespace(key="people")),
)
CARD = {
    "study": STUDY.name,
    "synthetic": True,
    "trial": 3,
    "input": {"size": 32, "channels": 1, "crop": {"kind": "none"}},
    "emotions": ["positive", "negative"],
    "action_units": ["AU1"],
    "dimensions": [],
    "thresholds": {"AU1": 0.25},
    "data": {"dataset": "ckplus", "fingerprint": "labels", "hold_out": "people"},
    "versions": {"keras": "3"},
}


@pytest.fixture
def folder(tmp_path):
    """A run's folder with a model and its sidecar."""
    found = RunFolder(out=tmp_path, name="small-synthetic")
    found.make()
    place(found, CARD)
    return found


def place(folder, sidecar, weights=b"weights"):
    """Writes a stand-in for a retrained model, as a run does."""
    with zipfile.ZipFile(folder.file(MODEL), "w") as file:
        file.writestr("model.weights.h5", weights)
    write_json(folder.file(SIDECAR), signed_sidecar(folder.file(MODEL), sidecar))


def run_in(folder):
    """Makes the run of a folder."""
    return Run(study=STUDY, data=DATA, folder=folder)


def kept(folder):
    """Looks for the model."""
    return kept_model(run_in(folder))


def order(folder, trial=3, *, study=STUDY, tested=False, **attributes):
    """Lists the requests to retrain the best trial."""
    best = TrialRecord(
        number=trial, state="COMPLETE", reason="", value=0.5, values={}, curve={},
        attributes={"epoch": 2, **attributes},
    )  # fmt: skip
    return retrain_requests(replace(run_in(folder), study=study), best, tested=tested)


def test_a_whole_model_is_kept(folder):
    """It is the winner's, and nothing is retrained or moved."""
    assert kept(folder).sidecar["trial"] == 3
    assert kept(folder).digest == json.loads(folder.file(SIDECAR).read_text())["sha256"]
    assert not order(folder)
    assert order(folder, trial=4)


def test_a_model_of_another_calibration_is_retrained(folder):
    """Unless it was tested; one that is calibrated as the study wants stays."""
    fit = FIT.entry()
    raw = replace(STUDY, final=Final(calibrate=False))
    assert order(folder, calibration=fit, tested=True) == ()
    assert order(folder, calibration=fit, study=raw) == ()
    (again,) = order(folder, calibration=fit)
    assert again.calibration == FIT.calibration
    place(folder, CARD | {"calibration": fit})
    assert order(folder, calibration=fit) == ()
    (again,) = order(folder, calibration=fit, study=raw)
    assert again.calibration == Calibration()


def swapped(folder):
    """Puts another model in its place."""
    sidecar = folder.file(SIDECAR).read_bytes()
    place(folder, CARD | {"trial": 4}, b"others")
    folder.file(SIDECAR).write_bytes(sidecar)


def swapped_with_its_digest(folder):
    """Puts another model in its place, and its digest into the sidecar."""
    sidecar = json.loads(folder.file(SIDECAR).read_text())
    place(folder, CARD | {"trial": 4}, b"others")
    other = json.loads(folder.file(SIDECAR).read_text())
    write_json(folder.file(SIDECAR), sidecar | {"sha256": other["sha256"]})


def edited(folder):
    """Changes a threshold in the sidecar."""
    sidecar = json.loads(folder.file(SIDECAR).read_text())
    write_json(folder.file(SIDECAR), sidecar | {"thresholds": {"AU1": 0.5}})


def foreign(folder):
    """Puts another run's model and sidecar in their places."""
    place(folder, CARD | {"data": CARD["data"] | {"hold_out": "others"}})


def checkpoint(folder):
    """Puts a checkpoint and its sidecar in their places."""
    place(folder, CARD | {"fold": 1})


def further_seed(folder):
    """Puts a model that was trained with another seed in its place."""
    place(folder, CARD | {"seed": 3})


def wrote(name, content):
    """Names a change of a file's whole content."""
    return lambda folder: folder.file(name).write_bytes(content)


def cut(folder):
    """Cuts the model short."""
    whole = folder.file(MODEL).read_bytes()
    folder.file(MODEL).write_bytes(whole[: len(whole) // 2])


CHANGES = {
    "swapped": swapped,
    "swapped with its digest": swapped_with_its_digest,
    "sidecar edited": edited,
    "another run's": foreign,
    "a checkpoint": checkpoint,
    "another seed": further_seed,
    "cut": cut,
    "empty": wrote(MODEL, b""),
    "model gone": lambda folder: folder.file(MODEL).unlink(),
    "sidecar gone": lambda folder: folder.file(SIDECAR).unlink(),
    "sidecar empty": wrote(SIDECAR, b""),
    "sidecar cut": wrote(SIDECAR, b'{"trial": 3, "sha'),
    "sidecar of another shape": wrote(SIDECAR, b"[1, 2]"),
    "sidecar deep": wrote(SIDECAR, b"[" * 100_000),
    "sidecar without a trial": wrote(SIDECAR, b"{}"),
    "sidecar no text": wrote(SIDECAR, b"\xff\xfe\x00"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_is_not_the_runs_model_is_retrained(folder, change):
    """It is moved away, not overwritten; a second call gives the same answer."""
    change(folder)
    before = {
        name: folder.file(name).read_bytes()
        for name in (MODEL, SIDECAR)
        if folder.file(name).exists()
    }
    assert kept(folder) is None
    assert order(folder) == order(folder) != ()
    moved = folder.file("earlier-1")
    assert {path.name: path.read_bytes() for path in moved.iterdir()} == before
    assert [path.name for path in folder.path.iterdir()] == ["earlier-1"]


def test_a_model_of_the_same_bytes_is_loaded(folder):
    """What changed after it was looked at is refused before anything is opened."""
    found = kept(folder)
    write_provenance(folder.file(MODEL), CARD | {"trial": 4})
    with pytest.raises(RunError, match="was changed while it was to be tested"):
        load_model(folder, found, cpus=1)
    gone = KeptModel(sidecar=CARD, digest=found.digest)
    folder.file(MODEL).unlink()
    with pytest.raises(RunError, match=r"model\.keras cannot be copied.*nothing was"):
        load_model(folder, gone, cpus=1)
    assert not folder.file(COPY).exists()
