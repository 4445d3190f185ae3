"""Whom the model serves: the spread over subjects, and groups of them. No names."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from data_pipeline.pages.bar_charts import histogram
from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import sentence
from search.report_page.charts.forest import ForestRow, forest
from search.report_page.material import Material
from search.report_page.wording import UNTESTED
from search.reports.metric_texts import LEFT_OUT, METRIC_TEXTS, metric_words, number
from search.reports.review_report import describe_gaps

Report = Mapping[str, Any]

BINS = 12

ROUGH = (
    "Each subject's images are scored by themselves. Of few images a score is rough, "
    "so the spread is wider than that of people."
)
WITHHELD = (
    "Groups of fewer than {least} subjects are withheld, and those that would let "
    "their sizes be computed. A gap between groups is named as if the two had been "
    "chosen before; compare it with the gap of random groups."
)

SUMMARY = {
    "subjects": "subjects",
    "mean": "mean",
    "deviation": "deviation",
    "median": "median",
    "worst_decile": "mean of the worst tenth",
    "lowest": "lowest",
}
"""Keys of a summary over subjects, and their words."""


def subjects(material: Material) -> Section:
    """Shows how much the subjects differ."""
    test = _test(material)
    summary = test.get("by_subject", {}).get("summary", {})
    if not any(found.get("mean") is not None for found in summary.values()):
        raise NoDataError("the data name no subjects, or none has enough images")
    frame = pd.DataFrame(
        {
            words: [_cell(found.get(key)) for found in summary.values()]
            for key, words in SUMMARY.items()
        },
        index=pd.Index([metric_words(metric) for metric in summary], name="metric"),
    )
    return Section(
        highlights=tuple(_highlight(test, summary)),
        paragraphs=(ROUGH,),
        charts=tuple(_spreads(test, summary)),
        tables=(Table(caption="Scores of single subjects", frame=frame, open=True),),
        files=(material.report_file,),
    )


def _test(material: Material) -> Report:
    if material.test is None:
        raise NoDataError(UNTESTED)
    return material.test


def _cell(value: Any) -> str:
    return str(value) if isinstance(value, int) else number(value)


def _highlight(test: Report, summary: Report) -> Iterator[str]:
    """Says for whom it fails."""
    metric = test.get("primary", {}).get("metric")
    found = summary.get(metric) or {}
    if found.get("worst_decile") is not None:
        worst, lowest = number(found["worst_decile"]), number(found["lowest"])
        yield (
            f"Subject by subject ({found['subjects']}), {metric_words(metric)} is "
            f"{number(found['mean'])} on average and {worst} for the tenth it serves "
            f"worst{f', {lowest} at the lowest' * (lowest != worst)}."
        )


def _spreads(test: Report, summary: Report) -> Iterator[Chart]:
    rows = test["by_subject"].get("subjects", {}).values()
    for metric, found in summary.items():
        values = [row[metric] for row in rows if row.get(metric) is not None]
        if not values:
            continue
        words = metric_words(metric)
        low, high = min(0.0, *values), max(1.0, *values)
        edges = np.linspace(low, high, BINS + 1)
        yield Chart(
            name=f"subjects-{metric.replace('.', '-')}",
            caption=f"Subjects of the hold-out by their {words}.",
            alt=f"Histogram of {found['subjects']} subjects by {words}: median "
            f"{number(found.get('median'))}, lowest {number(found.get('lowest'))}.",
            png=histogram(
                np.array(values), edges, label=words, digits=2, unit="subjects"
            ),
        )


def groups(material: Material) -> Section:
    """Shows each group of subjects that is large enough."""
    test = _test(material)
    found = test.get("groups")
    if found is None:
        raise NoDataError("no demographics were given")
    rows = list(_group_rows(test))
    return Section(
        paragraphs=(WITHHELD.format(least=found["least"]), *describe_gaps(test)),
        charts=tuple(_group_charts(test, rows)),
        tables=(_group_table(test),) if rows else (),
        files=(material.report_file,),
    )


def _primary(test: Report) -> tuple[str, str, str]:
    metric = test.get("primary", {}).get("metric", "")
    head, _, name = metric.partition(".")
    return metric, head, name


def _scored(test: Report) -> Iterator[tuple[str, str, Report]]:
    """Yields attribute, group, and what was measured of it."""
    for attribute, entry in test["groups"]["attributes"].items():
        for group, part in entry.get("groups", {}).items():
            yield attribute, group, part


def _group_rows(test: Report) -> Iterator[ForestRow]:
    _, head, name = _primary(test)
    for attribute, group, part in _scored(test):
        row = part.get(head, {}).get(name, {})
        if row.get("value") is not None:
            yield ForestRow(
                label=f"{attribute} {group}, n = {part['subjects']}",
                value=row["value"],
                low=row["low"],
                high=row["high"],
            )


def _group_charts(test: Report, rows: list[ForestRow]) -> Iterator[Chart]:
    if rows:
        words = metric_words(_primary(test)[0])
        listing = "; ".join(f"{row.label}: {row.text}" for row in rows)
        yield Chart(
            name="groups",
            caption=f"{sentence(words)} of each group, with 95 % intervals; n counts "
            "subjects.",
            alt=f"Intervals. {listing}.",
            png=forest(rows, label=words),
        )


def _group_table(test: Report) -> Table:
    _, head, _ = _primary(test)
    names = [f"{attribute} {group}" for attribute, group, _ in _scored(test)]
    rows: list[dict[str, object]] = [
        {
            "subjects": part["subjects"],
            "images": part["images"],
            **{
                METRIC_TEXTS[metric]: number(found["value"])
                for metric, found in part.get(head, {}).items()
                if metric in METRIC_TEXTS and f"{head}.{metric}" not in LEFT_OUT
            },
        }
        for _, _, part in _scored(test)
    ]
    frame = pd.DataFrame(rows, index=pd.Index(names, name="group"))
    caption = f"Metrics of {head.replace('_', ' ')}, group by group"
    return Table(caption=caption, frame=frame)
