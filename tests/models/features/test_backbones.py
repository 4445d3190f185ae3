"""Features of a frozen backbone: those of the graph, computed once."""

import keras
import numpy as np
import pytest

from models.config.hyperparameters import POOLINGS
from models.features.backbones import Backbones
from models.network.heads import POOL, pool
from models.training.epoch import Part
from models.training.saving import plain_model
from models.training.trainer import Trainer
from tests.factories.models import SIDE, configured, graph_config, pictures

ROWS = 70
PART = Part(train=np.arange(40), validation=np.arange(40, ROWS))
FEATURES = {"finetune__stage": "features", "training__learning_rate": 0.01}
COPIES = FEATURES | {"finetune__copies": 2, "augmentation__preset": "standard"}


@pytest.fixture(name="arrays", scope="module")
def _arrays():
    return pictures(ROWS)


@pytest.fixture(name="weights", scope="module")
def _weights(tmp_path_factory):
    """Writes a model that a backbone can start from."""
    path = tmp_path_factory.mktemp("weights") / "start.keras"
    model = plain_model(configured())
    model.save(path)
    return path


@pytest.fixture(name="backbones", scope="module")
def _backbones(tmp_path_factory):
    return Backbones(tmp_path_factory.mktemp("cache") / "images-0.npy")


@pytest.mark.parametrize("pooling", POOLINGS)
def test_features_are_those_of_the_graph(arrays, weights, backbones, pooling):
    """A cached vector is what the whole model's graph pools, with the same weights."""
    config = configured(
        **FEATURES, head__pooling=pooling, backbone__weights=str(weights)
    )
    frozen = backbones.find(config.graph)
    found = frozen.inputs(config, arrays.images).predict
    start = keras.models.load_model(weights)
    maps = start.get_layer(POOL).input
    twin = keras.Model(start.inputs, pool(maps, pooling))
    expected = twin.predict_on_batch(arrays.images.astype(np.float32))
    assert found.shape == (ROWS, frozen.width(pooling))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_the_exported_model_is_whole(arrays, backbones, tmp_path):
    """What a head predicts from the cache, the exported model predicts from pixels."""
    config = configured(**COPIES, head__pooling="average_max")
    trainer = Trainer(find_backbone=backbones.find)
    *_, score = trainer.fit(config, arrays, PART, seed=1)
    trainer.export(config, tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    pixels = arrays.images[PART.validation].astype(np.float32)
    assert model.input_shape == (None, SIDE, SIDE, 1)
    for name, head in model.predict_on_batch(pixels).items():
        np.testing.assert_allclose(head, getattr(score.predictions, name), atol=1e-5)
    again = trainer.predict(config, arrays.images[PART.validation])
    np.testing.assert_allclose(again.emotion, score.predictions.emotion, atol=1e-5)


def test_the_same_arguments_train_the_same_head(arrays, backbones):
    """Copies, their choice and the head depend on the seed alone."""
    trainer = Trainer(find_backbone=backbones.find)
    config = configured(**COPIES)
    losses = [
        [epoch.loss for epoch in trainer.fit(config, arrays, PART, seed=seed)]
        for seed in (1, 2, 1)
    ]
    assert losses[0] == losses[2] != losses[1]


def test_copies_are_augmented(arrays, backbones):
    """The first version is the image, the others differ from it and each other."""
    config = configured(**COPIES)
    inputs = backbones.find(config.graph).inputs(config, arrays.images)
    first, second, third = (inputs.train[place::3] for place in range(3))
    np.testing.assert_array_equal(first, inputs.predict)
    plain = configured(**FEATURES)
    own = backbones.find(plain.graph).inputs(plain, arrays.images)
    np.testing.assert_array_equal(own.predict, inputs.predict)
    for one, other in ((first, second), (first, third), (second, third)):
        assert not np.isclose(one, other).all(axis=1).any()


def test_a_space_shares_a_backbone(backbones):
    """Heads of other sizes have one frozen backbone; other pixels have another."""
    graphs = [
        graph_config(**FEATURES),
        graph_config(**FEATURES, head__dense_units=4, head__pooling="grid"),
        graph_config(**FEATURES, training__ema=0.9, units=()),
        graph_config(**FEATURES, backbone__image_size=16),
    ]
    one, two, three, other = (backbones.find(graph) for graph in graphs)
    assert one is two is three is not other


NET = """from keras import layers
import parts_of_net


def net(pixels):
    maps = layers.Conv2D(4, 3, strides=2)(pixels)
    return parts_of_net.activation(maps)
"""


def test_what_own_code_imports_counts(arrays, tmp_path, monkeypatch):
    """Features are computed anew if a module that own code imports has changed."""
    (tmp_path / "net_of_parts.py").write_text(NET)
    (tmp_path / "parts_of_net.py").write_text(
        "from keras.ops import relu\n\nactivation = relu\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    own = FEATURES | {"backbone__name": "net_of_parts:net", "backbone__blocks": None}
    config = configured(**own)

    def features():
        backbones = Backbones(tmp_path / "images-0.npy")
        return backbones.find(config.graph).inputs(config, arrays.images).predict

    before, again = features(), features()
    files = list(tmp_path.glob("features-*.npy"))
    monkeypatch.setattr("parts_of_net.activation", lambda maps: -keras.ops.relu(maps))
    after = features()
    np.testing.assert_array_equal(before, again)
    assert len(files) == 1
    assert before.max() > 0 >= after.max()


def test_the_head_learns(arrays, backbones):
    """Training on features of random weights lowers the loss."""
    config = configured(**FEATURES, training__epochs=8)
    trainer = Trainer(find_backbone=backbones.find)
    first, *_, last = trainer.fit(config, arrays, PART, seed=1)
    assert last.loss < first.loss
    assert trainer.parameters > 7000  # those of its backbone are counted too
