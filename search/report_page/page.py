"""The report: one HTML text that needs no network and no script, and its numbers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.pages.page import make_sections
from data_pipeline.pages.template import templates
from search.ledger.records import best_trial
from search.report_page.material import Material
from search.report_page.sections import NESTED_SECTIONS, SECTIONS
from search.report_page.sections.answer import value_of
from search.reports.holdout_report import SYNTHETIC, heading_lines, is_warning
from search.reports.metric_texts import metric_words, number
from search.reports.nested_report import nested_lines
from search.results.words import units
from search.run_files import PAGE, PAGE_NUMBERS, named_gaps
from search.run_folder import write_json, write_text

GENERATOR = "search.report"
TEMPLATES = templates(Path(__file__).parent)


def write_page(material: Material, to: Path | None = None) -> Path:
    """Writes the page, and beside it the numbers that no other file has.

    Args:
        material: the run.
        to: the page's file; by default in the run's folder.

    Returns:
        The page.

    Raises:
        RunError: the report of the test lacks what the page needs.
    """
    page = to or material.folder.file(PAGE)
    with named_gaps(material.folder.file(material.report_file)):
        text, numbers = render(material)
    write_json(
        page.with_suffix(".json") if to else material.folder.file(PAGE_NUMBERS),
        {name: _plain(found) for name, found in numbers.items()},
    )
    write_text(page, text)
    return page


def render(material: Material) -> tuple[str, dict[str, Any]]:
    """Makes every section; returns the page's text, and the numbers by section."""
    listed = NESTED_SECTIONS if material.nested else SECTIONS
    made = make_sections(listed, material, lambda *_: None)
    page = TEMPLATES.get_template("page.html.j2").render(
        title=_title(material),
        generator=GENERATOR,
        material=material,
        notices=list(_notices(material)),
        figures=dict(_figures(material)),
        facts=dict(_facts(material)),
        highlights=made.highlights,
        sections=made.sections,
        absent=made.absent,
    )
    numbers = {
        name: part.numbers for name, (_, part) in made.sections.items() if part.numbers
    }
    return page, numbers


def _plain(value: Any) -> Any:
    """Converts numbers to those of JSON; one that is not finite to ``None``."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def _title(material: Material) -> str:
    """Names the study, and says in the title too that faces are synthetic."""
    faces = ", on synthetic faces" if material.synthetic else ""
    return f"Report of the study {material.study.name}{faces}"


def _notices(material: Material) -> Iterator[str]:
    """Says what must not be overlooked, and what is not done yet."""
    if material.test is not None:
        yield from filter(is_warning, _lines(material))
        return
    if material.synthetic:
        yield SYNTHETIC
    yield _state(material)


def _state(material: Material) -> str:
    """Says how far a search without a test has come, and why it ended if it did."""
    ended, budget = len(material.ended), material.study.search.trials
    of = f"{ended} of at most {budget} trials"
    if ended >= budget:
        return "Not tested: the search has ended, and the hold-out was not opened."
    end = material.end
    if end is None:
        return (
            f"Not finished: {of} have ended. This page shows what there is; rerun the "
            "command of the run to continue."
        )
    if end.failed:
        return (
            f"Failed: the search ended after {of}, because {end.reason}. The same "
            "command starts further trials."
        )
    return (
        f"Not tested: the search ended after {of}, because {end.reason}, and the "
        "hold-out was not opened."
    )


def _facts(material: Material) -> Iterator[tuple[str, str]]:
    """Yields what was tested and under which guarantee, or what is searched."""
    study = material.study
    targets = ", ".join(study.data.targets).replace("_", " ")
    side = study.data.image_size
    yield "Data", f"{_source(material)}; targets {targets}; {side} x {side} pixels"
    for line in _lines(material):
        name, colon, text = line.partition(": ")
        if colon and not is_warning(line):
            yield name, text
    if material.test is None:
        share = study.split.hold_out
        yield "Hold-out", f"{share:g} of the data by {study.split.by}, not opened"


def _source(material: Material) -> str:
    name = material.study.data.dataset
    if not material.synthetic:
        return name
    return "synthetic faces" + f" in the layout of {name}" * (name != "synthetic")


def _lines(material: Material) -> Iterator[str]:
    """Describes what was tested, as the command prints it."""
    if material.test is not None:
        lines = nested_lines if material.nested else heading_lines
        yield from lines(material.test)


def _figures(material: Material) -> Iterator[tuple[str, str]]:
    test, best = material.test, best_trial(material.completed)
    if test is not None:
        metric = test.get("primary", {}).get("metric", ".")
        found = value_of(test, metric)
        if found:
            yield f"{metric_words(metric)}, hold-out", number(found["value"])
            if found["low"] is not None:
                ends = f"{number(found['low'])} to {number(found['high'])}"
                yield "95 % interval", ends
        if "intervals" in test:
            count, _, name = units(test["intervals"]).partition(" ")
            yield f"{name} held out", count
    elif best is not None and best.value is not None:
        yield "best value on validation rows", f"{best.value:.4f}"
    trials = test["search"]["trials"] if test and material.nested else None
    words = "trials" if trials else f"trials, {len(material.completed):,} completed"
    yield words, f"{trials or len(material.ended):,}"
