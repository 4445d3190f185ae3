"""``--set section.key=VALUE`` sets or removes one key of a study file."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from data_pipeline.files.documents import (
    DocumentError,
    GrammarError,
    check_document,
    parse_toml,
)
from data_pipeline.system.errors import StudyError, suggest
from models.config.backbone_sizes import is_own_size
from models.config.hyperparameters import HYPERPARAMETERS
from search.study.sections import SECTIONS

Raw = dict[str, Any]

CHOSEN = ("fixed", "space")
"""The sections of hyperparameters."""


def override(raw: Mapping[str, Any], settings: Sequence[str]) -> Raw:
    """Returns the tables of a study file after ``--set`` texts; changes nothing.

    A hyperparameter needs no section: a list sets its choices, a table its range, a
    single value fixes it. An empty value removes the key, so that its default holds. A
    bare word is a string.
    """
    tables: Raw = {name: copy(table) for name, table in raw.items()}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise StudyError(f"--set takes KEY=VALUE, found {text!r}")
        place, name = _place(key.strip())
        if not value.strip():
            _drop(tables, place, name)
        elif place:
            _table(tables, place)[name] = _value(key, value)
        else:
            _apply_setting(tables, name, _value(key, value))
    return tables


def _value(key: str, text: str) -> Any:
    try:
        return read_value(text.strip())
    except DocumentError as error:
        raise StudyError(f"--set {key.strip()}: {error}") from error


def read_value(text: str) -> Any:
    """Reads a TOML value; anything else is a string.

    Example:
        >>> read_value("[16, 32]"), read_value("tpe"), read_value("1e-3")
        ([16, 32], 'tpe', 0.001)
    """
    try:
        table = parse_toml(f"value = {text}")
    except GrammarError:
        table = {"value": text}
    check_document(table)
    if len(table) > 1:
        raise DocumentError("must be one value, found several lines")
    return table["value"]


def _place(key: str) -> tuple[str, str]:
    """Returns section and name of a key; the section of a hyperparameter is ""."""
    section, _, rest = key.partition(".")
    if section in {"fixed", "space"} and _is_setting(rest):
        key = rest
    if _is_setting(key):
        return "", key
    if section in (*SECTIONS, "objective") and rest:
        return section, rest
    raise _unknown(key)


def _is_setting(key: str) -> bool:
    return key in HYPERPARAMETERS or is_own_size(key)


def _unknown(key: str) -> StudyError:
    keys = list(HYPERPARAMETERS)
    for name, kind in SECTIONS.items():
        keys += [f"{name}.{field}" for field in kind.__dataclass_fields__]  # type: ignore[attr-defined]
    return StudyError(f"--set {key}: unknown key; {suggest(key, keys)}")


def _drop(tables: Raw, section: str, name: str) -> None:
    """Removes a key; an absent one is accepted if it could be there."""
    kind = SECTIONS.get(section)
    could_be = name in (kind.__dataclass_fields__ if kind else HYPERPARAMETERS)  # type: ignore[attr-defined]
    places = [_table(tables, place) for place in ([section] if section else CHOSEN)]
    if not could_be and not any(name in place for place in places):
        raise _unknown(f"{section}.{name}")
    for place in places:
        place.pop(name, None)


def _table(tables: Raw, section: str) -> Raw:
    table = tables.setdefault(section, {})
    if not isinstance(table, dict):
        raise StudyError(f"{section}: must be a section, found {table!r}")
    return table


def _apply_setting(tables: Raw, key: str, value: object) -> None:
    fixed, space = _table(tables, "fixed"), _table(tables, "space")
    if not isinstance(value, list | dict):
        space.pop(key, None)
        fixed[key] = value
        return
    fixed.pop(key, None)
    before = space.get(key)
    entry = {"choices": value} if isinstance(value, list) else dict(value)
    if isinstance(before, dict) and "when" in before:
        entry.setdefault("when", before["when"])
    space[key] = entry
