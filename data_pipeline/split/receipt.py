"""Receipts of opened hold-outs: who was tested, by whom; one line of JSON each.

A line names the people who were tested (or the pictures, where the data name nobody),
so that the same people are found again under other labels, frames and study names.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_pipeline.dataset.subject_aliases import canonical_id

Rule = Mapping[str, str | float | int]
"""The settings of a split that say who is held out: ``by``, ``hold_out``, its seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Who is in a hold-out.

    Attributes:
        data: the population; members of others are other people.
        subjects: their ids, sorted.
        pictures: digests of the files that show nobody named.
        part: the published part, where the pictures are one.
    """

    data: str
    subjects: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    part: str | None = None

    def __len__(self) -> int:
        """Counts people, and pictures of nobody named."""
        return len(self.subjects) + len(self.pictures)

    def among(self, others: Sequence["Members"]) -> int:
        """Counts those of these members who are among others too.

        The same published part is the same pictures, however its files are encoded.
        """
        same = [other for other in others if other.data == self.data]
        if self.part is not None and any(other.part == self.part for other in same):
            return len(self)
        people = {canonical_id(name) for other in same for name in other.subjects}
        pictures = {digest for other in same for digest in other.pictures}
        named = sum(canonical_id(name) in people for name in self.subjects)
        return named + sum(digest in pictures for digest in self.pictures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opener:
    """Who opens a hold-out: a run, and the model file (its SHA-256) that it tests."""

    run: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One opening: who was tested, by whom, and by which rule they were held out.

    A line that cannot be read is a receipt without members: it may have been of
    anybody, so it counts for every hold-out.
    """

    members: Members | None
    opener: Opener
    rule: Rule
    time: str


def receipts_in(content: bytes) -> list[Receipt]:
    """Reads the lines of a file of receipts."""
    return [_receipt(line) for line in content.split(b"\n") if line.strip()]


def _receipt(line: bytes) -> Receipt:
    try:
        return _read(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        nobody = Opener(run="", model="")
        return Receipt(members=None, opener=nobody, rule={}, time="")


def _read(values: Mapping[str, Any]) -> Receipt:
    members = Members(
        data=_text(values["data"]),
        subjects=_texts(values["subjects"]),
        pictures=_texts(values["pictures"]),
        part=None if values["part"] is None else _text(values["part"]),
    )
    if not len(members):
        raise ValueError("nobody was tested")
    return Receipt(
        members=members,
        opener=Opener(run=_text(values["run"]), model=_text(values["model"])),
        rule=dict(values["rule"]),
        time=_text(values["time"]),
    )


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError("a list of texts is wanted")
    return tuple(map(_text, values))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is wanted")
    return value


def models_tested(receipts: Sequence[Receipt], data: str) -> dict[str, str]:
    """Lists the models that were tested on a population: digest to run."""
    return {
        old.opener.model: old.opener.run
        for old in receipts
        if old.members is not None and old.members.data == data
    }


def line_of(receipt: Receipt, *, reopened: bool) -> bytes:
    """Writes a receipt as a line of the file, without its end.

    Args:
        receipt: with members.
        reopened: whether any of them was tested before.
    """
    members = receipt.members
    if members is None:
        raise ValueError("a receipt names who was tested")
    values = {
        "data": members.data,
        "subjects": members.subjects,
        "pictures": members.pictures,
        "part": members.part,
        "rule": dict(receipt.rule),
        "run": receipt.opener.run,
        "model": receipt.opener.model,
        "time": receipt.time,
        "reopened": reopened,
    }
    return json.dumps(values).encode()
