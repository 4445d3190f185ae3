"""The comparison as a page: one HTML text that needs no network and no script."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from data_pipeline.pages.page import make_sections
from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.template import templates
from search.comparison.paired import Paired
from search.comparison.side_by_side import Comparison
from search.comparison.text import describe, rows
from search.report_page.charts.forest import ForestRow, forest
from search.report_page.wording import significance
from search.reports.holdout_report import GUARANTEES, SYNTHETIC
from search.reports.metric_texts import metric_words
from search.results.markdown import interval

GENERATOR = "search.compare"
TEMPLATES = templates(Path(__file__).parent)


def comparison_page(found: Comparison, reports: Mapping[str, str] | None = None) -> str:
    """Renders a comparison as HTML; ``reports`` links the reports of some runs."""
    names = ", ".join(found.runs)
    made = make_sections(
        {
            "runs": ("Side by side", _side_by_side),
            "hold_out": ("Differences on the hold-out", _hold_out),
            "out_of_fold": ("Differences out of fold", _out_of_fold),
        },
        found,
        lambda *_: None,
    )
    drawn = any(run["synthetic"] for run in found.runs.values())
    return TEMPLATES.get_template("page.html.j2").render(
        title=f"Comparison of {names}",
        generator=GENERATOR,
        notices=[SYNTHETIC] if drawn else [],
        reports=reports or {},
        highlights=made.highlights,
        sections=made.sections,
        absent=made.absent,
    )


def _side_by_side(found: Comparison) -> Section:
    """Shows what each run is and what it reached."""
    names = list(found.runs)
    body = {
        title.strip(): [cell.replace("\n", ", ") for cell in cells]
        for title, cells in rows(found, names)
    }
    frame = pd.DataFrame.from_dict(body, orient="index", columns=names)
    guarantees = dict.fromkeys(run["guarantee"] for run in found.runs.values())
    return Section(
        paragraphs=tuple(
            f"Guarantee {name}: {GUARANTEES.get(name, 'unknown')}."
            for name in guarantees
        ),
        tables=(
            Table(
                caption="Runs, their metrics and 95 % intervals",
                frame=frame.rename_axis("study"),
                open=True,
            ),
        ),
    )


def _hold_out(found: Comparison) -> Section:
    return _differences(found, "hold-out")


def _out_of_fold(found: Comparison) -> Section:
    return _differences(found, "out-of-fold")


def _differences(found: Comparison, which: str) -> Section:
    """Draws the differences of each pair; says where there is none, and why."""
    pairs = [pair for pair in found.pairs if pair.rows == which]
    paired = [pair for pair in pairs if not pair.why]
    if not paired:
        raise NoDataError("; ".join(f"{pair.run}: {pair.why}" for pair in pairs))
    return Section(
        highlights=tuple(_highlight(pair, found.metrics[0]) for pair in paired),
        paragraphs=tuple(
            f"{pair.run} is not paired with {pair.against}: {pair.why}."
            for pair in pairs
            if pair.why
        ),
        charts=tuple(_chart(pair, found) for pair in paired),
    )


def _highlight(pair: Paired, name: str) -> str:
    """Says how far apart two runs are by the first metric, and how sure that is."""
    head, _, metric = name.partition(".")
    row = pair.metrics.get(head, {}).get(metric) or {"difference": None}
    apart = f"{pair.run} minus {pair.against}, {pair.rows}: {metric_words(name)}"
    if row["difference"] is None:
        return f"{apart} is undefined."
    value = interval({**row, "value": row["difference"]}, signed=True)
    return f"{apart} {value}, {significance(row)}."


def _chart(pair: Paired, found: Comparison) -> Chart:
    heading, *lines = describe(pair, found.metrics)
    label = f"{pair.run} minus {pair.against}"
    return Chart(
        name=f"{pair.rows}-{pair.run}",
        caption=heading.removesuffix(":"),
        alt="; ".join(line.strip() for line in lines),
        png=forest(list(_rows(pair, found)), label=label, zero=True),
    )


def _rows(pair: Paired, found: Comparison) -> Iterator[ForestRow]:
    """Lists the differences that are shown and defined."""
    for name in found.metrics:
        head, _, metric = name.partition(".")
        row = pair.metrics.get(head, {}).get(metric)
        if row is not None and row["difference"] is not None:
            yield ForestRow(
                label=metric_words(name),
                value=row["difference"],
                low=row["low"],
                high=row["high"],
            )
