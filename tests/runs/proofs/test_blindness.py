"""Proof: nothing that is fitted depends on the hold-out, nor a fold on its validation.

Workers get a ``Job`` and nothing else, so that an equal job is an equal search: values,
thresholds, calibration, and the winner.
"""

from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest

from data_pipeline.development import read_scoring_targets
from data_pipeline.images.decode_table import decode_readable
from data_pipeline.targets.class_balance import BALANCES, balance
from models.evaluation import linear
from models.evaluation.baseline import baseline_predictions, least_error_predictions
from models.metrics.predictions import HEADS
from models.network.standardization import channel_statistics
from search.baselines.linear_baselines import baseline_entries, fit_baselines
from search.inputs.face_template import sample
from search.inputs.prepare import prepare_job, read_pixels, used_rows
from search.trial.messages import Completed, TrialRequest
from search.trial.worker import Worker
from tests.factories.data.crowd import (
    STUDY,
    WORDS,
    crowd,
    open_crowd,
    opened,
    write_crowd,
)
from tests.factories.models import small_values
from tests.fakes.trainer import follow

PEOPLE, HELD_OUT = 10, 3
SIDE = 16
CHANGES = {
    "[split]\n": '[split]\nby = "partition"\n',
    "hold_out = 0.3\n": "",
    "image_size = 32": f"image_size = {SIDE}",
}
OBJECTIVE = {"emotion.balanced_accuracy": 1.0}


def changed(face):
    """Gives a held-out face other labels and other pixels."""
    if face.part != "test":
        return face
    word = WORDS[WORDS.index(face.word) - 1]
    return replace(face, word=word, shown="", mark=face.image)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs whose development faces are equal, and whose held-out ones differ."""
    faces, text, found = crowd(PEOPLE, held_out=HELD_OUT), STUDY, []
    for old, new in CHANGES.items():
        text = text.replace(old, new)
    for name, some in (("one", faces), ("other", [changed(face) for face in faces])):
        place = tmp_path_factory.mktemp(name)
        found.append(open_crowd(place, write_crowd(place / "data", some), text))
    return found


def alike(one, other):
    """Whether two values are equal to the bit, arrays within dataclasses too."""
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if is_dataclass(one):
        names = [field.name for field in fields(one)]
        return all(alike(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(alike, one, other))
    return one == other


def held_out(run):
    """Opens a hold-out; returns its targets and pixels."""
    table = opened(run)
    images = decode_readable(table, size=SIDE, unreadable="error")
    return read_scoring_targets(run.study.data, table), images.pixels


def test_the_hold_outs_differ(runs):
    """The two runs hold out the same people with other labels and other pixels."""
    (targets, pixels), (other, others) = map(held_out, runs)
    assert runs[0].data.split.hold_out.key == runs[1].data.split.hold_out.key
    for name in ("emotion", "action_unit", "intensity", "valence_arousal"):
        assert not np.array_equal(getattr(targets, name), getattr(other, name)), name
    assert all((one != two).any() for one, two in zip(pixels, others, strict=True))
    assert runs[0].data.fingerprint != runs[1].data.fingerprint


def test_a_search_is_blind_to_the_hold_out(runs):
    """Labels, rows, folds and pixels that workers get are equal to the bit."""
    jobs = [prepare_job(run)[0] for run in runs]
    named = [replace(job, images="") for job in jobs]
    assert alike(*named)
    assert len(named[0].folds) == 2
    assert np.array_equal(*(np.load(job.images) for job in jobs))
    assert len(np.load(jobs[0].images)) == len(WORDS) * (PEOPLE - HELD_OUT)


def test_the_face_template_is_blind_to_the_hold_out(runs):
    """The pictures in which faces are measured are the same."""
    one, other = (
        [np.asarray(image) for image in sample(run.data.split.development)]
        for run in runs
    )
    assert one
    assert all(map(np.array_equal, one, other))


def test_baselines_are_blind_to_the_hold_out(runs):
    """Penalties, thresholds, validation scores and constants are equal to the bit."""
    found = []
    for run in runs:
        _, pixels = held_out(run)
        images = read_pixels(run)
        used, _ = used_rows(run, images)
        fitted = fit_baselines(run, images, used, pixels, weights="none")
        constants = [
            constant(run.data.scoring_targets, count=1)
            for constant in (baseline_predictions, least_error_predictions)
        ]
        found.append((baseline_entries(run, fitted, {}), constants))
    assert found[0][0]["baselines"]["linear_pixels"]["thresholds"]
    assert alike(*found)


@pytest.fixture(scope="module")
def folded(runs):
    """The job of a run, and its pixels."""
    job, _ = prepare_job(runs[0])
    return job, np.array(np.load(job.images))


def other_validation(job, pixels):
    """Changes every label and pixel of the first fold's validation rows."""
    rows = job.folds[0].validation
    targets, order = job.scoring_targets, np.arange(len(pixels))
    order[rows] = np.roll(order[rows], 1)
    moved = targets.take(order)
    noise = np.random.default_rng(1).integers(0, 256, pixels[rows].shape)
    pixels = pixels.copy()
    pixels[rows] = noise
    assert not np.array_equal(moved.emotion, targets.emotion)
    return moved, pixels


def test_a_fold_is_blind_to_its_validation_rows(folded):
    """Weights, repeated rows, pixel statistics and constants are the training rows'."""
    job, pixels = folded
    fold = job.folds[0]
    other, noise = other_validation(job, pixels)
    for mode in BALANCES:
        both = [
            balance(targets, fold.train, mode, 1)
            for targets in (job.scoring_targets, other)
        ]
        assert alike(*both), mode
        assert not set(both[0].rows) & set(fold.validation)
    assert channel_statistics(pixels, fold.train) == channel_statistics(
        noise, fold.train
    )
    constants = [
        baseline_predictions(targets.take(fold.train), count=2)
        for targets in (job.scoring_targets, other)
    ]
    assert alike(*constants)


@pytest.mark.slow
def test_a_trial_is_blind_to_its_validation_rows(folded, tmp_path):
    """A whole trial trains the same, whatever its validation rows show and are."""
    job, pixels = folded
    targets, noise = other_validation(job, pixels)
    values = small_values(
        balance="class_weights",
        backbone__normalization="development",
        augmentation__preset="standard",
    )
    request = TrialRequest(number=0, seed=3, values=values, seconds=0.0)
    curves = []
    for name, array, labels in (
        ("plain", pixels, job.scoring_targets),
        ("other", noise, targets),
    ):
        np.save(tmp_path / f"{name}.npy", array)
        alone = replace(
            job,
            images=str(tmp_path / f"{name}.npy"),
            targets=labels,
            scoring_targets=labels,
            folds=job.folds[:1],
        )
        reports, outcome = follow(Worker(alone).trial(request))
        assert isinstance(outcome, Completed)
        curves.append([report.curves for report in reports])
    for one, other in zip(*curves, strict=True):
        assert one.training == other.training
        assert one.validation != other.validation


def test_a_linear_model_is_blind_to_its_validation_rows(folded, monkeypatch):
    """Its output for a validation row depends on no other row of that part."""
    monkeypatch.setattr(linear, "PENALTIES", (1.0,))
    job, pixels = folded
    fold = job.folds[0]
    other, noise = other_validation(job, pixels)
    noise[fold.validation[:3]] = pixels[fold.validation[:3]]
    found = []
    for images, targets in ((pixels, job.scoring_targets), (noise, other)):
        data = linear.BaselineData(
            images=images,
            targets=targets,
            rows=fold.train,
            folds=(fold,),
            objective=OBJECTIVE,
        )
        rows, outputs = linear._out_of_fold(data, linear.pixel_features)  # noqa: SLF001
        found.append([output[0, :3] for output in outputs.values()])
        assert np.array_equal(rows, fold.validation)
    assert len(found[0]) == len(HEADS)
    for one, two in zip(*found, strict=True):
        assert one == pytest.approx(two, abs=1e-5)
