"""Writes a study's tables as TOML, with the keys in their own order.

A sampler suggests keys in the order of ``[space]``: in another order, a study
that is read back would propose other trials.
"""

from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.items import Item


def study_text(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Writes sections; a table inside a section becomes an inline table.

    Example:
        >>> print(study_text({"space": {"a.b": {"low": 1}, "balance": ["none"]}}))
        [space]
        "a.b" = {low = 1}
        balance = ["none"]
        <BLANKLINE>
    """
    document = tomlkit.document()
    for name, table in tables.items():
        section, values = tomlkit.table(), list(table.values())
        for index, (key, value) in enumerate(table.items()):
            # Only at the end: a key after [[tables]] would belong to the last table.
            at_end = all(map(_is_list_of_tables, values[index:]))
            section.add(key, _array_of_tables(value) if at_end else _inline(value))
        document.add(name, section)
    return tomlkit.dumps(document)


def value_text(value: object) -> str:
    """Writes one value.

    Example:
        >>> value_text({"low": 1, "high": 4, "when": {"a": [True]}})
        '{low = 1, high = 4, when = {a = [true]}}'
    """
    return _inline(value).as_string()


def _is_list_of_tables(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(inner, dict) for inner in value)


def _array_of_tables(tables: list[dict[str, Any]]) -> Item:
    array = tomlkit.aot()
    for table in tables:
        item = tomlkit.table()
        for key, value in table.items():
            item.add(key, _inline(value))
        array.append(item)
    return array


def _inline(value: object) -> Item:
    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        for key, inner in value.items():
            table.add(key, _inline(inner))
        return table
    if isinstance(value, list | tuple):
        array = tomlkit.array()
        array.extend(map(_inline, value))
        return array
    return tomlkit.item(value)
