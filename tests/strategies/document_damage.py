"""Documents of JSON and TOML of which some values, keys or bytes are others."""

import copy
import json
import random
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

import tomlkit
from hypothesis import strategies as st

from tests.strategies.byte_damage import DRAWS, WORDS, damaged_bytes

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 0.5, 1e-300, 1e308, 2**31, 2**63 - 1, 10**30),
    *(float("nan"), float("inf"), [], {}, [[]], [None], ["x"], {"x": 1}, {"": {}}),
    *([0] * 3000, ["AU1"] * 50, "AU1", "emotion", "adam", "2026-01-01"),
)
ROUNDS = 40
"""How deep a nested list is drawn; documents may be that deep, and no deeper."""


def damaged_json(whole: bytes) -> st.SearchStrategy[bytes]:
    """Draws a copy of a JSON file with other values, or with other bytes."""
    value = json.loads(whole)
    others = DRAWS.map(lambda draw: json.dumps(changed_value(value, draw)).encode())
    return st.one_of(others, others, others, damaged_bytes(whole))


def damaged_toml(whole: bytes) -> st.SearchStrategy[bytes]:
    """Draws a copy of a TOML file with other values, or with other bytes."""
    value = tomllib.loads(whole.decode())
    others = DRAWS.map(lambda draw: written_toml(changed_value(value, draw)))
    return st.one_of(others, others, others, damaged_bytes(whole))


def written_toml(value: Any) -> bytes:
    """Writes tables as TOML; what TOML has no word for is left out."""
    return tomlkit.dumps(_without_none(value)).encode("utf-8", "replace")


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        inner = {str(key): one for key, one in value.items() if one is not None}
        return {key: _without_none(one) for key, one in inner.items()}
    if isinstance(value, list):
        return [_without_none(one) for one in value if one is not None]
    return value.replace("\r", "") if isinstance(value, str) else value


def changed_value(value: Any, draw: random.Random) -> Any:
    """Copies a document with one to three of its values changed."""
    value = copy.deepcopy(value)
    for _ in range(draw.randint(1, 3)):
        places = list(_places(value))
        if not places:
            return draw.choice(VALUES)
        _change(value, draw.choice(places), draw)
    return value


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner: Sequence[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        # The first entries stand for all: a table of thousands is not walked.
        inner = list(enumerate(value[:20]))
    for key, one in inner:
        yield (*place, key)
        yield from _places(one, (*place, key))


def _change(value: Any, place: tuple[Any, ...], draw: random.Random) -> None:
    *outer, key = place
    for step in outer:
        value = value[step]
    kind = draw.randrange(10)
    if kind == 0:
        del value[key]
    elif kind == 1 and isinstance(value, dict):
        value[draw.choice(WORDS)] = value.pop(key)
    elif kind == 2:
        value[key] = [copy.deepcopy(value[key])] * draw.choice((1, 2, 300))
    elif kind == 3:
        value[key] = _nested(value[key], draw)
    elif kind == 4 and isinstance(value[key], int | float):
        value[key] = value[key] * draw.choice((-1, 0, 1000, 1e-9, 1e300)) + 1
    else:
        value[key] = draw.choice((*VALUES, *WORDS))


def _nested(value: Any, draw: random.Random) -> Any:
    for _ in range(draw.choice((1, ROUNDS))):
        value = {"x": value} if draw.random() < 0.5 else [value]
    return value
