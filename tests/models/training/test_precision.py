"""Mixed precision: half floats inside, whole ones in weights, heads and files."""

import keras
import numpy as np
import pytest

from models.config.hyperparameters import PRECISIONS
from models.network.model import assemble
from models.training.epoch import Part
from models.training.trainer import Trainer
from tests.factories.models import configured, graph_config, pictures

PART = Part(train=np.arange(16), validation=np.arange(16, 24))


@pytest.mark.slow
@pytest.mark.parametrize("precision", PRECISIONS[1:])
def test_it_trains_and_resets(precision, tmp_path):
    """Losses are finite, a repeat is equal to the bit; the file is a float32 one."""
    trainer, arrays = Trainer(), pictures(24)
    config = configured(training__precision=precision)
    first = list(trainer.fit(config, arrays, PART, seed=1))
    list(trainer.fit(config, arrays, PART, seed=2))
    again = list(trainer.fit(config, arrays, PART, seed=1))
    trainer.export(config, tmp_path / "model.keras")
    found = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    predicted = found.predict_on_batch(arrays.images[PART.validation])["emotion"]

    assert [s.loss for s in again] == [s.loss for s in first]
    assert all(np.isfinite(score.loss) for score in first)
    assert first[-1].predictions.finite()
    assert {layer.compute_dtype for layer in found.layers} == {"float32"}
    np.testing.assert_allclose(predicted, first[-1].predictions.emotion, atol=0.05)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_where_floats_are_whole(precision):
    """Convolutions compute in halves; weights, numbers and heads are float32."""
    model = assemble(graph_config(training__precision=precision))
    convolution = next(x for x in model.layers if isinstance(x, keras.layers.Conv2D))

    assert convolution.compute_dtype == precision.removeprefix("mixed_")
    assert {weight.dtype for weight in model.weights} <= {"float32", "uint32"}
    for name in ("augment", "dropout", "emotion", "action_units"):
        assert model.get_layer(name).compute_dtype == "float32"
    assert keras.config.dtype_policy().name == "float32"
