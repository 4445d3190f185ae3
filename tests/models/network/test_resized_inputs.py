"""Backbones on images smaller than the cached ones: one cache, many sizes."""

import keras
import numpy as np
import pytest
from PIL import Image

from data_pipeline.system.errors import StudyError
from models.backbones.backbone import shrink
from models.config.config import complete
from models.network.model import assemble
from models.pretrained.formats import backbone_layers
from models.pretrained.sources import check_graph
from models.training.epoch import Part
from models.training.trainer import Trainer
from tests.factories.models import configured, graph_config, pictures

SIDE, LARGE = 48, 112
"""From 96 pixels on some backbones have another stem."""


def test_a_pixel_is_a_mean_of_those_it_replaces():
    """Pictures shrink as Pillow shrinks them, with a triangle over all they cover."""
    images = pictures(3, channels=3, side=SIDE).images
    found = np.asarray(shrink(images, 16))
    expected = [
        np.asarray(Image.fromarray(image).resize((16, 16), Image.Resampling.BILINEAR))
        for image in images
    ]
    # Pillow rounds after each axis.
    np.testing.assert_allclose(found, np.array(expected, np.float32), atol=1.5)


@pytest.mark.parametrize(
    ("name", "side"),
    [("residual_cnn", LARGE), ("resnet18", LARGE), ("mobilenet", SIDE)],
)
def test_the_backbone_sees_the_smaller_picture(name, side):
    """The graph and its predictions are those of the smaller image."""
    small = {"backbone__name": name, "side": 32, "channels": 3}
    large = small | {"side": side, "backbone__image_size": 32}
    plain, shrunk = (assemble(graph_config(**one)) for one in (small, large))
    for given, own in zip(backbone_layers(plain), backbone_layers(shrunk), strict=True):
        own.set_weights(given.get_weights())
    for name_ in ("dense", "emotion"):
        shrunk.get_layer(name_).set_weights(plain.get_layer(name_).get_weights())
    images = pictures(4, channels=3, side=side).images.astype(np.float32)
    expected = plain.predict_on_batch(np.asarray(shrink(images, 32)))
    found = shrunk.predict_on_batch(images)

    assert shrunk.input_shape[1:3] == (side, side)
    assert [layer.name.rstrip("_0123456789") for layer in shrunk.layers] == [
        *(layer.name.rstrip("_0123456789") for layer in plain.layers[:2]),
        "shrink",
        *(layer.name.rstrip("_0123456789") for layer in plain.layers[2:]),
    ]
    np.testing.assert_allclose(found["emotion"], expected["emotion"], atol=1e-4)


def test_it_trains_and_is_exported(tmp_path):
    """The exported file takes pictures as they are kept, and shrinks them itself."""
    arrays = pictures(24, side=SIDE)
    part = Part(train=np.arange(16), validation=np.arange(16, 24))
    config = configured(
        side=SIDE,
        backbone__image_size=32,
        augmentation__preset="standard",
        training__precision="mixed_bfloat16",
    )
    trainer = Trainer()
    *_, last = trainer.fit(config, arrays, part, seed=1)
    trainer.export(config, tmp_path / "model.keras")
    model = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    predicted = np.asarray(model.predict_on_batch(arrays.images[16:])["emotion"])
    called = np.asarray(model(arrays.images[16:].astype(np.float32))["emotion"])

    assert model.get_layer("shrink").output.shape == (None, 32, 32, 1)
    np.testing.assert_allclose(predicted, last.predictions.emotion, atol=0.05)
    # Not in training mode, where dropout and batch normalisation are at work.
    np.testing.assert_allclose(called, predicted, atol=1e-5)


def test_what_is_not_smaller_is_no_other_graph():
    """No size, the picture's own and a larger one are one GraphConfig."""
    found = {graph_config(backbone__image_size=size) for size in (0, 32, 100)}
    assert len(found) == 1
    assert complete({})["backbone.image_size"] == 0


def test_too_small_for_the_backbone():
    """The message names the key that made it so."""
    wanted = graph_config(side=64, backbone__name="mobilenet", backbone__image_size=24)
    with pytest.raises(StudyError, match=r"32 pixels.*found backbone\.image_size = 24"):
        check_graph(wanted)
