"""How much one retraining differs from the next."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import counted, sentence
from search.report_page.charts.forest import ForestRow, forest
from search.report_page.material import Material
from search.report_page.wording import UNTESTED
from search.reports.metric_texts import COMPARED, metric_words, number
from search.reports.review_report import describe_tested
from search.results.markdown import interval


def section(material: Material) -> Section:
    """Shows the metrics of each seed, and their mean over seeds and subjects."""
    test = material.test
    if test is None:
        raise NoDataError(UNTESTED)
    seeds = test.get("seeds")
    if not seeds:
        raise NoDataError("the model was trained with one seed")
    found = dict(_metrics(seeds))
    text = (
        f"{counted(len(seeds['trained']), 'model')} were trained alike with other "
        f"seeds; {describe_tested(seeds)}, as decided before the hold-out was opened. "
        "The intervals are over both subjects and seeds."
    )
    return Section(
        paragraphs=(text,),
        charts=(_chart(found),) if found else (),
        tables=(_table(found),) if found else (),
        files=(material.report_file,),
    )


def _metrics(seeds: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields the main metrics that every seed has."""
    for head, names in COMPARED.items():
        for name in names:
            row = seeds["heads"].get(head, {}).get(name)
            if row is not None and row["mean"] is not None:
                yield sentence(metric_words(f"{head}.{name}")), row


def _chart(found: Mapping[str, Mapping[str, Any]]) -> Chart:
    rows = [
        ForestRow(label=name, value=row["mean"], low=row["low"], high=row["high"])
        for name, row in found.items()
    ]
    listing = "; ".join(f"{row.label}: {row.text}" for row in rows)
    return Chart(
        name="seeds",
        caption="Means over the seeds, with 95 % intervals over subjects and seeds.",
        alt=f"Intervals. {listing}.",
        png=forest(rows, label="mean over seeds"),
    )


def _table(found: Mapping[str, Mapping[str, Any]]) -> Table:
    rows = {
        name: {
            "mean": interval({**row, "value": row["mean"]}),
            "deviation": number(row["deviation"]),
            "lowest": number(min(row["each"])),
            "highest": number(max(row["each"])),
            "tested": number(row["model"]),
        }
        for name, row in found.items()
    }
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("metric")
    return Table(caption="The seeds, metric by metric", frame=frame, open=True)
