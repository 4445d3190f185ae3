"""What a study may say of training on features."""

import pytest

from data_pipeline.system.errors import StudyError
from search.study.study import read_study

FEATURES = ("finetune.stage=features", "augmentation.strength=")
BOTH = 'finetune.stage=["features","full"]'


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["finetune.copies=2"], '"finetune.copies": copies are of images'),
        ([*FEATURES, "finetune.copies=2"], "nothing changes the copies"),
        (
            ["finetune.stage=features", "finetune.copies=2", "augmentation.strength=0"],
            "nothing changes the copies, found 2",
        ),
        (
            [*FEATURES, "finetune.copies=[2, 4]", "augmentation.preset=none"],
            "nothing changes the copies, found 4",
        ),
        (
            [
                *("finetune.stage=features", "finetune.copies=2"),
                *("augmentation.strength=[0.5, 1.0]", "augmentation.probability=0"),
            ],
            "nothing changes the copies, found 2",
        ),
        (["finetune.stage=features"], '"augmentation.strength": has no effect'),
        ([*FEATURES, "finetune.blocks=2"], '"finetune.blocks": has no effect'),
        ([*FEATURES, "augmentation.mixup=0.2"], '"augmentation.mixup": mixes pixels'),
        (
            [*FEATURES, "backbone.normalization=development"],
            '"backbone.normalization": "development" scales pixels',
        ),
        (
            ["finetune.stage=features", "finetune.copies=2"],
            "this range has no end of them",
        ),
        ([BOTH, "search.finetune_best=12"], "must be less than search.trials"),
        (["search.finetune_best=2"], "both stages are needed"),
        ([*FEATURES, "search.finetune_best=2"], "both stages are needed"),
    ],
)
def test_keys_that_make_no_sense_are_refused(settings, message):
    """One message names the key, the value and the way out."""
    with pytest.raises(StudyError) as caught:
        read_study("smoke", settings=settings)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [
        FEATURES,
        [*FEATURES, "finetune.copies=4", "augmentation.preset=standard"],
        [*FEATURES, "finetune.copies=4", "augmentation.flip=0.5"],
        ["finetune.stage=features", "finetune.copies=4", "augmentation.strength=[0,1]"],
        [BOTH, "search.finetune_best=2", "finetune.blocks=2"],
        [BOTH],
    ],
)
def test_studies_of_features(settings):
    """A head alone, with copies, and both stages are searched."""
    assert read_study("smoke", settings=settings).space.parameters


def test_a_key_at_its_default_says_nothing():
    """What an exported configuration fixes can be copied into a study."""
    settings = ["finetune.copies=0", "finetune.blocks=0", "loss.label_smoothing=0"]
    assert read_study("smoke", settings=[*settings, "loss.emotion=mine:loss"])
    assert read_study("smoke", settings=[*settings, *FEATURES])


def test_conditions_are_heeded():
    """What only the whole model is trained with may go with features."""
    when = 'when = { "finetune.stage" = ["full"] }'
    settings = [
        BOTH,
        f"augmentation.strength={{ low = 0.0, high = 0.3, {when} }}",
        f"augmentation.mixup={{ choices = [0.0, 0.2], {when} }}",
        "augmentation.preset=standard",
        "finetune.copies=2",
    ]
    assert read_study("smoke", settings=settings)
