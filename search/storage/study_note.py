"""The note of an Optuna study in the form that optuna-dashboard reads.

Written here, so that a run needs no dashboard, which is an extra and takes seconds to
import; a test compares it with ``optuna_dashboard.get_note``.
"""

import math
from collections.abc import Mapping
from typing import Any

import optuna

VERSION, PART = "dashboard:note_ver", "dashboard:note_str:"
LONGEST = 2045
"""Characters of one part of a note."""

OWN = "### Your notes"
"""The last heading. What a person writes below it is kept."""

INVITATION = "\n\nWhat you write below this heading is kept.\n"


def save_note(study: optuna.Study, text: str) -> None:
    """Gives a study this note, unless it has it."""
    storage, number = study._storage, study._study_id  # noqa: SLF001 - no public way
    for key, value in note_attributes(text, storage.get_study_system_attrs(number)):
        storage.set_study_system_attr(number, key, value)


def note_attributes(text: str, stored: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Returns system attributes with which a study has this note; none if it has it.

    ``stored`` are those that the study has.
    """
    before = note_of(stored)
    _, heading, own = before.partition(OWN)
    rest = own if heading else INVITATION
    body = f"{text}\n\n{OWN}{rest}"
    if body == before:
        return []
    used = math.ceil(len(body) / LONGEST)
    parts: list[tuple[str, Any]] = [
        (f"{PART}{n}", body[n * LONGEST : (n + 1) * LONGEST])
        for n in range(max(used, _parts(stored)))
    ]
    return [*parts, (VERSION, int(stored.get(VERSION, 0)) + 1)]


def note_of(stored: Mapping[str, Any]) -> str:
    """Joins the parts of a study's note; empty where it has none."""
    return "".join(str(stored.get(f"{PART}{n}", "")) for n in range(_parts(stored)))


def _parts(stored: Mapping[str, Any]) -> int:
    return sum(key.startswith(PART) for key in stored)
