"""The crop in a model's sidecar: measured where pictures are faces, once."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from data_pipeline.images.crop import TEMPLATE, make_cropper
from search.inputs import face_template
from search.inputs.face_template import SAMPLE, sample, sidecar_crop
from tests.fakes.detector import SpotDetector

EDGE = 40
PLACES = np.array(TEMPLATE) * 0.8 + 0.1


class Table(SimpleNamespace):
    """The part of a table of images that is read here."""

    def __len__(self):
        """Counts the images."""
        return len(self.frame)


@pytest.fixture
def run(tmp_path):
    """A run on 100 pictures, one of which is no image."""
    names = [f"{at}.png" for at in range(100)]
    for name in names:
        Image.new("L", (EDGE, EDGE), 80).save(tmp_path / name)
    (tmp_path / "0.png").write_bytes(b"no image")
    table = Table(root=tmp_path, frame=pd.DataFrame({"image": names}), channels=1)
    data = SimpleNamespace(
        fingerprint="a", split=SimpleNamespace(development=table), synthetic=True
    )
    return SimpleNamespace(
        study=SimpleNamespace(data=SimpleNamespace(crop="cropped")),
        data=data,
        folder=SimpleNamespace(cache=tmp_path / "cache"),
        print=lambda _: None,
    )


@pytest.fixture
def detector(monkeypatch):
    """Finds a face in every picture, and counts them."""
    made = SpotDetector({(EDGE, EDGE): [PLACES * EDGE]})
    monkeypatch.setattr(face_template, "Detector", lambda: made)
    return made


def test_the_place_of_faces_is_measured_once(run, detector):
    """The sidecar has the median place; the same data are not measured again."""
    crop = sidecar_crop(run)
    assert crop["kind"] == "cropped"
    np.testing.assert_allclose(crop["faces"]["points"], PLACES, atol=1e-4)
    assert crop["faces"]["found"] == crop["faces"]["looked"] == SAMPLE - 1
    assert sidecar_crop(run) == crop
    assert len(detector.seen) == SAMPLE - 1
    run.data.fingerprint = "b"
    sidecar_crop(run)
    assert len(detector.seen) == 2 * (SAMPLE - 1)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"points": 3}'])
def test_a_damaged_measurement_is_made_again(run, detector, text):
    """A file in the cache that is no measurement costs another one, nothing else."""
    crop = sidecar_crop(run)
    (kept,) = run.folder.cache.iterdir()
    kept.write_text(text)
    assert sidecar_crop(run) == crop
    assert len(detector.seen) == 2 * (SAMPLE - 1)


@pytest.mark.parametrize("crop", ["none", "detect", "landmarks"])
def test_other_crops_need_no_measurement(run, detector, crop):
    """Only pictures that are faces are looked at."""
    run.study.data.crop = crop
    assert sidecar_crop(run) == make_cropper(crop).describe()
    assert detector.seen == []


def test_a_sample_is_spread_over_all_pictures(run):
    """First, last and readable pictures between them are in the sample."""
    pictures = list(sample(run.data.split.development))
    assert len(pictures) == SAMPLE - 1
    assert {picture.mode for picture in pictures} == {"L"}
