"""What a run was begun with, kept in its storage: it may not change on the way."""

import ast
import json
from collections.abc import Mapping
from typing import Any

import optuna

from data_pipeline.system.errors import StudyError, shorten
from search.ledger.attributes import require_mapping

IDENTITY = "identity"
PIXELS = "pixels"
SEED = "search.seed"


def check_begun_by_search(trials: optuna.Study) -> None:
    """Refuses an Optuna study of a run's name that no search has begun.

    A study without a trial is anybody's, if it maximizes one value.

    Raises:
        StudyError: it is another's.
    """
    ways = [direction.name.lower() for direction in trials.directions]
    count = len(trials.get_trials(deepcopy=False))
    if ways != ["maximize"]:
        found = f"its directions are {', '.join(ways)}"
    elif count and not isinstance(trials.user_attrs.get(IDENTITY), Mapping):
        found = f"it has {count} trials and does not say of which space"
    else:
        return
    raise StudyError(
        f"run {trials.study_name}: the storage holds an Optuna study of this name that "
        f"no search has begun: a search maximizes one value over a space of its own, "
        f"found: {found}. Name another --storage, or copy the study file under another "
        "name"
    )


def original_seed(trials: optuna.Study, seed: int) -> int:
    """Returns the seed that a run was begun with; where none is kept, the one given."""
    kept = trials.user_attrs.get(IDENTITY)
    found = kept.get(SEED) if isinstance(kept, Mapping) else None
    return found if isinstance(found, int) else seed


def check_identity(
    trials: optuna.Study, identity: Mapping[str, Any], key: str = IDENTITY
) -> None:
    """Writes what a run is begun with, or checks that it is the same.

    A run begins with its first trial: what an earlier start wrote, and then stopped
    at a wrong image or an interruption, binds nobody.

    Args:
        trials: the run's Optuna study.
        identity: flat keys to JSON values.
        key: the attribute of the study that holds it.

    Raises:
        StudyError: something changed; the message names each key, old and new.
    """
    now = json.loads(json.dumps(dict(identity)))
    before = trials.user_attrs.get(key)
    if before is None or not trials.get_trials(deepcopy=False):
        trials.set_user_attr(key, now)
        return
    run = trials.study_name
    lines = changes(require_mapping(before, run=run, name=key), now)
    if lines:
        raise StudyError(
            f"run {run}: space, split, objective and data must stay as "
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
        f"{key}: was {said(before.get(key, 'absent'))}, is "
        f"{said(now.get(key, 'absent'))}"
        for key in sorted(now.keys() | before.keys())
        if now.get(key) != before.get(key)
    ]


def said(value: object) -> str:
    """Writes a kept value as a study file has it.

    A searched key is kept as the text of its domain and conditions.

    Example:
        >>> said("(IntRange(low=1, high=4, step=1, log=False), (('a', (True,)),))")
        '{ low = 1, high = 4, when = { "a" = [true] } }'
        >>> said("(Choices(values=('adam', 'sgd')), ())"), said(0.2), said("high_level")
        ('["adam", "sgd"]', '0.2', 'high_level')
    """
    if not isinstance(value, str):
        return _toml(value)
    try:
        domain, when = ast.parse(value, mode="eval").body.elts  # type: ignore[attr-defined]
        entry = {
            word.arg: ast.literal_eval(word.value)
            for word in domain.keywords
            if word.arg is not None
        }
        return _entry(entry, dict(ast.literal_eval(when)))
    except _NOT_OURS:
        return shorten(value, most=300)


_NOT_OURS = (
    SyntaxError,
    ValueError,
    AttributeError,
    TypeError,
    MemoryError,
    RecursionError,
)
"""What the text of a domain raises that nobody here has written."""


def _entry(domain: dict[str, Any], when: dict[str, Any]) -> str:
    """Writes a domain; what a study file need not say is left out."""
    if "values" in domain and not when:
        return _toml(domain["values"])
    words = {"choices" if k == "values" else k: v for k, v in domain.items()}
    told = [
        f"{word} = {_toml(value)}"
        for word, value in words.items()
        if not (word == "step" and value in (None, 1)) and value is not False
    ]
    if when:
        inner = ", ".join(f'"{key}" = {_toml(values)}' for key, values in when.items())
        told.append(f"when = {{ {inner} }}")
    return f"{{ {', '.join(told)} }}"


def _toml(value: object) -> str:
    """Writes a number, a text, a truth or a list of them."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)
