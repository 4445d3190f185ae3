"""What a run was begun with, kept in its storage: it may not change on the way."""

import json
from collections.abc import Mapping
from typing import Any

import optuna

from data_pipeline.errors import StudyError

IDENTITY = "identity"
PIXELS = "pixels"


def keep_identity(
    trials: optuna.Study, identity: Mapping[str, Any], key: str = IDENTITY
) -> None:
    """Writes what a new run is begun with, or checks that it is the same.

    Args:
        trials: the run's Optuna study.
        identity: flat keys to JSON values.
        key: the attribute of the study that holds it.

    Raises:
        StudyError: something changed; the message names each key, old and new.
    """
    now = json.loads(json.dumps(dict(identity)))
    before = trials.user_attrs.get(key)
    if before is None:
        trials.set_user_attr(key, now)
        return
    lines = changes(before, now)
    if lines:
        raise StudyError(
            f"run {trials.study_name}: space, split, objective and data must stay as "
            "they were when the run began; changed:\n"
            + "\n".join(f"  {line}" for line in lines)
            + "\nPut them back, or copy the study file under another name."
        )


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Lists the keys whose values differ.

    Example:
        >>> changes({"split.folds": 5}, {"split.folds": 3, "data.image_size": 48})
        ['data.image_size: was absent, is 48', 'split.folds: was 5, is 3']
    """
    return [
        f"{key}: was {before.get(key, 'absent')}, is {now.get(key, 'absent')}"
        for key in sorted(now.keys() | before.keys())
        if now.get(key) != before.get(key)
    ]
