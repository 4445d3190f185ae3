"""The hold-out report as text for a terminal, at most 100 columns wide."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from shlex import quote
from typing import Any

from data_pipeline.dataset.problems import Problem
from data_pipeline.dataset.skipped_files import Skipped, describe_skipped
from data_pipeline.pages.wording import counted
from data_pipeline.split.rules import LEAKY, Guarantee
from models.metrics.own.metric import is_own_code
from search.reports.calibration_report import describe_calibration
from search.reports.metric_texts import (
    BASELINES,
    COMPARED,
    CONTINUOUS,
    HEADS,
    LEFT_OUT,
    METRIC_TEXTS,
    UNDEFINED,
    metric_words,
    number,
)
from search.reports.review_report import (
    describe_gaps,
    describe_primary,
    describe_seeds,
    describe_subjects,
    group_rows,
)

WIDTH = 100

GUARANTEES: dict[str, str] = {
    "subject": "no subject is in two parts",
    "subject_ids": "no subject id is in two parts, but images are: see Duplicates",
    "partition": "the published partition; a subject may be in two parts",
    "subject_partition": "the given parts, of which no two share a subject",
    "sequence": "no sequence is in two parts, but a subject may be",
    "image": "no image is in two parts, but a subject may be",
}
"""What each guarantee of a split means."""

SYNTHETIC = (
    "SYNTHETIC DATA: these faces were rendered by this project. The numbers do not "
    "apply to real people."
)

IMBALANCE = "0: as the whole set, 1: as a random split"
"""Scale of a part's imbalance."""


def describe_report(report: Mapping[str, Any]) -> str:
    """Renders the content of ``holdout.json`` as aligned plain text.

    What was tested, then each metric with its 95 % interval and the baselines' values,
    the differences from the baselines, and the labels that do not occur. ``subjects``
    may be a number or a list.
    """
    lines = [*heading_lines(report), "", *aligned(table_rows(report))]
    lines += [*closing_lines(report), *_groups(report)]
    return "\n".join(line for text in lines for line in wrap(text))


def describe_findings(
    skipped: Sequence[Skipped], classes: Sequence[Problem], study: str
) -> str:
    """Lists rows that the reader skipped and problems with the study's classes.

    Example:
        >>> row = Skipped(place="training.csv line 7", reason="9 columns, found 1")
        >>> print(describe_findings([row], [], "affectnet"))
        left out: 1 row without a readable label
          training.csv line 7: 9 columns, found 1
          to list all: python -m data_pipeline.check --study affectnet --all
        >>> describe_findings([], [], "affectnet")
        ''
    """
    lines = [
        *describe_skipped(skipped),
        *(f"Warning: {each.where}: {each.message}" for each in classes),
    ]
    check = f"python -m data_pipeline.check --study {quote(study)} --all"
    return "\n".join([*lines, f"  to list all: {check}"] if lines else [])


def describe_without_face(counts: Mapping[str, int]) -> str:
    """Describes how many images of each part show no face.

    Example:
        >>> describe_without_face({"development": 3, "hold_out": 0})
        'No face found: 3 development, 0 hold-out images; their centre is used instead'
        >>> describe_without_face({"development": 0})
        'A face was found in every image'
    """
    if not any(counts.values()):
        return "A face was found in every image"
    parts = ", ".join(f"{n} {part.replace('_', '-')}" for part, n in counts.items())
    return f"No face found: {parts} images; their centre is used instead"


def is_warning(line: str) -> bool:
    """Whether a line of the heading must not be overlooked."""
    return line == SYNTHETIC or line in LEAKY.values()


def closing_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Describes seeds, differences, calibration, absent labels, and single subjects."""
    yield from describe_seeds(report.get("seeds"))
    yield from _objective(report)
    yield from _differences(report)
    yield from describe_calibration(report)
    yield from _absences(report)
    yield from describe_subjects(report)


def heading_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Describes what was tested, under which guarantee, and how often."""
    guarantee = str(report["guarantee"])
    if report.get("synthetic"):
        yield SYNTHETIC
    if guarantee in LEAKY:
        yield LEAKY[Guarantee(guarantee)]
    images = counted(report["images"], "image")
    if report["subjects"] is None:
        part = f"the published {report['part']} part, " if report.get("part") else ""
        over = "sequences" if guarantee == Guarantee.SEQUENCE else "images"
        yield f"Hold-out: {part}{images}, no subject ids: intervals are over {over}"
    else:
        subjects = counted(_count(report["subjects"]), "subject")
        yield f"Hold-out: {subjects}, {images}"
    yield f"Guarantee: {guarantee} ({GUARANTEES.get(guarantee, 'unknown')})"
    yield f"Opened: {_opened(report)}"
    yield from _search(report.get("search"))
    yield from describe_primary(report)
    if "split" in report:
        achieved = report["split"]["imbalance"]["hold-out"]
        yield f"Imbalance of its labels: {achieved:.2f} ({IMBALANCE})"
    if "labels" in report:
        yield _rules(report)
    if "without_face" in report:
        yield describe_without_face(report["without_face"])
    if "start" in report:
        yield from _initial_weights(report["start"])
    yield from _rows(report)


def _search(search: Mapping[str, Any] | None) -> Iterator[str]:
    """Describes among how many trials the tested one was selected, and why no more."""
    if search is not None:
        ended = f"; {search['ended']}" if search.get("ended") else ""
        yield f"Selected among: {counted(search['trials'], 'trial')}{ended}"


def _rows(report: Mapping[str, Any]) -> Iterator[str]:
    """Describes duplicates and unreadable rows."""
    if "duplicates" in report:
        yield _duplicates(report["duplicates"])
    if report.get("skipped"):
        yield f"Left out: {counted(report['skipped'], 'row')} without a readable label"


def _duplicates(found: Mapping[str, Any]) -> str:
    """Counts hold-out images that are development images under another name."""
    if not found["images"]:
        return "Duplicates: no hold-out image is also a development image"
    left = counted(found["without"]["images"], "image")
    one = found["images"] == 1
    what = "image is also a" if one else "images are also"
    images = "development image" if one else "development images"
    return f"Duplicates: {found['images']} {what} {images}; {left} without them"


def _initial_weights(start: Mapping[str, Any]) -> Iterator[str]:
    """Describes the initial weights, with a warning where their data are unknown."""
    of = start["loaded"] + start["skipped"]
    yield f"Initial weights {start['weights']}: {start['loaded']} of {of} layers"
    if start.get("unknown"):
        yield "Their training data are unknown and may include these images"


def _rules(report: Mapping[str, Any]) -> str:
    """Describes the rules by which votes became labels."""
    trained, scored = report["labels"]["trained"], report["labels"]["scored"]
    kept = report["emotion"]["images"]
    return (
        f"Labels: trained on {trained}, scored by {scored}, which labels {kept} of "
        f"{counted(report['images'], 'image')}; results by other rules differ"
    )


def _count(subjects: int | Sequence[str]) -> int:
    """Counts subjects given as a number or a list."""
    return subjects if isinstance(subjects, int) else len(subjects)


def _opened(report: Mapping[str, Any]) -> str:
    """Describes how often the hold-out was opened."""
    if report["opened"] == 1:
        return "once"
    text = f"{report['opened']} times"
    if "tested_before" in report:
        people = _count(report["subjects"] or 0)
        things = counted(people, "subject") if people else "images"
        text += f"; {report['tested_before']} of the {things} were tested before"
    return f"{text}; only the first result is unbiased"


def table_rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Renders the cells of the table: titles, then heads, each with its metrics."""
    baselines = _baselines(report)
    headings = [BASELINES[name][0] for name in baselines]
    rows: list[tuple[str, ...]] = [
        ("", "value", "95 % interval", "constant", *headings, "distinct")
    ]
    apart = report.get("duplicates", {}).get("without", {})
    for head, title in HEADS.items():
        if head in report:
            part = report[head]
            blank = [""] * (3 + len(baselines))
            rows.append((_title(title, part), *blank, _size(head, apart)))
            rows += _metric_rows(head, part, apart.get(head), baselines)
    return rows if apart else [row[:-1] for row in rows]


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lays out rows of cells in columns, the first to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _groups(report: Mapping[str, Any]) -> Iterator[str]:
    """Lays out the groups of subjects, and describes the gaps between them."""
    rows = group_rows(report)
    if "groups" in report:
        yield ""
        yield from aligned(rows) if rows else ()
        yield from describe_gaps(report)


def _baselines(report: Mapping[str, Any]) -> list[str]:
    """Names the baselines of a report beside the constant."""
    return [name for name in BASELINES if name in report.get("baselines", {})]


def _size(head: str, apart: Mapping[str, Any]) -> str:
    """Counts the labelled images without duplicates."""
    return f"n = {apart[head]['images']}" if head in apart else ""


def _title(title: str, part: Mapping[str, Any]) -> str:
    """Heads a part of the table with the number of its labelled images."""
    return f"{title} ({counted(part['images'], 'image')})"


def _metric_rows(
    head: str,
    part: Mapping[str, Any],
    apart: Mapping[str, Any] | None,
    baselines: Sequence[str],
) -> Iterator[tuple[str, ...]]:
    """Renders the cells of each main metric; ``apart`` is without duplicates."""
    values = {} if apart is None else apart["metrics"]
    more = {f"{unit}_icc": f"{unit} ICC" for unit in part.get("per_au", ())}
    more |= {name: name for name in part["metrics"] if is_own_code(name)}
    for name, words in (METRIC_TEXTS | more).items():
        found = part["metrics"].get(name)
        if found is None or f"{head}.{name}" in LEFT_OUT:
            continue
        low, high = number(found["low"]), number(found["high"])
        unknown = found["low"] is None or found["high"] is None
        expected = part.get("if_calibrated", {}).get(name)
        beside = "" if expected is None else f" ({number(expected)} calibrated)"
        yield (
            f"  {words}{beside}",
            number(found["value"]),
            UNDEFINED if unknown else f"{low} to {high}",
            number(part["baseline"].get(name)),
            *(
                number(_compared(part, baseline, name).get("value"))
                for baseline in baselines
            ),
            number(values.get(name, {}).get("value")),
        )


def _compared(part: Mapping[str, Any], baseline: str, metric: str) -> Mapping[str, Any]:
    """Returns a metric of a baseline, if the part has it."""
    found: Mapping[str, Any] = part.get("baselines", {}).get(baseline, {}).get(metric)
    return found or {}


def _objective(report: Mapping[str, Any]) -> Iterator[str]:
    """Describes the value of the objective, and by how much it is the higher one."""
    found = report.get("objective")
    if found:
        yield ""
        yield (
            f"Objective of the search, {_weighed(found['metrics'])}: "
            f"{number(found['value'])}{_ends(found, '.3f')}"
        )
        gains = found.get("gains", {})
        words = [f"{BASELINES[name][0]} {_difference(gains[name])}" for name in gains]
        if words:
            yield f"Objective, model minus baseline (95 % interval): {'; '.join(words)}"


def _weighed(metrics: Mapping[str, float]) -> str:
    """Names the metrics of an objective, with their shares where there are several.

    Example:
        >>> _weighed({"emotion.macro_f1": 3.0, "emotion.accuracy": 1.0})
        '0.75 x macro F1 of emotion + 0.25 x accuracy of emotion'
    """
    total = sum(metrics.values())
    if len(metrics) == 1:
        return metric_words(next(iter(metrics)))
    return " + ".join(
        f"{weight / total:.2g} x {metric_words(name)}"
        for name, weight in metrics.items()
    )


def _differences(report: Mapping[str, Any]) -> Iterator[str]:
    """Describes each baseline, and the differences of some metrics from it."""
    for name in _baselines(report):
        heading, words = BASELINES[name]
        value = number(report["baselines"][name]["value"])
        yield ""
        words = words.format(**report["baselines"][name])
        gain = report["baselines"][name].get("gain")
        beside = f", the trial's minus it {_difference(gain)}" if gain else ""
        yield f"{heading.capitalize()}: {words}; validation score {value}{beside}"
        found = [
            f"{METRIC_TEXTS[metric].partition(',')[0]} {_difference(compared)}"
            for head, metrics in COMPARED.items()
            for metric in metrics
            if (compared := _compared(report.get(head, {}), name, metric))
        ]
        if found:
            yield f"Model minus {heading} (95 % interval): {'; '.join(found)}"


def _difference(compared: Mapping[str, Any]) -> str:
    """Renders a difference with its interval and signs."""
    value = compared["difference"]
    return UNDEFINED if value is None else f"{value:+.3f}{_ends(compared, '+.3f')}"


def _ends(row: Mapping[str, Any], form: str) -> str:
    """Renders an interval in brackets; empty where there is none."""
    low, high = row["low"], row["high"]
    return "" if low is None or high is None else f" ({low:{form}} to {high:{form}})"


def _absences(report: Mapping[str, Any]) -> Iterator[str]:
    """Names the labels that do not occur and so enter no mean."""
    for head, title in HEADS.items():
        absent = report.get(head, {}).get("absent", [])
        if absent:
            yield ""
            why = "constant" if head in CONTINUOUS else "not"
            names = ", ".join(absent)
            yield f"{title} {why} in the hold-out, left out of means: {names}"


def wrap(text: str) -> list[str]:
    """Breaks a line at the terminal's width and indents the rest."""
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ") or [""]
