"""The outer parts of a nested run: what each reached, and what it chose."""

from collections.abc import Iterator, Mapping
from statistics import mean
from typing import Any

import pandas as pd

from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from search.report_page.charts.forest import ForestRow, forest
from search.report_page.material import Material
from search.reports.metric_texts import metric_words
from search.reports.nested_report import choice_rows, nested_lines, part_rows

Report = Mapping[str, Any]


def section(material: Material) -> Section:
    """Shows how much the parts differ, and whether they chose alike."""
    test = material.test or {}
    if "parts" not in test:
        raise NoDataError("the run is not nested")
    (_, *titles), *rows = part_rows(test)
    parts = pd.DataFrame(
        [row[1:] for row in rows],
        columns=titles,
        index=pd.Index([row[0] for row in rows], name="part"),
    )
    choices = pd.DataFrame(dict(choice_rows(test)), index=["chosen"]).T
    return Section(
        highlights=tuple(line for line in nested_lines(test) if line[:5] == "Value"),
        charts=tuple(_charts(test)),
        tables=(
            Table(caption="The outer parts", frame=parts, open=True),
            Table(
                caption="What they chose of each searched key",
                frame=choices.rename_axis("key"),
                open=True,
                words=True,
            ),
        ),
        files=(material.report_file,),
    )


def _charts(test: Report) -> Iterator[Chart]:
    metric = test.get("primary", {}).get("metric", ".")
    head, _, name = metric.partition(".")
    values = {
        f"part {part['part']}": part.get("metrics", {}).get(head, {}).get(name)
        for part in test["parts"]
    }
    known = {part: value for part, value in values.items() if value is not None}
    if not known:
        return
    words = metric_words(metric)
    rows = [ForestRow(label=part, value=value) for part, value in known.items()]
    rows.append(ForestRow(label="mean of the parts", value=mean(known.values())))
    listing = "; ".join(f"{row.label}: {row.text}" for row in rows)
    yield Chart(
        name="parts",
        caption=f"The {words} of each outer part, by a model of its own search.",
        alt=f"Points. {listing}.",
        png=forest(rows, label=words),
    )
