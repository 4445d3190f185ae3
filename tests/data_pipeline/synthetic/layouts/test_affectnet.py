"""Laws of AffectNet's synthetic stand-in: its layout, and meaningful ratings."""

import numpy as np
import pytest
from PIL import Image

from data_pipeline.dataset.landmarks import read_landmarks
from data_pipeline.labels.labels import AFFECTNET_EMOTIONS, Emotion
from data_pipeline.readers import read
from data_pipeline.readers.location import SYNTHETIC_LAYOUTS
from data_pipeline.synthetic.layouts import LAYOUTS, affectnet
from data_pipeline.synthetic.layouts.affectnet import CIRCUMPLEX
from data_pipeline.synthetic.population.plan import plan
from data_pipeline.synthetic.render_all import render_batch
from data_pipeline.synthetic.write import write_synthetic


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A synthetic tree of a few people."""
    out = tmp_path_factory.mktemp("affectnet") / "synthetic"
    write_synthetic(out, layout="affectnet", subjects=2, seed=4)
    return out


@pytest.fixture(scope="module")
def shots():
    """The images of the full stand-in, not rendered."""
    return list(affectnet.samples(plan(123, 1)))


def test_read(tree):
    """The reader reads every row, and every image is a small colour JPEG."""
    table = read(tree, "affectnet")
    assert (table.source, table.skipped) == ("affectnet", ())
    assert set(table.frame["partition"]) == {"train", "validation"}
    assert len(list(tree.rglob("*.jpg"))) == len(table)
    for image in table.frame["image"]:
        with Image.open(table.root / image) as opened:
            assert (opened.format, opened.mode) == ("JPEG", "RGB")
            assert opened.size == (224, 224)


def test_landmarks(tree):
    """Each image's landmarks are in it, eyes above the mouth."""
    table = read(tree, "affectnet")
    for row in range(len(table)):
        points = read_landmarks(table, row)
        assert points[17:].min() > 0
        assert points[17:].max() < 224
        assert points[36:48, 1].max() < points[48:, 1].min()


def test_same_bytes(tree, tmp_path):
    """The same seed gives the same bytes, images and landmarks alike."""
    assert render_batch(tmp_path, affectnet.images(plan(2, 4))[:2], 4) == 2
    drawn = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(drawn) == 4
    for path in drawn:
        assert (tree / path.relative_to(tmp_path)).read_bytes() == path.read_bytes()
    assert "AffectNet" in (tree / "SYNTHETIC.txt").read_text()


def test_numbers_have_gaps(shots):
    """Numbers rise within a part, with gaps; each person is in one part."""
    people = {}
    for part in ("train_set", "val_set"):
        numbers = [shot.number for shot in shots if shot.part == part]
        assert numbers == sorted(set(numbers))
        assert len(numbers) < numbers[-1] + 1
        people[part] = {shot.sequence.subject for shot in shots if shot.part == part}
    assert people["train_set"].isdisjoint(people["val_set"])
    assert {len(own) for own in people.values()} == {98, 25}


def test_every_expression(shots):
    """All eight emotions, None, Uncertain and No-Face occur."""
    assert {shot.expression for shot in shots} == set(range(11))


def test_ratings_follow_the_face(shots):
    """Ratings are on the emotion's side of the circle and grow with the movement."""
    for emotion in set(Emotion) - {Emotion.NEUTRAL}:
        code = AFFECTNET_EMOTIONS.index(emotion)
        own = [shot for shot in shots if shot.expression == code]
        peaks = [shot.frame == shot.sequence.peak for shot in own]
        found = np.array([list(affectnet.ratings(shot).values()) for shot in own])
        along = found @ np.array(CIRCUMPLEX[emotion])
        assert along[peaks].mean() > along[~np.array(peaks)].mean() > 0
        assert np.abs(found).max() <= 1


def test_unrated(shots):
    """None is rated; Uncertain and No-Face are -2 in both."""
    for shot in shots:
        values = set(affectnet.ratings(shot).values())
        assert (values == {-2.0}) == (shot.expression in (9, 10))


def test_types():
    """Labels are 0-d arrays of text, some of numbers, never pickles."""
    files = affectnet.labels(plan(12, 1))
    kinds = [
        content[content.index(b"'descr': '") + 10 :][:2] for content in files.values()
    ]
    assert {b"<U", b"<i", b"<f"} == set(kinds)
    assert kinds.count(b"<U") > 0.9 * len(kinds)
    assert all(b"'shape': ()" in content for content in files.values())


def test_wired():
    """``--data synthetic`` gives AffectNet's study its own layout."""
    assert SYNTHETIC_LAYOUTS["affectnet"] in LAYOUTS
