"""Images give the same training wherever they are, and are never copied whole."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.metrics.predictions import ROWS_AT_ONCE
from models.training.epoch import Arrays, Part
from models.training.feeding import (
    READ_AHEAD,
    ChosenImages,
    DeviceImages,
    FileImages,
    image_source,
    read_ahead,
)
from models.training.trainer import Trainer
from tests.factories.models import configured, pictures

ROWS = 3 * ROWS_AT_ONCE


class CountedImages:
    """Images that record how many rows were read at once."""

    def __init__(self, images):
        """Wraps an array."""
        self._images = images
        self.shape, self.nbytes, self.most = images.shape, images.nbytes, 0

    def __getitem__(self, rows):
        """Reads rows."""
        found = self._images[rows]
        self.most = max(self.most, len(found))
        return found


@given(count=st.integers(0, 20))
def test_batches_read_ahead_are_those_of_the_sequence(count):
    """Reading ahead changes neither the batches nor their order."""
    assert list(read_ahead(range(count))) == list(range(count))


def test_few_batches_are_read_ahead_and_none_after_the_end():
    """At most two batches wait; a reader that stops early ends the thread."""
    read = []

    class Recorded(list):
        def __getitem__(self, place):
            read.append(place)
            return super().__getitem__(place)

    before = threading.active_count()
    batches = read_ahead(Recorded(range(100)))
    next(batches)
    batches.close()

    assert len(read) <= 1 + READ_AHEAD
    assert threading.active_count() == before


def test_an_error_of_the_thread_reaches_the_reader():
    """A batch that cannot be read raises its own error where it is used."""

    class Broken(list):
        def __getitem__(self, place):
            raise OSError("the file is gone")

    with pytest.raises(OSError, match="the file is gone"):
        list(read_ahead(Broken([1])))


def test_images_live_on_the_device_up_to_a_quarter_of_its_memory():
    """More than a quarter is read from the file, and so is everything on a CPU."""
    images = pictures(8).images

    assert isinstance(image_source(images, 4 * images.nbytes), DeviceImages)
    assert isinstance(image_source(images, 4 * images.nbytes - 1), FileImages)
    assert isinstance(image_source(images, 0), FileImages)


def test_a_device_returns_the_rows_of_the_file():
    """Both sources return the same pixels, with rows repeated and in any order."""
    images, rows = pictures(8).images, np.array([5, 0, 5, 7])
    found = DeviceImages(images).batch(rows)

    assert np.asarray(found).dtype == images.dtype
    assert (np.asarray(found) == FileImages(images).batch(rows)).all()


@pytest.mark.parametrize("mixup", [0.0, pytest.param(0.4, marks=pytest.mark.slow)])
def test_a_training_on_device_images_is_that_on_the_file(mixup):
    """Losses and predictions are equal to the bit wherever the images are."""
    arrays = pictures(24)
    part = Part(train=np.arange(16), validation=np.arange(16, 24))
    config = configured(training__mixup=mixup)
    found = []
    for memory in (0, 100 * arrays.images.nbytes):
        trainer = Trainer(device_memory=memory)
        scores = list(trainer.fit(config, arrays, part, seed=1, stop_after=2))
        found.append([(s.loss, s.predictions.emotion.tobytes()) for s in scores])

    assert found[0] == found[1]


def test_no_training_reads_more_rows_at_once_than_a_batch():
    """Training and validation stream, however many the rows."""
    arrays = pictures(ROWS)
    images = CountedImages(arrays.images)
    part = Part(train=np.arange(8), validation=np.arange(8, ROWS))
    arrays = Arrays(images=images, targets=arrays.targets)
    list(Trainer().fit(configured(), arrays, part, seed=1, stop_after=1))

    assert 0 < images.most <= ROWS_AT_ONCE


def test_chosen_images_are_rows_of_the_whole():
    """A slice holds the chosen rows in their order, the last one what is left."""
    images, rows = pictures(8).images, np.array([6, 1, 3])
    chosen = ChosenImages(images, rows)

    assert (len(chosen), chosen.shape) == (3, (3, *images.shape[1:]))
    assert (chosen[1:9] == images[[1, 3]]).all()
