"""A split that keeps people held out once a hold-out was opened with them.

Who is held out follows from the labels, so a corrected label, or more frames of each
sequence, would choose others: those who were tested would move into training.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_pipeline.dataset.config import SplitConfig
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.subject_aliases import canonical_id
from data_pipeline.files.safe_open import read_text
from data_pipeline.split.holdout import overlapping
from data_pipeline.split.receipt import Members, Receipt, Rule
from data_pipeline.split.receipt_file import RECEIPTS, Receipts
from data_pipeline.split.rules import Guarantee
from data_pipeline.split.split import Split as Parts
from data_pipeline.split.split import split

HELD_OUT = "hold_out_subjects.txt"
"""The file in a run's folder that lists who is held out, one a line."""

SHOWN = 5
"""Names in a line, of people who are gone."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Divided:
    """A split, and what there is to say about its hold-out."""

    split: Parts
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What happened before: all openings, and whom a run holds out since it began.

    Another run may have opened another choice meanwhile: a run keeps its own.
    """

    run: str = ""
    receipts: Sequence[Receipt] = ()
    begun: Collection[str] = ()


def past_of(run: Path) -> Past:
    """Reads what happened in a folder of runs.

    Args:
        run: the folder of a run, which need not exist.

    Returns:
        All openings; who is held out, where the run has begun.

    Raises:
        RunError: the receipts cannot be read.
    """
    try:
        text = read_text(run / HELD_OUT)
    except (OSError, UnicodeDecodeError):
        text = ""
    names = [line for line in text.splitlines() if not line.startswith("#")]
    receipts = Receipts(run.parent / RECEIPTS).read()
    return Past(run=run.name, receipts=receipts, begun=names)


def rule_of(keys: SplitConfig) -> Rule:
    """Picks the settings that choose who is held out."""
    return {
        "by": str(keys.by),
        "hold_out": keys.hold_out,
        "hold_out_seed": keys.hold_out_seed,
    }


def divide(table: SampleTable, keys: SplitConfig, *, data: str, past: Past) -> Divided:
    """Splits a table; who was held out in an opening by the same rule stays so.

    Args:
        table: the whole table.
        keys: the settings.
        data: the population that the table shows.
        past: openings so far, and what this very run began with.

    Returns:
        The split.

    Raises:
        DataError: the table cannot be divided so.
    """
    own = split_table(table, keys)
    if own.guarantee is not Guarantee.SUBJECT:
        return Divided(split=own)
    opened = [
        old.members
        for old in past.receipts
        if old.members is not None
        and (old.members.data, dict(old.rule)) == (data, dict(rule_of(keys)))
    ]
    ids = np.unique(table.frame["subject"].to_numpy(dtype=str)).tolist()
    lists = [present for old in opened if (present := _present(old, ids))]
    held = _chosen(own.hold_out.subjects, lists, past.begun)
    parts = own
    if set(held) != set(own.hold_out.subjects):
        parts = split_table(table, keys, held)
    told = (*_told(own, parts, opened), *_tested(parts, data, past))
    return Divided(split=parts, told=told)


def split_table(
    table: SampleTable, keys: SplitConfig, held: Collection[str] | None = None
) -> Parts:
    """Divides a table as a study asks.

    Args:
        table: the whole table.
        keys: the study's section.
        held: subjects who are held out in place of those that the settings choose.

    Returns:
        The split.

    Raises:
        DataError: the table cannot be divided so.
    """
    return split(
        table,
        by=keys.by,
        folds=keys.folds,
        hold_out=keys.hold_out,
        hold_out_seed=keys.hold_out_seed,
        validation=keys.validation,
        held=held,
    )


def _present(old: Members, ids: Sequence[str]) -> list[str]:
    """Finds the people of an opening in a table, by its own spelling."""
    names = set(map(canonical_id, old.subjects))
    return [name for name in ids if canonical_id(name) in names]


def _chosen(
    own: Sequence[str], lists: Sequence[list[str]], begun: Collection[str]
) -> Sequence[str]:
    """Chooses what a run began with, if that was right then; else the first opened."""
    for held in (own, *lists):
        if set(held) == set(begun):
            return held
    return lists[0] if lists else own


def _told(own: Parts, parts: Parts, opened: Sequence[Members]) -> Iterator[str]:
    """Says that people stay held out, and who of them is gone."""
    if parts is not own:
        yield (
            f"hold-out: {len(parts.hold_out.subjects)} subjects stay held out, because "
            "the hold-out was opened with them; these labels alone would choose others"
        )
    held = set(map(canonical_id, parts.hold_out.subjects))
    for old in opened:
        names = set(map(canonical_id, old.subjects))
        gone = [name for name in old.subjects if canonical_id(name) not in held]
        if gone and held <= names:
            more = ", ..." if len(gone) > SHOWN else ""
            yield (
                f"hold-out: {len(gone)} of the {len(names)} subjects of an earlier "
                f"opening no longer occur: {', '.join(gone[:SHOWN])}{more}"
            )
            return


def _tested(parts: Parts, data: str, past: Past) -> Iterator[str]:
    """Says that other runs tested people in a hold-out."""
    members = Members(data=data, subjects=parts.hold_out.subjects)
    before = overlapping(past.receipts, members)
    others = [old for old in before if old.opener.run != past.run]
    if others:
        last = others[-1]
        who = f"run {last.opener.run}" if last.members else "somebody (a torn line)"
        yield (
            f"hold-out: opened before ({len(before)}), last by {who}; another model is "
            "tested on it with --reopen alone, and every report counts that"
        )
