"""``--set`` reaches every setting of a study in ``studies/``, fixed or searched.

Settings that exclude others have their own tests: losses of the user's own below,
training on features in test_finetuning.py.
"""

import itertools

import pytest

from data_pipeline.files.study_files import STUDIES
from data_pipeline.system.errors import StudyError
from models.config.config import DataSpec, model_config
from models.config.hyperparameters import AUTO, HYPERPARAMETERS
from search.run import build_parser
from search.study.study import read_study
from tests.strategies.space import Suggester

NAMES = sorted(
    path.stem
    for path in STUDIES.glob("*.toml")
    if "finetune.stage" not in path.read_text(encoding="utf-8")
)
DATA_SPEC = DataSpec(
    image_size=1100,  # more than any backbone.image_size, which only shrinks
    channels=1,
    emotions=("negative", "positive"),
    action_units=("AU1",),
)
KEYS = [
    key
    for key, row in HYPERPARAMETERS.items()
    if key not in ("finetune.stage", "finetune.copies")
    and not (row.own and len(row.choices) == 1)
]
FREE = {"backbone.weights": ("none", "imagenet", "found.keras")}
"""Values of the keys that take any text."""
NEEDS = {
    "backbone.blocks": ("backbone.name=residual_cnn",),
    "backbone.filters": ("backbone.name=residual_cnn",),
    "training.weight_decay": ("training.optimizer=adamw",),
    "training.momentum": ("training.optimizer=sgd",),
    "training.nesterov": ("training.optimizer=sgd",),
    "training.step_epochs": ("training.schedule=step",),
    "balance.beta": ("balance=effective_number",),
    "augmentation.strength": ("augmentation.preset=standard",),
    **dict.fromkeys(
        ("finetune.learning_rate", "finetune.blocks", "finetune.batch_norm"),
        ("finetune.frozen_epochs=3",),
    ),
}
"""What a key has no meaning without, or a study no search."""


def parsed(*words):
    """Reads a study as ``search.run`` does with these words."""
    args = build_parser().parse_args(words)
    return read_study(args.study, settings=args.settings, seed=args.seed)


def setting(name, key, text):
    """Reads a study in which a key is set, with the keys that it needs."""
    settings = (*NEEDS.get(key, ()), f"{key}={text}")
    return parsed("--study", name, *(word for s in settings for word in ("--set", s)))


def values(key):
    """Lists all choices of a key, or its bounds and values between them."""
    row = HYPERPARAMETERS[key]
    if row.kind is str:
        return row.choices or FREE[key]
    return row.low, row.kind((row.low + row.high) / 2), row.high


def suggested(study, end):
    """Takes the lowest or the highest corner of a study's space."""
    return study.space.suggest(Suggester(end))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", KEYS)
def test_a_value_fixes_a_key(name, key):
    """Each choice, and each bound, can be fixed; each makes another configuration."""
    configs = {}
    for value in values(key):
        study = setting(name, key, value)
        assert dict(study.space.fixed)[key] == value
        assert key not in {parameter.key for parameter in study.space.parameters}
        configs[value] = model_config(suggested(study, min), DATA_SPEC)

    configs.pop(AUTO, None)  # one of the others, which the machine decides
    for one, other in itertools.combinations(configs.values(), 2):
        assert one != other


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", KEYS)
def test_a_list_searches_a_key(name, key):
    """A list of choices is searched, its first and its last among them."""
    first, *_, last = values(key)
    shown = [f'"{v}"' if isinstance(v, str) else repr(v) for v in (first, last)]
    study = setting(name, key, f"[{', '.join(shown)}]")

    assert key not in dict(study.space.fixed)
    assert suggested(study, min)[key] == first
    assert suggested(study, max)[key] == last


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "key", [key for key in KEYS if HYPERPARAMETERS[key].kind is not str]
)
def test_a_range_searches_a_key(name, key):
    """A range is searched from one bound of the key to the other, both included."""
    low, _, high = values(key)
    study = setting(name, key, f"{{ low = {low!r}, high = {high!r} }}")

    assert key not in dict(study.space.fixed)
    assert suggested(study, min)[key] == low
    assert suggested(study, max)[key] == high


def test_an_own_loss_leaves_no_number_of_the_standard_one():
    """A number that only the standard loss has is refused where no trial has it."""
    with pytest.raises(StudyError, match=r'"loss.label_smoothing": has no effect'):
        setting("ckplus", "loss.emotion", "mine:loss")

    study = setting("ckplus", "loss.emotion", '["standard", "mine:loss"]')
    assert suggested(study, max)["loss.emotion"] == "mine:loss"
