"""The conformance suite of every backbone: one compiled model each, all laws."""

import json
import zipfile

import keras
import numpy as np
import pytest

from models.assemble import ExpressionModel
from models.backbones import BACKBONES
from models.catalogue import BACKBONE_FACTS
from models.config import BACKBONE_NAMES
from models.training import Part, WarmTrainer
from tests.strategies_models import configured, pictures

ROWS = 8
PART = Part(train=np.arange(ROWS), validation=np.arange(4))


class Bench:
    """A backbone's trainer, its first fit, and a count of traces."""

    def __init__(self, name):
        """Fits the backbone once, on a fresh graph."""
        self.traces = 0
        self.arrays = pictures(ROWS)
        self.trainer = WarmTrainer()
        self.config = configured(
            backbone__name=name,
            training__optimizer="adamw",
            training__batch_size=4,
            augmentation__strength=0.5,
            regularization__l2=1e-4,
        )
        self.first = self.fit(seed=1)

    def fit(self, *, seed, part=PART, **changes):
        """Fits with changed knobs; returns (loss, emotions, units) of each epoch."""
        name = self.config.structure.backbone
        config = configured(
            **{
                "backbone__name": name,
                "training__optimizer": "adamw",
                "training__batch_size": 4,
                "augmentation__strength": 0.5,
                "regularization__l2": 1e-4,
                **changes,
            }
        )
        scores = list(self.trainer.fit(config, self.arrays, part, seed=seed))
        return [
            (s.loss, s.predictions.emotion, s.predictions.action_units) for s in scores
        ]

    @property
    def model(self):
        """The compiled Keras model."""
        return self.trainer._warm(self.config.structure).model  # noqa: SLF001


@pytest.fixture(name="bench", scope="module", params=BACKBONE_NAMES)
def _bench(request):
    """Counts Python runs of the loss: each is a trace of the training step."""
    with pytest.MonkeyPatch.context() as patch:
        traced = []
        original = ExpressionModel.compute_loss

        def counted(self, *args, **kwargs):
            traced.append(1)
            return original(self, *args, **kwargs)

        patch.setattr(ExpressionModel, "compute_loss", counted)
        bench = Bench(request.param)
        bench.traces = traced
        yield bench


def _equal(first, second):
    return all(
        np.array_equal(a, b, equal_nan=True)
        for one, other in zip(first, second, strict=True)
        for a, b in zip(one, other, strict=True)
    )


def test_names_agree():
    """The table of backbones, the names a study may use, and the facts are one list."""
    assert tuple(BACKBONES) == BACKBONE_NAMES == tuple(BACKBONE_FACTS)


@pytest.mark.slow
class TestBackboneLaws:
    """What holds for each backbone."""

    def test_a_reset_model_is_a_fresh_one(self, bench):
        """After other knobs, seeds and a ruined training, the first fit repeats."""
        bench.fit(seed=2, training__learning_rate=1e3, augmentation__strength=0.0)
        again = bench.fit(seed=1)

        assert _equal(bench.first, again)

    def test_another_seed_is_another_training(self, bench):
        """The seed decides the first loss."""
        assert bench.fit(seed=3)[0][0] != bench.first[0][0]

    def test_nothing_is_traced_twice(self, bench):
        """Other batch sizes, data sizes and knobs run on the graph that exists."""
        before = len(bench.traces)
        part = Part(train=np.arange(7), validation=np.arange(3))
        bench.fit(seed=1, part=part, training__batch_size=3, head__dropout=0.5)

        assert before > 0
        assert len(bench.traces) == before
        assert bench.trainer.timings.built == bench.trainer.timings.traced == 0.0

    def test_rows_do_not_see_each_other(self, bench):
        """A row's output is the same alone, in a batch, and in any order."""
        images = bench.arrays.images[:5].astype(np.float32)
        predict = bench.model.predict_on_batch
        together, turned = predict(images), predict(images[::-1])
        alone = [predict(images[row : row + 1]) for row in range(5)]
        for name, rows in together.items():
            single = np.concatenate([outputs[name] for outputs in alone])
            np.testing.assert_allclose(single, rows, rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(turned[name][::-1], rows, rtol=1e-4, atol=1e-5)

    def test_batch_statistics_are_quick(self, bench):
        """Every batch normalisation follows a short training: momentum 0.9."""
        found = {
            layer.momentum
            for layer in bench.model.layers
            if isinstance(layer, keras.layers.BatchNormalization)
        }
        assert found == {0.9}

    def test_penalties_spare_stock_networks(self, bench):
        """L1 and L2 act on the head's kernels, and on the residual CNN's too."""
        dense = {"dense/kernel", "emotion/kernel", "action_units/kernel"}
        paths = {kernel.path for kernel in bench.model.kernels()}
        if bench.config.structure.backbone == "residual_cnn":
            assert paths > dense
            assert all(path.endswith("kernel") for path in paths)
        else:
            assert paths == dense

    def test_an_export_is_stock_keras(self, bench, tmp_path):
        """The exported file holds Keras's own layers only, and predicts the same."""
        bench.fit(seed=1)
        path = tmp_path / "model.keras"
        bench.trainer.export(bench.config, path)
        with zipfile.ZipFile(path) as file:
            text = json.loads(file.read("config.json"))
        modules = set(_values(text, "module")) - {None, "builtins"}
        expected = bench.trainer.predict(bench.config, bench.arrays.images)
        found = keras.saving.load_model(path).predict(
            bench.arrays.images, batch_size=32, verbose=0
        )

        assert all(module.split(".")[0] == "keras" for module in modules)
        np.testing.assert_allclose(found["emotion"], expected.emotion, atol=1e-6)
        np.testing.assert_allclose(
            found["action_units"], expected.action_units, atol=1e-6
        )


def _values(tree, key):
    """Finds every value under a key of nested lists and dicts."""
    if isinstance(tree, dict):
        if key in tree:
            yield tree[key]
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            yield from _values(item, key)
