"""Which losses a model adds up, and how: against the losses themselves."""

from dataclasses import replace

import numpy as np
import pytest
from keras import ops

from data_pipeline.labels.labels import DIMENSIONS
from data_pipeline.targets.class_balance import balance
from models.network.losses import (
    action_unit_loss,
    emotion_loss,
    multi_target_loss,
    penalty,
    valence_arousal_loss,
)
from models.network.model import assemble
from models.optimization.flat_weights import join, split
from models.training.batches import pack
from tests.factories.models import configured, pictures

ROWS = 6
CONFIG = configured(
    dimensions=DIMENSIONS,
    regularization__l1=1e-3,
    regularization__l2=1e-2,
    loss__au_weight=3.0,
    loss__valence_arousal_weight=0.5,
    loss__ccc_share=0.25,
    loss__label_smoothing=0.1,
    loss__focal_gamma=2.0,
)


@pytest.mark.parametrize("multi_target", [False, True])
def test_the_loss_is_the_weighted_sum_of_its_parts(multi_target):
    """Heads by their weights, and penalties; any right emotion will do where it may."""
    model = assemble(replace(CONFIG.graph, multi_target=multi_target))
    model.optimizer.reset()
    model.set_runtime(CONFIG.runtime)
    targets = pictures(ROWS, dimensions=DIMENSIONS).targets
    y = pack(targets, balance(targets, np.arange(ROWS), "none", 0))
    # Half of a second emotion is right as well: the two losses then differ.
    y["emotion"][:, :, 0] = 0.5 * (y["emotion"][:, :, 0] + np.roll(np.eye(3), 1)[0])
    generator = np.random.default_rng(0)
    predicted = {
        name: generator.normal(size=values.shape[:2]).astype(np.float32)
        for name, values in y.items()
    }
    of_emotions = (
        multi_target_loss(y["emotion"], predicted["emotion"])
        if multi_target
        else emotion_loss(y["emotion"], predicted["emotion"], 0.1, 2.0)
    )
    units = action_unit_loss(y["action_units"], predicted["action_units"], 2.0)
    rated = y["valence_arousal"], predicted["valence_arousal"]
    expected = of_emotions + 3.0 * units + 0.5 * valence_arousal_loss(*rated, 0.25)
    weights = join(model.trained)
    kernels = join([layer.kernel for layer in model.layers if hasattr(layer, "kernel")])
    expected = float(ops.convert_to_numpy(expected))
    penalized, _ = penalty(kernels, 1e-3, 1e-2)

    loss = model.total_loss(y, predicted)
    assert float(ops.convert_to_numpy(loss)) == pytest.approx(expected, rel=1e-5)
    slopes = split(weights * 0.0, model.layout.shapes)
    whole, slope = model.penalize(weights, loss, slopes)
    assert float(whole) == pytest.approx(expected + float(penalized), rel=1e-5)
    assert float(penalized) > 0
    assert np.count_nonzero(slope) == kernels.shape[0]
