"""The answer: what the tested model reaches, against what, and how sure that is."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import sentence
from search.report_page.charts.forest import ForestRow, forest
from search.report_page.choice import choice_rows, choice_texts
from search.report_page.material import Material
from search.report_page.wording import UNTESTED, backbone_of, significance
from search.reports.holdout_report import closing_lines, table_rows
from search.reports.metric_texts import (
    BASELINES,
    COMPARED,
    METRIC_TEXTS,
    metric_words,
    number,
)
from search.results.markdown import interval
from search.results.words import units

Report = Mapping[str, Any]

_APART = ("baselines", "seeds", "by_subject", "calibration", "duplicates")
"""Parts of the report that other sections or tables have."""

_VALIDATED = (
    ' Rows named "validation" are on the rows that the search saw, the others on the '
    "hold-out."
)


def section(material: Material) -> Section:
    """Answers what was reached on the hold-out."""
    test = material.test
    if test is None:
        raise NoDataError(UNTESTED)
    header, *rows = table_rows(test)
    frame = pd.DataFrame(
        [row[1:] for row in rows],
        columns=list(header[1:]),
        index=pd.Index([row[0].strip() for row in rows], name="metric"),
    )
    others = {name: part for name, part in test.items() if name not in _APART}
    return Section(
        highlights=tuple(_highlights(material, test)),
        paragraphs=(*filter(None, closing_lines(others)), *_fitted(test)),
        charts=tuple(_charts(test)),
        tables=(Table(caption="Every metric on the hold-out", frame=frame, open=True),),
        files=(material.report_file, material.rows_file),
    )


def _highlights(material: Material, test: Report) -> Iterator[str]:
    """Says what won, by how much, against what, and how sure that is."""
    metric = test.get("primary", {}).get("metric")
    if metric is not None and (found := value_of(test, metric)):
        people = units(test["intervals"]) if "intervals" in test else "the hold-out"
        yield (
            f"{sentence(metric_words(metric))} is {interval(found)}, 95 % interval "
            f"in brackets, on {people} that no part of the search has seen. "
            f"{_model(material, test)}"
        )
        yield from _against(test, metric)
    yield from choice_texts(test.get("selection") or {})


def _model(material: Material, test: Report) -> str:
    """Says which model it was."""
    if material.nested:
        return (
            f"They were held out in {len(test['parts'])} parts, each from a search of "
            "its own, so that the value is that of the whole procedure."
        )
    return f"The model is trial {test['trial']}{backbone_of(material, test['trial'])}."


def value_of(test: Report, metric: str) -> Report:
    """Returns a metric of the report with its interval; empty where it has none."""
    head, _, name = metric.partition(".")
    found = test.get(head, {}).get("metrics", {}).get(name) or {}
    return found if found.get("value") is not None else {}


def _against(test: Report, metric: str) -> Iterator[str]:
    """Compares the primary metric with the baselines."""
    head, _, name = metric.partition(".")
    part = test[head]
    constant = part["baseline"].get(name)
    if constant is not None:
        yield f"A constant prediction has {number(constant)}."
    for baseline, (title, words) in BASELINES.items():
        found = part.get("baselines", {}).get(baseline, {}).get(name)
        if found and found["difference"] is not None:
            entry = test.get("baselines", {}).get(baseline, {})
            apart = interval({**found, "value": found["difference"]}, signed=True)
            yield (
                f"The {title} baseline ({words.format_map(_Named(entry))}) has "
                f"{number(found['value'])}. The model minus it: {apart}, "
                f"{significance(found)}{_behind(found)}."
            )


def _behind(found: Report) -> str:
    """Says in words that a baseline is ahead."""
    ahead = bool(found["difference"] < 0)
    return "; the baseline is ahead, so the search shows no gain over it" * ahead


class _Named(dict[str, Any]):
    """Values for a text; one that is missing is left open."""

    def __missing__(self, key: str) -> str:
        return f"other {key}"


def _fitted(test: Report) -> Iterator[str]:
    """Says what each baseline is, with its validation score."""
    for name, entry in test.get("baselines", {}).items():
        if name in BASELINES:
            title, words = BASELINES[name]
            yield (
                f"{title.capitalize()}: {words.format_map(_Named(entry))}; validation "
                f"score {number(entry['value'])}."
            )


def _charts(test: Report) -> Iterator[Chart]:
    rows = list(_metric_rows(test))
    if rows:
        yield Chart(
            name="hold-out",
            caption="The tested model on the hold-out, with 95 % intervals over "
            f"{_over(test)}, and what the baselines reach on the same images.",
            alt=f"Intervals. {'; '.join(map(_alt, rows))}.",
            png=forest(rows, label="value on the hold-out, higher is better"),
        )
    chosen = [*choice_rows(test.get("selection") or {})]
    apart = [*_differences(test), *chosen]
    if apart:
        yield Chart(
            name="differences",
            caption="The model minus others. Blue: significantly better; grey: the "
            "interval has 0, so that no winner is shown; red: significantly worse."
            f"{_VALIDATED * bool(chosen)}",
            alt=f"Differences. {'; '.join(map(_alt, apart))}.",
            png=forest(apart, label="the model minus the other", zero=True),
        )


def _over(test: Report) -> str:
    return units(test["intervals"]) if "intervals" in test else "subjects"


def _alt(row: ForestRow) -> str:
    marks = "".join(f", {name} {value:.3f}" for name, value in row.marks.items())
    return f"{row.label}: {row.text}{marks}"


def shown_metrics(test: Report) -> Iterator[tuple[str, str]]:
    """Yields the primary metric, then the main one of each head; higher is better."""
    named = [f"{head}.{name}" for head, each in COMPARED.items() for name in each]
    for metric in dict.fromkeys([test.get("primary", {}).get("metric", "."), *named]):
        head, _, name = metric.partition(".")
        if "0 is best" not in METRIC_TEXTS.get(name, "") and value_of(test, metric):
            yield head, name


def _metric_rows(test: Report) -> Iterator[ForestRow]:
    whole = test.get("objective")
    if whole and whole["value"] is not None:
        yield ForestRow(
            label="objective of the search",
            value=whole["value"],
            low=whole["low"],
            high=whole["high"],
        )
    for head, name in shown_metrics(test):
        found, part = value_of(test, f"{head}.{name}"), test[head]
        marks = {"constant": part["baseline"].get(name)}
        for baseline, (title, _) in BASELINES.items():
            compared = part.get("baselines", {}).get(baseline, {}).get(name) or {}
            marks[title] = compared.get("value")
        yield ForestRow(
            label=metric_words(f"{head}.{name}"),
            value=found["value"],
            low=found["low"],
            high=found["high"],
            marks={title: value for title, value in marks.items() if value is not None},
        )


def _differences(test: Report) -> Iterator[ForestRow]:
    """Yields the model minus each linear baseline: objective and primary metric."""
    metric = test.get("primary", {}).get("metric", ".")
    head, _, name = metric.partition(".")
    gains = {"objective": test.get("objective", {}).get("gains", {})}
    compared = test.get(head, {}).get("baselines", {})
    gains[metric_words(metric)] = {key: row.get(name) for key, row in compared.items()}
    for words, found in gains.items():
        for baseline, (title, _) in BASELINES.items():
            row = found.get(baseline) or {}
            if row.get("difference") is not None:
                yield ForestRow(
                    label=f"{words}, minus {title}",
                    value=row["difference"],
                    low=row["low"],
                    high=row["high"],
                )
