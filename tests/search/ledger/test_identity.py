"""A run's identity may not change; each changed key is named."""

import pytest

from data_pipeline.system.errors import StudyError
from tests.factories.ledger import DATA, begin, finish, small


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        (
            ("high = 1e-2, log", "high = 1e-3, log"),
            [
                "training.learning_rate: was {low = 1e-05, high = 0.01, log = true}, ",
                "is {low = 1e-05, high = 0.001, log = true}",
            ],
        ),
        (("folds = 1", "folds = 2"), ["split.folds: was 1, is 2"]),
        (("image_size = 16", "image_size = 32"), ["data.image_size: was 16, is 32"]),
        (("macro_f1", "accuracy"), ["objective.emotion.a", "objective.emotion.m"]),
        (('"random"', '"tpe"'), ["search.sampler: was random, is tpe"]),
        (("seed = 7", "seed = 8"), ["search.seed: was 7, is 8"]),
        (('epochs" = 3', 'epochs" = 4'), ["fixed.training.epochs: was 3, is 4"]),
    ],
)
def test_another_study(tmp_path, change, keys):
    """A run does not go on with another space, split or objective: keys are named."""
    finish(begin(tmp_path))
    with pytest.raises(StudyError) as refused:
        begin(tmp_path, small(change))
    assert [key for key in keys if key not in str(refused.value)] == []
    assert "copy the study file under another name" in str(refused.value)
    assert begin(tmp_path).exhausted()


def test_other_data(tmp_path):
    """A run does not go on with other data."""
    finish(begin(tmp_path))
    with pytest.raises(StudyError, match=r"data\.labels: was abc, is xyz"):
        begin(tmp_path, data=DATA | {"data.labels": "xyz"})


def test_before_the_first_trial(tmp_path):
    """A start that ended before its first trial may be followed by any other."""
    begin(tmp_path).check_pixels({"data.pixels": "abc"})
    other = small(("folds = 1", "folds = 2"))
    ledger = begin(tmp_path, other)
    ledger.check_pixels({"data.pixels": "xyz"})
    ledger.ask()
    with pytest.raises(StudyError, match=r"data\.pixels: was xyz, is abc"):
        ledger.check_pixels({"data.pixels": "abc"})
    with pytest.raises(StudyError, match=r"split\.folds: was 2, is 1"):
        begin(tmp_path)
