"""Any subset of heads is trained, each on its own targets."""

from dataclasses import replace

import numpy as np
import pytest

from data_pipeline.labels.labels import DIMENSIONS
from models.training.epoch import Arrays, Part
from models.training.trainer import Trainer
from tests.factories.models import UNITS, configured, pictures

ROWS = 24
TRAINER = Trainer()
"""Both losses of intensities share its graph."""

PART = Part(train=np.arange(16), validation=np.arange(16, ROWS))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("emotions", "units", "intensities", "dimensions"),
    [
        ((), ("AU1", "AU12"), (), ()),
        (("a", "b"), (), (), ()),
        ((), (), ("AU1",), ()),
        ((), (), (), DIMENSIONS),
    ],
)
def test_one_head_is_enough(emotions, units, intensities, dimensions):
    """A model has only the heads of the study's targets."""
    others = {"dimensions": dimensions, "intensities": intensities}
    whole = pictures(ROWS, **others).targets
    targets = replace(
        whole,
        emotions=emotions,
        action_units=units,
        emotion=whole.emotion[:, : len(emotions)],
        action_unit=whole.action_unit[:, : len(units)],
        action_unit_mask=whole.action_unit_mask[:, : len(units)],
    )
    arrays = Arrays(images=pictures(ROWS).images, targets=targets)
    config = configured(emotions=emotions, units=units, **others)
    *_, score = Trainer().fit(config, arrays, PART, seed=1)

    assert (score.predictions.emotion is not None) == bool(emotions)
    assert (score.predictions.action_units is not None) == bool(units)
    found = score.predictions.action_unit_intensities
    assert (found is not None) == bool(intensities)
    assert (score.predictions.valence_arousal is not None) == bool(dimensions)


def test_ratings_are_learned():
    """Training lowers the squared error of ratings well below their variance."""
    arrays = pictures(ROWS, dimensions=DIMENSIONS)
    config = configured(
        dimensions=DIMENSIONS,
        training__epochs=12,
        training__learning_rate=2e-2,
        head__dropout=0.0,
    )
    part = Part(train=np.arange(ROWS), validation=np.arange(ROWS))
    *_, score = Trainer().fit(config, arrays, part, seed=1)
    found = score.predictions.valence_arousal
    wanted = arrays.targets.valence_arousal
    assert np.abs(found).max() <= 1
    assert ((found - wanted) ** 2).mean() < wanted.var(axis=0).mean() / 2


@pytest.mark.parametrize("loss", ["squared", "ordinal"])
def test_intensities_are_learned(loss):
    """Either loss lowers the squared error of intensities well below their variance."""
    arrays = pictures(ROWS, intensities=UNITS)
    config = configured(
        intensities=UNITS,
        loss__intensity=loss,
        training__epochs=12,
        training__learning_rate=2e-2,
        head__dropout=0.0,
    )
    part = Part(train=np.arange(ROWS), validation=np.arange(ROWS))
    *_, score = TRAINER.fit(config, arrays, part, seed=1)
    found = score.predictions.action_unit_intensities
    wanted = arrays.targets.intensity
    assert 0 <= found.min() < found.max() <= 5
    assert ((found - wanted) ** 2).mean() < wanted.var(axis=0).mean() / 2
