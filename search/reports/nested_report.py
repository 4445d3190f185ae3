"""The report of a nested run as text for a terminal, at most 100 columns wide."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from data_pipeline.pages.wording import counted
from data_pipeline.split.rules import LEAKY, Guarantee
from search.reports.holdout_report import (
    GUARANTEES,
    SYNTHETIC,
    aligned,
    closing_lines,
    table_rows,
    wrap,
)
from search.reports.metric_texts import number

MOST_PARTS = 20
"""Parts that are listed; ``nested.json`` has all of them."""


def describe_start(
    number: int, count: int, *, subjects: int, images: int, trials: int
) -> str:
    """Describes an outer part before its search.

    Example:
        >>> describe_start(2, 5, subjects=25, images=112, trials=12)
        'outer part 2 of 5: 25 subjects, 112 images are held out from a search of \
12 trials'
    """
    people = f"{counted(subjects, 'subject')}, " if subjects else ""
    return (
        f"outer part {number} of {count}: {people}{counted(images, 'image')} are held "
        f"out from a search of {counted(trials, 'trial')}"
    )


def describe_nested(report: Mapping[str, Any]) -> str:
    """Renders the content of ``nested.json`` as aligned plain text.

    Without a test it has the parts and what they chose.
    """
    lines = list(nested_lines(report))
    if "images" in report:
        lines += ["", *aligned(table_rows(report)), *closing_lines(report)]
    lines += ["", *_parts(report), "", *_choices(report)]
    return "\n".join(line for text in lines for line in wrap(text))


def nested_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Describes who was tested by what, and how high the objective is."""
    guarantee = str(report.get("guarantee", ""))
    if report["synthetic"]:
        yield SYNTHETIC
    if guarantee in LEAKY:
        yield LEAKY[Guarantee(guarantee)]
    count = len(report["parts"])
    inner = counted(report["inner_folds"], "inner fold")
    yield f"Nested evaluation: {count} outer parts, each held out from its own search"
    if "images" not in report:
        yield f"Not tested yet: {inner}"
        return
    images = counted(report["images"], "image")
    people = report["subjects"]
    who = f"{counted(people, 'subject')}, {images}" if people else images
    yield f"Tested: {who}, each once, by a model that was not chosen or trained on it"
    yield f"Guarantee: {guarantee} ({GUARANTEES.get(guarantee, 'unknown')})"
    if report["opened"] > 1:
        units = "subjects" if people else "images"
        yield (
            f"Opened: up to {report['opened']} times; {report['tested_before']} "
            f"{units} were tested before; only a first result is unbiased"
        )
    trials = counted(report["search"]["trials"], "trial")
    yield f"Searched: {trials} in all, {inner}"
    yield from _value(report["objective"])


def _value(objective: Mapping[str, Any]) -> Iterator[str]:
    """Compares the value that chose the trials with the value on outer parts."""
    gap = objective["validation_mean"] - objective["mean"]
    yield (
        f"Value of the objective: {number(objective['value'])} pooled, "
        f"{objective['mean']:.3f} on average of the parts; on validation rows, where "
        f"it was chosen, {objective['validation_mean']:.3f} ({gap:+.3f})"
    )


def _parts(report: Mapping[str, Any]) -> Iterator[str]:
    """Lists the parts, each with the value of its trial."""
    rows = part_rows(report)
    yield from aligned(rows[: MOST_PARTS + 1])
    more = len(report["parts"]) - MOST_PARTS
    if more > 0:
        yield f"and {more} more parts"


def part_rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Renders the cells of a table of all parts: titles, then each part."""
    values = report.get("objective", {}).get("parts", ())
    headings = ("part", "subjects", "images", "trial", "validation", "outer")
    rows: list[tuple[str, ...]] = [headings if values else headings[:-1]]
    for place, part in enumerate(report["parts"]):
        cells = (
            str(part["part"]),
            str(part["subjects"] or "-"),
            str(part["images"]),
            str(part["trial"]),
            f"{part['validation']:.3f}",
        )
        rows.append((*cells, f"{values[place]:.3f}") if values else cells)
    return rows


def _choices(report: Mapping[str, Any]) -> Iterator[str]:
    """Describes what the parts chose of each searched key."""
    yield f"Chosen in the {len(report['parts'])} parts:"
    rows = choice_rows(report)
    width = max((len(key) for key, _ in rows), default=0)
    yield from (f"  {key.ljust(width)}  {text}" for key, text in rows)


def choice_rows(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Renders each searched key, and how much the parts agree on it."""
    count = len(report["parts"])
    return [(key, _choice(found, count)) for key, found in report["choices"].items()]


def _choice(found: Mapping[str, Any], count: int) -> str:
    """Describes how much the parts agree on one key.

    Example:
        >>> _choice({"parts": 5, "counts": {"adam": 4, "sgd": 1}, "agree": 4}, 5)
        'adam 4, sgd 1'
        >>> ends = {"least": 1e-4, "median": 1e-3, "most": 1e-2, "spread": 0.6667}
        >>> _choice({"parts": 2} | ends, 5)
        '0.0001 to 0.01, median 0.001: 67 % of the range (active in 2 parts)'
    """
    active = found["parts"]
    if not active:
        return "active in no part"
    text = ", ".join(f"{value} {n}" for value, n in _sorted(found.get("counts", {})))
    if "least" in found:
        text = (
            f"{found['least']:.3g} to {found['most']:.3g}, median "
            f"{found['median']:.3g}: {100 * found['spread']:.0f} % of the range"
        )
    where = "" if active == count else f" (active in {counted(active, 'part')})"
    return text + where


def _sorted(counts: Mapping[str, int]) -> Sequence[tuple[str, int]]:
    """Lists values, the most frequent first."""
    return sorted(counts.items(), key=lambda pair: -pair[1])
