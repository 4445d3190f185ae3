"""Subject ids that differ only in spelling, and how a study merges them.

A split by subject is valid only if each person has one id. ``S010``, ``s010``,
``S-010``, ``S10`` and ``SO1O`` are probably one person.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import pairwise

import pandas as pd

from data_pipeline.dataset.problems import Check, Problem
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.system.errors import DataError

MAX_LISTED = 20
"""People listed in an error message; the check command lists all of them."""

_WORD = re.compile(r"\d+|[^\W\d_]+")
_FLOAT = re.compile(r"(\d+)\.0+")
_AS_LATIN = str.maketrans("АВЕКМНОРСТХаеорсхѕЅіІјЈ", "ABEKMHOPCTXaeopcxsSiIjJ")  # noqa: RUF001
"""Cyrillic letters that look like Latin ones."""
_AS_DIGITS = str.maketrans("OoIl|", "00111")
"""Letters that are typed in place of digits."""


def merge_subjects(table: SampleTable, subjects: Mapping[str, str]) -> SampleTable:
    """Replaces ids by the id of the same person; an unknown id is a ``DataError``."""
    if not subjects:
        return table
    existing = _ids(table)
    for name, person in subjects.items():
        for text in (name, person):
            if text not in existing:
                raise DataError(
                    f'[data] subjects: "{name}" = "{person}": the data in {table.root} '
                    f'have no subject "{text}"; {_near(text, existing)}'
                )
    ids = [subjects.get(value, value) for value in table.frame["subject"]]
    column = pd.Series(ids, dtype=object)
    return replace(table, frame=table.frame.assign(subject=column))


def subject_problems(table: SampleTable, subjects: Mapping[str, str]) -> list[Problem]:
    """Finds people who probably have several ids, in a table with merged subjects.

    Each problem names where each id occurs first, and the entries for the study file.
    """
    apart = [name for name, person in subjects.items() if name == person]
    places = table.frame.drop_duplicates("subject").set_index("subject")["place"]
    counts = table.frame["subject"].value_counts()
    return [
        Problem(
            check=Check.SUBJECT,
            where="; ".join(f"{name} ({places[name]})" for name in names),
            message=_advice(sorted(names, key=lambda name: (-counts[name], name))),
        )
        for names in group_similar_ids(_ids(table), apart)
    ]


def refuse_ambiguous_subjects(problems: Sequence[Problem]) -> None:
    """Raises a ``DataError`` that lists the first of ``subject_problems``."""
    if not problems:
        return
    lines = [
        f"  {problem.where}: {problem.message}" for problem in problems[:MAX_LISTED]
    ]
    if len(problems) > MAX_LISTED:
        lines.append(
            f"  ... and {len(problems) - MAX_LISTED} more; "
            "python -m data_pipeline.check lists all of them"
        )
    people = "1 person has" if len(problems) == 1 else f"{len(problems)} people have"
    raise DataError(
        f"subjects: {people} probably several ids, and would be in several parts of a "
        "split. Write in the study file which ids are one person:\n" + "\n".join(lines)
    )


def group_similar_ids(
    ids: Iterable[str], apart: Collection[str] = ()
) -> list[tuple[str, ...]]:
    """Groups ids that are probably one person's, two or more each, sorted.

    Ids are compared without case, separators and leading zeros; in ids with digits,
    the letters O, I and l count as the digits they look like. Ids in ``apart`` are
    declared to be different persons.

    Example:
        >>> group_similar_ids(["S010", "S-010", "S011", "SO1O", "s10", "S100"])
        [('S-010', 'S010', 'SO1O', 's10')]
        >>> group_similar_ids(["S010", "S10"], apart=["S10"])
        []
        >>> group_similar_ids(["1-01", "10-1", "Ola", "0la"])
        [('0la', 'Ola')]
    """
    compared = sorted(set(ids) - set(apart))
    leader = {name: name for name in compared}

    def lead(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for names in _alike(compared):
        for first, second in pairwise(names):
            leader[lead(second)] = lead(first)
    people: dict[str, list[str]] = {}
    for name in compared:
        people.setdefault(lead(name), []).append(name)
    return sorted(tuple(names) for names in people.values() if len(names) > 1)


def normalize_id(name: str) -> str:
    """Returns a key that is equal for all spellings of one id.

    Example:
        >>> normalize_id("Sub-007") == normalize_id("sub7"), normalize_id("--")
        (True, '')
        >>> normalize_id("1-01"), normalize_id("10.0")
        ('1.1.', '10.')
    """
    return _key(_latin(name))


def normalize_lookalikes(name: str) -> str:
    """Returns the key of an id in which letters like O count as digits.

    Example:
        >>> normalize_lookalikes("SO1O") == normalize_lookalikes("s10")
        True
    """
    return _key(_latin(name).translate(_AS_DIGITS))


def canonical_id(subject: str) -> str:
    """Returns the key by which a subject is found in another table.

    Example:
        >>> {canonical_id(name) for name in ("S-010", "s10", "SO1O")}, canonical_id("-")
        ({'s10.'}, '-')
    """
    digits = any(map(str.isdecimal, subject))
    key = normalize_lookalikes(subject) if digits else normalize_id(subject)
    return key or subject


def _alike(names: Sequence[str]) -> Iterator[list[str]]:
    """Yields ids of equal spelling, and then those that look alike."""
    spelled: dict[str, list[str]] = {}
    looking: dict[str, list[str]] = {}
    for name in names:
        spelled.setdefault(normalize_id(name), []).append(name)
        looking.setdefault(normalize_lookalikes(name), []).append(name)
    yield from (alike for key, alike in spelled.items() if key)
    # Without a digit in any of them, "Ola" and "oIa" are two different words.
    for key, alike in looking.items():
        if key and any(letter.isdecimal() for name in alike for letter in name):
            yield alike


def _latin(name: str) -> str:
    """Writes an id in Latin letters, without invisible characters."""
    visible = (letter for letter in name if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFKC", "".join(visible)).translate(_AS_LATIN)


def _key(text: str) -> str:
    """Drops case, separators and leading zeros; two numbers stay two."""
    text = _FLOAT.sub(r"\1", text.strip()) if _FLOAT.fullmatch(text.strip()) else text
    return "".join(
        f"{_number(word)}." if word.isdecimal() else word
        for word in _WORD.findall(text.casefold())
    )


def _number(digits: str) -> str:
    plain = "".join(str(unicodedata.decimal(digit)) for digit in digits)
    return plain.lstrip("0") or "0"


def _ids(table: SampleTable) -> list[str]:
    """Lists the subjects in the order of the table."""
    return [str(name) for name in table.frame["subject"].dropna().unique()]


def _advice(names: Sequence[str]) -> str:
    """Writes the entries of the study file; the commonest id comes first."""
    # JSON strings are valid TOML: an id with a quote can be copied.
    person, *others = (json.dumps(name, ensure_ascii=False) for name in names)
    one = ", ".join(f"{name} = {person}" for name in others)
    several = ", ".join(f"{name} = {name}" for name in others)
    return (
        f"under [data.subjects] write {one} for one person, or {several} for "
        f"{len(names)} persons"
    )


def _near(text: str, existing: list[str]) -> str:
    """Names the nearest subject, or the first ones."""
    if not existing:
        return "they have no subjects: drop [data.subjects]"
    close = get_close_matches(text, existing, n=1)
    if close:
        return f"did you mean {close[0]}?"
    more = len(existing) - MAX_LISTED
    listed = ", ".join(existing[:MAX_LISTED])
    return f"available: {listed}{f' and {more} more' if more > 0 else ''}"
