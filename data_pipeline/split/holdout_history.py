"""Subjects stay held out once a hold-out was opened with them.

The labels determine who is held out. A corrected label, or more frames of each
sequence, would choose others, and subjects already tested would move into training.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_pipeline.config.split_config import SplitConfig
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.subject_aliases import canonical_id
from data_pipeline.files.safe_open import read_text
from data_pipeline.split.holdout import overlapping
from data_pipeline.split.receipt import (
    DIVISION,
    OUTER_PART,
    Members,
    Receipt,
    Rule,
)
from data_pipeline.split.receipt_file import RECEIPTS, Receipts
from data_pipeline.split.rules import Guarantee
from data_pipeline.split.split import Split, split
from data_pipeline.system.terminal import one_line

HELD_OUT = "hold_out_subjects.txt"
"""The file in a run's folder that lists the held-out subjects, one a line."""

COMMENT = "#"
"""Beginning of a line of it that names nobody."""

MAX_NAMES = 5
"""Names of missing subjects in a message."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SplitResult:
    """A split, and notes for the user about its hold-out."""

    split: Split
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHistory:
    """All openings of hold-outs, and the subjects that a run has held out so far.

    ``held_out`` has them as ``held_out_line`` writes them. Another run may have opened
    another choice meanwhile: a run keeps its own.
    """

    run: str = ""
    receipts: Sequence[Receipt] = ()
    held_out: Collection[str] = ()


def held_out_line(subject: str) -> str:
    r"""Writes a subject's id as one line, which is no comment and steers no terminal.

    Example:
        >>> print(held_out_line("S010"), held_out_line("#2"))
        S010 \x232
    """
    line = one_line(subject)
    return f"\\x23{line[1:]}" if line.startswith(COMMENT) else line


def read_history(out: Path, run: str) -> RunHistory:
    """Reads the history of a run.

    Args:
        out: the folder of all runs.
        run: the run's name; it need not exist.

    Raises:
        RunError: the receipts cannot be read.
    """
    try:
        text = read_text(out / run / HELD_OUT)
    except (OSError, UnicodeDecodeError):
        text = ""
    names = [line for line in text.splitlines() if not line.startswith(COMMENT)]
    receipts = Receipts(out / RECEIPTS).read()
    return RunHistory(run=run, receipts=receipts, held_out=names)


def holdout_rule(config: SplitConfig, *, division: str = "") -> Rule:
    """Returns the settings that determine who is held out.

    ``division`` digests the outer parts, if there are some.
    """
    by, seed = str(config.by), config.hold_out_seed
    if config.outer_folds is None or config.outer_part is None:
        return {"by": by, "hold_out": config.hold_out, "hold_out_seed": seed}
    return {
        "by": by,
        "outer_folds": config.outer_folds,
        OUTER_PART: config.outer_part,
        "hold_out_seed": seed,
        DIVISION: division,
    }


def split_with_history(
    table: SampleTable, config: SplitConfig, *, data: str, history: RunHistory
) -> SplitResult:
    """Splits a table; subjects of an opened hold-out with the same rule stay held out.

    Args:
        table: the whole table.
        config: the study's ``[split]``.
        data: the population that the table shows.
        history: openings so far, and the subjects that this run holds out.

    Returns:
        The split, and notes on subjects that stay held out or were tested before.

    Raises:
        DataError: the table cannot be split this way.
    """
    fresh = split(table, config)
    if fresh.guarantee is not Guarantee.SUBJECT:
        return SplitResult(split=fresh)
    if config.outer_part is not None:
        # Whoever was tested before is trained on in the other parts anyway.
        return SplitResult(split=fresh, notes=(*_tested_note(fresh, data, history),))
    rule = dict(holdout_rule(config))
    opened = [
        old.members
        for old in history.receipts
        if old.members is not None
        and (old.members.data, dict(old.rule)) == (data, rule)
    ]
    ids = np.unique(table.frame["subject"].to_numpy(dtype=str)).tolist()
    choices = [present for old in opened if (present := _present(old, ids))]
    held_out = _choose(fresh.hold_out.subjects, choices, history.held_out)
    kept = fresh
    if set(held_out) != set(fresh.hold_out.subjects):
        kept = split(table, config, held_out)
    notes = (*_kept_notes(fresh, kept, opened), *_tested_note(kept, data, history))
    return SplitResult(split=kept, notes=notes)


def _present(old: Members, ids: Sequence[str]) -> list[str]:
    """Returns the subjects of an opening that a table has, in its spelling."""
    names = set(map(canonical_id, old.subjects))
    return [name for name in ids if canonical_id(name) in names]


def _choose(
    fresh: Sequence[str], opened: Sequence[list[str]], recorded: Collection[str]
) -> Sequence[str]:
    """Keeps what a run began with if it is among the choices; else the first opened."""
    for held_out in (fresh, *opened):
        if set(map(held_out_line, held_out)) == set(recorded):
            return held_out
    return opened[0] if opened else fresh


def _kept_notes(fresh: Split, kept: Split, opened: Sequence[Members]) -> Iterator[str]:
    """Reports subjects that stay held out, and those no longer in the data."""
    if kept is not fresh:
        yield (
            f"hold-out: {len(kept.hold_out.subjects)} subjects stay held out, because "
            "the hold-out was opened with them; these labels alone would select others"
        )
    held_out = set(map(canonical_id, kept.hold_out.subjects))
    for old in opened:
        names = set(map(canonical_id, old.subjects))
        gone = [name for name in old.subjects if canonical_id(name) not in held_out]
        if gone and held_out <= names:
            more = ", ..." if len(gone) > MAX_NAMES else ""
            yield (
                f"hold-out: {len(gone)} of the {len(names)} subjects of an earlier "
                f"opening no longer occur: {', '.join(gone[:MAX_NAMES])}{more}"
            )
            return


def _tested_note(kept: Split, data: str, history: RunHistory) -> Iterator[str]:
    """Reports that other runs tested subjects of the hold-out."""
    members = Members(data=data, subjects=kept.hold_out.subjects)
    before = overlapping(history.receipts, members)
    others = [old for old in before if old.opener.run != history.run]
    if others:
        last = others[-1]
        run = f"run {last.opener.run}" if last.members else "an unreadable receipt"
        yield (
            f"hold-out: opened before ({len(before)}), last by {run}; testing another "
            "model on it needs --reopen (every evaluation is recorded)"
        )
