"""One test of one model on untested people, whatever is moved meanwhile."""

import json
import resource
import shutil
from hashlib import sha256

import numpy as np
import pytest

from models.inference.predictor import Predictor
from models.pretrained.provenance import read_provenance
from tests.factories.runs import searched, write_study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def retrained(tmp_path_factory, coursework):
    """A run that stops before its test, with checkpoints."""
    place = tmp_path_factory.mktemp("retrained")
    words = ("--until", "retrain", "--set", "search.checkpoints=1")
    answer = searched(write_study(place), coursework, place / "runs", *words)
    assert (answer.code, answer.err) == (0, "")
    return place


@pytest.fixture
def place(tmp_path, retrained):
    """A copy that a test may go on with."""
    shutil.copytree(retrained, tmp_path / "copy")
    return tmp_path / "copy"


def again(place, data, *words, study="tiny"):
    """Gives a run's command again."""
    words = ("--set", "search.checkpoints=1", *words)
    return searched(place / f"{study}.toml", data, place / "runs", *words)


def receipts(place):
    """Reads the openings on record."""
    text = (place / "runs" / "holdout_receipts.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def digest(path):
    """Digests a file."""
    return sha256(path.read_bytes()).hexdigest()


def test_a_model_that_was_replaced_is_never_tested(place, coursework):
    """It is moved away and the best retrained; a second model is a second opening."""
    folder = place / "runs" / "tiny-synthetic"
    foreign = next(folder.glob("checkpoints/*/*/*.keras"))
    shutil.copy(foreign, folder / "model.keras")
    answer = again(place, coursework)
    assert (answer.code, answer.err) == (0, "")
    assert "retraining trial" in answer.out
    assert "Opened: once" in answer.out
    (receipt,) = receipts(place)
    tested = digest(folder / "model.keras")
    assert receipt["model"] == tested
    assert digest(folder / "earlier-1" / "model.keras") == digest(foreign)

    (folder / "holdout.json").unlink()
    answer = again(place, coursework)
    assert (answer.code, "Opened: once" in answer.out) == (0, True)
    assert len(receipts(place)) == 1, "the same model, whose report was lost"

    (folder / "holdout.json").unlink()
    (folder / "model.keras").unlink()
    answer = again(place, coursework)
    assert (answer.code, "Opened" in answer.out) == (2, False)
    assert "opened before (1), last by run tiny-synthetic" in answer.err
    assert len(receipts(place)) == 1
    assert not (folder / "model.keras").exists(), "refused before its retraining"

    answer = again(place, coursework, "--reopen")
    assert (answer.code, "Opened: 2 times; 3 of the 3 subjects" in answer.out) == (
        0,
        True,
    )


def test_a_test_that_is_finished_later_gives_the_same_numbers(place, coursework):
    """A report that was lost is written again to the byte, baselines included."""
    report = place / "runs" / "tiny-synthetic" / "holdout.json"
    assert again(place, coursework).code == 0
    written = report.read_bytes()
    assert json.loads(written)["baselines"]["linear_pixels"]["value"] > 0
    report.unlink()
    assert again(place, coursework).code == 0
    assert report.read_bytes() == written
    assert len(receipts(place)) == 1


def test_the_test_goes_without_linear_baselines(place, coursework):
    """A study may do without: the report then has the constant alone."""
    words = ("--set", "search.baselines=false")
    answer = again(place, coursework, *words)
    assert (answer.code, answer.err) == (0, "")
    assert "Linear: " not in answer.out
    report = json.loads((place / "runs/tiny-synthetic/holdout.json").read_text())
    assert "baselines" not in report | report["emotion"]
    assert "baseline" in report["emotion"]


def test_more_seeds_are_tested_at_once(place, coursework):
    """Only the missing seed is trained; both and their average have one opening."""
    folder = place / "runs" / "tiny-synthetic"
    answer = again(place, coursework, "--set", "final.seeds=2")
    assert (answer.code, answer.err) == (0, "")
    assert "2 seeds (1 trained already)" in answer.out
    assert "Seeds: 2, retrained alike; the tested model is their ensemble" in answer.out
    assert "Opened: once" in answer.out
    (receipt,) = receipts(place)
    assert receipt["model"] == digest(folder / "model.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 1))
    both, *each = (
        Predictor(path / "model.keras", cpus=1).predict(pixels).emotion
        for path in (folder, folder / "seeds/seed-1", folder / "seeds/seed-2")
    )
    assert np.abs(each[0] - each[1]).max() > 1e-3
    np.testing.assert_allclose(both, (each[0] + each[1]) / 2, atol=1e-6)

    report = json.loads((folder / "holdout.json").read_text())
    row = report["seeds"]["heads"]["emotion"]["accuracy"]
    assert row["mean"] == pytest.approx(sum(row["each"]) / 2)
    assert row["model"] == report["emotion"]["metrics"]["accuracy"]["value"]

    answer = again(place, coursework, "--set", "final.seeds=3")
    assert (answer.code, "retraining" in answer.out) == (2, False), "it was tested"
    assert "final.seeds: was 2, is 3" in answer.err


def test_a_retrained_model_is_reported(place, coursework):
    """A model that was lost after its test is retrained, and the report states it."""
    folder = place / "runs" / "tiny-synthetic"
    assert "was retrained after the test" not in again(place, coursework).out
    (folder / "model.keras").write_bytes(b"")
    answer = again(place, coursework)
    assert (answer.code, answer.err) == (0, "")
    assert "model.keras was retrained after the test" in answer.out
    assert len(receipts(place)) == 1


def test_the_same_people_stay_held_out(place, tmp_path, coursework):
    """With a corrected table, name and seed, nobody is tested as if new."""
    assert again(place, coursework).code == 0
    data = tmp_path / "data"
    shutil.copytree(coursework, data)
    labels = data / "data_labels.csv"
    text = labels.read_text()
    labels.write_text(text.replace("positive", "negative", 9))
    write_study(place, "other")
    words = ("--set", "search.trials=1", "--set", "search.checkpoints=")
    answer = again(place, data, *words, study="other")
    assert (answer.code, "retraining" in answer.out) == (2, False)
    assert "3 subjects stay held out" in answer.out
    assert "opened before (1), last by run tiny-synthetic" in answer.err
    assert "3 of its subjects were tested then" in answer.err
    names = "hold_out_subjects.txt"
    runs = place / "runs"
    assert again(place, data, *words, "--until", "search", study="other").code == 0
    held = (runs / "tiny-synthetic" / names).read_text()
    assert (runs / "other-synthetic" / names).read_text() == held

    # Weights trained on these people are recognized without their sidecar.
    copied = tmp_path / "copied.keras"
    shutil.copy(runs / "tiny-synthetic" / "model.keras", copied)
    weights = ("--set", f"backbone.weights={copied}", "--set", "split.hold_out_seed=2")
    answer = again(place, data, *weights, study="other")
    assert answer.code == 2
    assert "was trained on the images of ckplus" in answer.err
    assert len(receipts(place)) == 1


def test_models_list_their_training_data(place):
    """The retrained model and the checkpoints carry their sidecars in their files."""
    folder = place / "runs" / "tiny-synthetic"
    models = [folder / "model.keras", *folder.glob("checkpoints/*/*/*.keras")]
    assert len(models) == 3
    for model in models:
        sidecar = json.loads(model.with_suffix(".json").read_text())
        assert sidecar.pop("sha256") == digest(model)
        assert read_provenance(model) == sidecar
        assert sidecar["data"]["dataset"] == "ckplus"


def test_no_trial_is_spent_where_no_receipt_could_be(tmp_path, coursework):
    """A disk without room for a receipt ends the run before its search, in one line."""
    runs = tmp_path / "runs"
    runs.mkdir()
    full = runs / "holdout_receipts.jsonl"
    full.write_bytes(b"\n" * 4096)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        answer = searched(write_study(tmp_path), coursework, runs)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (answer.code, len(answer.err.splitlines())) == (1, 1)
    assert "receipt of opening the hold-out cannot be written (File too large)" in (
        answer.err
    )
    assert "nothing was searched" in answer.err
    assert full.read_bytes() == b"\n" * 4096
    assert not (runs / "tiny-synthetic" / "optuna.db").exists()
