"""Where the numbers come from: data, split, machines, software, openings."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from data_pipeline.pages.section import Section, Table
from search.report_page.material import Material
from search.run_files import PAGE_NUMBERS


def section(material: Material) -> Section:
    """Lists what the run depends on."""
    rows = dict(_rows(material))
    frame = pd.DataFrame({"found": pd.Series(rows, dtype=object)}).rename_axis("what")
    return Section(
        tables=(
            Table(
                caption="Data, split, machines and software",
                frame=frame,
                open=True,
                words=True,
            ),
        ),
        files=(
            PAGE_NUMBERS,
            "study.toml",
            *([material.report_file] if material.test else []),
        ),
        numbers={
            "identity": _plain(material.provenance.identity),
            "pixels": _plain(material.provenance.pixels),
            "machines": [dict(found) for found in material.provenance.machines],
            "openings": [old.time for old in material.receipts],
        },
    )


def _plain(found: Mapping[str, Any]) -> dict[str, Any]:
    return dict(found)


def _rows(material: Material) -> Iterator[tuple[str, str]]:
    study, provenance, test = material.study, material.provenance, material.test or {}
    yield "data set", study.data.dataset + " (SYNTHETIC faces)" * material.synthetic
    yield "seeds", f"search {study.search.seed}, hold-out {study.split.hold_out_seed}"
    for key, value in {**provenance.identity, **provenance.pixels}.items():
        if key.startswith("data.") or key in provenance.pixels:
            yield key.removeprefix("data."), _short(value)
    for number, found in enumerate(provenance.machines, start=1):
        yield f"machine {number}", ", ".join(f"{k} {v}" for k, v in found.items())
    yield from test.get("tested", {}).get("versions", {}).items()
    for number, old in enumerate(material.receipts, start=1):
        yield f"hold-out opened, {number}", old.time or "at an unknown time"
    if material.storage:
        yield "trials in", material.storage


_LONGEST = 60


def _short(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
