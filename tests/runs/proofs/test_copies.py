"""Proof: a copy of a training row, however it is made, is never outside training."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from data_pipeline.split.duplicates import pixel_keys
from data_pipeline.targets.balances import BALANCES
from models.training.batches import TrainingRows
from models.training.epoch import Arrays
from search.inputs.prepare import prepare_job
from search.trial.generalization_gap import training_sample
from tests.factories.data.crowd import STUDY, crowd, open_crowd, opened, write_crowd
from tests.factories.models import configured

VERSIONS = 3
DROPPED = STUDY.replace("[split]\n", '[split]\nduplicates = "drop_from_training"\n')
RARE = ("p01-1", "p03-1", "p04-1", "p06-1", "p07-1", "p09-1")


class Recorder:
    """Takes the place of images, and notes which are read."""

    def __init__(self):
        """Has read nothing yet."""
        self.read = []

    def batch(self, rows):
        """Notes the rows."""
        self.read.append(np.asarray(rows))
        return rows


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    """The job of a crowd in which a word is rare, so that rows are repeated."""
    place = tmp_path_factory.mktemp("job")
    faces = [
        replace(face, word="calm") if face.word == "glad" else face
        for face in crowd(12)
    ]
    for number, face in enumerate(faces):
        if face.image[6:11] in RARE:
            faces[number] = replace(face, word="glad")
    return prepare_job(open_crowd(place, write_crowd(place / "data", faces)))[0]


@pytest.mark.parametrize("mode", BALANCES)
@pytest.mark.parametrize("mixup", [0.0, 0.2])
def test_batches_are_of_training_rows(job, mode, mixup):
    """Every picture of every batch is a training row, or one of its augmented copies.

    Whatever balances the classes, and with copies or mixup.
    """
    images = np.load(job.images)
    values = {"balance": mode, "augmentation__mixup": mixup}
    config = configured(emotions=job.data_spec.emotions, units=(), **values)
    arrays = Arrays(images=images, targets=job.targets)
    for fold in job.folds:
        source, versions = Recorder(), 1 if mixup else VERSIONS
        rows = TrainingRows(arrays, fold.train, config, 1, source, versions=versions)
        if mixup:
            taken = [rows.batches(epoch)._batches for epoch in (1, 2)]  # noqa: SLF001
            read = np.concatenate([row for epoch in taken for row in epoch])
        else:
            for epoch in (1, 2):
                list(rows.batches(epoch))
            read = np.concatenate(source.read) // versions
        assert set(read) == set(fold.train)
        assert not set(read) & set(fold.validation)
        repeats = len(read) - 2 * len(fold.train)
        assert (repeats > 0) == mode.startswith("oversample")


def test_the_training_sample_has_no_other_rows(job):
    """A generalization gap is measured on training rows, once each."""
    for index, fold in enumerate(job.folds):
        repeated = replace(fold, train=np.repeat(fold.train, 2))
        sample = training_sample(repeated, index)
        assert set(sample) <= set(fold.train)
        assert len(set(sample)) == len(sample)


def test_duplicates_are_dropped_from_training(tmp_path):
    """With ``drop_from_training`` no trained picture is validated or held out too.

    Every second person shares a picture with the next one; some are in two parts.
    """
    data = write_crowd(tmp_path / "data", crowd(24))
    for number in range(0, 24, 2):
        shutil.copy(
            data / f"faces/p{number:02d}-0.png", data / f"faces/p{number + 1:02d}-1.png"
        )
    shared = {}
    for name, text in (("kept", STUDY), ("dropped", DROPPED)):
        run = open_crowd(tmp_path / name, data, text)
        job, _ = prepare_job(run)
        keys = pixel_keys(np.load(job.images))
        table = opened(run)
        held = pixel_keys(
            np.stack([pixels_of(table.root / image) for image in table.frame["image"]])
        )
        shared[name] = (
            sum(
                len(set(keys[fold.train]) & set(keys[fold.validation]))
                for fold in job.folds
            ),
            len(set(keys[job.rows]) & set(held)),
        )
    assert min(shared["kept"]) > 0
    assert shared["dropped"] == (0, 0)


def pixels_of(path):
    """Reads a picture of the crowd, which is as large as its study wants."""
    from PIL import Image  # noqa: PLC0415

    return np.asarray(Image.open(path))[..., None]
