"""Who is one person: subject ids that differ in spelling alone, and how to join them.

A split by subject keeps its promise only where each person has one id. ``S010``,
``s010``, ``S-010``, ``S10`` and ``SO1O`` are probably one person.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import pairwise

import pandas as pd

from data_pipeline.dataset.problems import Check, Problem
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.subject_ids import looks_like, spelled_as
from data_pipeline.system.errors import DataError

LISTED = 20
"""People that a refusal names; the check lists all of them."""


def joined(table: SampleTable, subjects: Mapping[str, str]) -> SampleTable:
    """Gives people one id each.

    Args:
        table: the whole table.
        subjects: ids of the table -> the id of the same person.

    Returns:
        The table with these ids.

    Raises:
        DataError: an id does not occur in the table.
    """
    if not subjects:
        return table
    known = _ids(table)
    for name, person in subjects.items():
        for text in (name, person):
            if text not in known:
                raise DataError(
                    f'[data] subjects: "{name}" = "{person}": the data in {table.root} '
                    f'name no subject "{text}"; {_near(text, known)}'
                )
    ids = [subjects.get(value, value) for value in table.frame["subject"]]
    column = pd.Series(ids, dtype=object)
    return replace(table, frame=table.frame.assign(subject=column))


def people_problems(table: SampleTable, subjects: Mapping[str, str]) -> list[Problem]:
    """Finds people who probably have two ids.

    Args:
        table: the whole table, its people joined.
        subjects: what the study file says of them.

    Returns:
        One problem for each person: where each id occurs first, and the way out.
    """
    apart = [name for name, person in subjects.items() if name == person]
    places = table.frame.drop_duplicates("subject").set_index("subject")["place"]
    counts = table.frame["subject"].value_counts()
    return [
        Problem(
            check=Check.SUBJECT,
            where="; ".join(f"{name} ({places[name]})" for name in names),
            found=_advice(sorted(names, key=lambda name: (-counts[name], name))),
        )
        for names in same_people(_ids(table), apart)
    ]


def refuse_shared(problems: Sequence[Problem]) -> None:
    """Refuses a search of people who probably have two ids.

    Args:
        problems: what ``people_problems`` found.

    Raises:
        DataError: there is one at least; the message names them.
    """
    if not problems:
        return
    lines = [f"  {found.where}: {found.found}" for found in problems[:LISTED]]
    if len(problems) > LISTED:
        lines.append(
            f"  ... and {len(problems) - LISTED} more; python -m data_pipeline.check "
            "lists all of them"
        )
    people = "1 person has" if len(problems) == 1 else f"{len(problems)} people have"
    raise DataError(
        f"subjects: {people} several ids, or so it looks; nobody may be in two parts "
        "of a split. Say in the study file which ids are one person:\n"
        + "\n".join(lines)
    )


def same_people(
    ids: Iterable[str], apart: Collection[str] = ()
) -> list[tuple[str, ...]]:
    """Groups ids that are probably one person's.

    Ids are compared without case, separators and leading zeros; in ids with digits,
    the letters O, I and l count as the digits that they look like.

    Args:
        ids: of all subjects.
        apart: ids of which it is known that they are persons of their own.

    Returns:
        Groups of two ids or more, sorted.

    Example:
        >>> same_people(["S010", "S-010", "S011", "SO1O", "s10", "S100"])
        [('S-010', 'S010', 'SO1O', 's10')]
        >>> same_people(["S010", "S10"], apart=["S10"])
        []
        >>> same_people(["1-01", "10-1", "Ola", "0la"])
        [('0la', 'Ola')]
    """
    known = sorted(set(ids) - set(apart))
    leader = {name: name for name in known}

    def lead(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    for names in _alike(known):
        for first, second in pairwise(names):
            leader[lead(second)] = lead(first)
    people: dict[str, list[str]] = {}
    for name in known:
        people.setdefault(lead(name), []).append(name)
    return sorted(tuple(names) for names in people.values() if len(names) > 1)


def _alike(names: Sequence[str]) -> Iterator[list[str]]:
    """Yields ids that are spelled alike, and then those that look alike."""
    spelled: dict[str, list[str]] = {}
    looking: dict[str, list[str]] = {}
    for name in names:
        spelled.setdefault(spelled_as(name), []).append(name)
        looking.setdefault(looks_like(name), []).append(name)
    yield from (found for key, found in spelled.items() if key)
    # Without a digit in one of them, "Ola" and "oIa" are two words and no slips.
    for key, found in looking.items():
        if key and any(letter.isdecimal() for name in found for letter in name):
            yield found


def _ids(table: SampleTable) -> list[str]:
    """Lists the subjects in the order of the table."""
    return [str(name) for name in table.frame["subject"].dropna().unique()]


def _advice(names: Sequence[str]) -> str:
    """Writes the entries of the study file; the commonest id comes first."""
    # JSON's strings are TOML's, too: an id with a quote can be copied.
    person, *others = (json.dumps(name, ensure_ascii=False) for name in names)
    one = ", ".join(f"{name} = {person}" for name in others)
    several = ", ".join(f"{name} = {name}" for name in others)
    return (
        f"under [data.subjects] write {one} for one person, or {several} for "
        f"{len(names)} persons"
    )


def _near(text: str, known: list[str]) -> str:
    """Names the id that was probably meant, or some of them."""
    if not known:
        return "they name nobody: drop [data.subjects]"
    close = get_close_matches(text, known, n=1)
    if close:
        return f"did you mean {close[0]}?"
    more = len(known) - LISTED
    listed = ", ".join(known[:LISTED])
    return f"known are {listed}{f' and {more} more' if more > 0 else ''}"
