"""Writes a study file's tables as TOML in their own order, one key a line.

``tomli_w`` writes tables behind all other keys; the order of ``[space]`` is that in
which a sampler is asked, so that a study read back would propose other trials.
"""

import json
from collections.abc import Mapping
from typing import Any

import tomli_w


def study_text(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Writes sections of keys; a table inside a section becomes an inline table.

    Example:
        >>> print(study_text({"space": {"a.b": {"low": 1}, "balance": ["none"]}}))
        [space]
        "a.b" = { low = 1 }
        balance = ["none"]
        <BLANKLINE>
    """
    return "\n".join(_section(_key(name), table) for name, table in tables.items())


def _section(name: str, table: Mapping[str, Any]) -> str:
    """Writes a section; the lists of tables at its end, each table by itself."""
    entries, last = list(table.items()), list[str]()
    while entries and _holds_tables(entries[-1][1]):
        key, inner = entries.pop()
        head = f"\n[[{name}.{_key(key)}]]\n"
        last[:0] = [head + _lines(found) for found in inner]
    return f"[{name}]\n{_lines(dict(entries))}{''.join(last)}"


def _holds_tables(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(inner, dict) for inner in value)


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{_line(*entry)}\n" for entry in table.items())


def _line(key: str, value: object) -> str:
    return f"{_key(key)} = {_inline(value)}"


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else json.dumps(key, ensure_ascii=False)


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(_line(*entry) for entry in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return tomli_w.dumps({"v": value}).removeprefix("v = ").rstrip("\n")
