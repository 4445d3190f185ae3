"""A study file, and the messages about changes to it."""

import tomllib

import pytest

from data_pipeline.system.errors import StudyError
from search.study.study import check_study

STUDY = """
[data]
dataset = "synthetic"
targets = ["emotion", "action_units"]
image_size = 32
[split]
folds = 2
[objective]
"emotion.macro_f1" = 1
"action_units.mean_auc" = 0.5
[search]
trials = 6
[fixed]
"training.epochs" = 3
[space]
"training.optimizer" = ["adam", "adamw"]
"training.weight_decay" = { low = 1e-6, high = 1e-2, log = true, when = { "training.optimizer" = ["adamw"] } }
"head.dropout" = { low = 0.0, high = 0.6, step = 0.1 }
"""  # noqa: E501 - an inline table takes one line


def study(*changes, text=STUDY):
    """Checks the study above after replacements of text."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return check_study(tomllib.loads(text), name="small", place="studies/small.toml")


def message(*changes):
    """Returns the message that refuses the study above after replacements."""
    with pytest.raises(StudyError) as refused:
        study(*changes)
    return str(refused.value)
