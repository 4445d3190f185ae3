"""Where the numbers come from: data, split, machines, software, openings."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from data_pipeline.pages.section import Section, Table
from data_pipeline.pages.wording import counted
from data_pipeline.split.receipt import Receipt
from search.report_page.material import Material
from search.report_page.sections.record.computing import (
    computing_numbers,
    computing_table,
)
from search.run_files import NESTED_STUDY, PAGE_NUMBERS, STUDY

WORDS: Mapping[str, str] = {
    "data.targets": "targets",
    "data.emotions": "emotion classes",
    "data.label_rule": "rule that makes labels of votes",
    "data.neutral": "neutral faces",
    "data.frames": "frames of a sequence",
    "data.image_size": "image size, pixels",
    "data.crop": "crop",
    "data.subjects": "subjects known by two names",
    "data.name": "name of the data",
    "split.by": "split by",
    "split.hold_out": "share held out",
    "split.hold_out_seed": "seed of the hold-out",
    "split.folds": "folds",
    "split.validation": "validation share",
    "split.duplicates": "copies of an image",
    "split.outer_folds": "outer parts",
    "split.outer_part": "outer part held out",
    "search.seed": "seed of the search",
    "data.labels": "fingerprint of the labels",
    "data.hold_out": "fingerprint of the hold-out",
    "data.groups": "fingerprint of the groups",
    "data.pixels": "fingerprint of the pixels",
    "data.folds": "fingerprint of the folds",
}
"""Keys of a run's identity that are shown, in their order, and their words."""

NESTED_WORDS: Mapping[str, str] = {
    "split.hold_out": "",
    "split.hold_out_seed": "seed of the outer parts",
    "split.folds": "inner folds",
}
"""Words that differ in a nested run, whose parts are its hold-outs."""

WEIGHTS = "backbone.weights "
UNUSED: tuple[object, ...] = (None, {}, [], "", "none")
"""Values of a setting that is not used: it has no row."""

_LONGEST = 60


def section(material: Material) -> Section:
    """Lists what the run depends on."""
    provenance = material.provenance
    return Section(
        tables=tuple(_tables(material)),
        files=(
            PAGE_NUMBERS,
            NESTED_STUDY if material.nested else STUDY,
            *([material.report_file] if material.test else []),
        ),
        numbers={
            "identity": dict(provenance.identity),
            "pixels": dict(provenance.pixels),
            "machines": [dict(found) for found in provenance.machines],
            "openings": [_opening(old) for old in material.receipts],
            **computing_numbers(material),
        },
    )


def _tables(material: Material) -> Iterator[Table]:
    yield _listing("Data and split", dict(_data(material)))
    software = dict(_machines(material))
    if software:
        yield _listing("Machines and software", software)
    yield from computing_table(material)
    if material.receipts:
        yield _openings(material.receipts)


def _listing(caption: str, rows: Mapping[str, str]) -> Table:
    frame = pd.DataFrame({"found": pd.Series(rows, dtype=object)})
    return Table(
        caption=caption, frame=frame.rename_axis("what"), open=True, words=True
    )


def _data(material: Material) -> Iterator[tuple[str, str]]:
    """Yields data, split and fingerprints; settings that are not used have no row."""
    provenance = material.provenance
    found = {**provenance.identity, **provenance.pixels}
    yield (
        "data set",
        material.study.data.dataset + " (SYNTHETIC faces)" * (material.synthetic),
    )
    words = {**WORDS, **NESTED_WORDS} if material.nested else WORDS
    for key, name in words.items():
        if name and found.get(key) not in UNUSED:
            yield name, _short(found[key])
    for key, value in found.items():
        if key.startswith(WEIGHTS):
            yield f"fingerprint of {key.removeprefix(WEIGHTS)}", _short(value)
    if material.storage:
        yield "trials in", material.storage


def _machines(material: Material) -> Iterator[tuple[str, str]]:
    for number, found in enumerate(material.provenance.machines, start=1):
        yield f"machine {number}", ", ".join(f"{k} {v}" for k, v in found.items())
    versions = (material.test or {}).get("tested", {}).get("versions", {})
    if versions:
        listed = ", ".join(f"{name} {version}" for name, version in versions.items())
        yield "software of the test", listed


def _openings(receipts: Sequence[Receipt]) -> Table:
    """Lists each recorded evaluation; people are counted, not named."""
    rows = [
        {
            "run": found["run"],
            "tested": found["tested"],
            "SHA-256 of the model": _short(found["model"]),
        }
        for found in map(_opening, receipts)
    ]
    times = [old.time or "at an unknown time" for old in receipts]
    return Table(
        caption="Openings of the hold-out, as their receipts say",
        frame=pd.DataFrame(rows, index=pd.Index(times, name="time")),
        open=True,
        words=True,
    )


def _opening(receipt: Receipt) -> dict[str, Any]:
    members = receipt.members
    kind = "subject" if members is not None and members.subjects else "image"
    return {
        "time": receipt.time,
        "run": receipt.opener.run,
        "tested": counted(len(members or ()), kind),
        "model": receipt.opener.model,
    }


def _short(value: object) -> str:
    """Writes a value; a long one, such as a fingerprint, by its beginning.

    Example:
        >>> _short(["emotion", "action_units"]), len(_short("a" * 64))
        ('emotion, action units', 17)
    """
    if isinstance(value, dict):
        return ", ".join(f"{key}: {one}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(str(one).replace("_", " ") for one in value)
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:16]}…"
