"""The hold-out report as HTML for a notebook; its colours are the page's."""

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from search.reports.holdout_report import (
    closing_lines,
    describe_report,
    heading_lines,
    is_warning,
    table_rows,
)
from search.reports.review_report import describe_gaps, group_rows

STYLE = """
.holdout-report { font-family: system-ui, sans-serif; line-height: 1.4; }
.holdout-report table { border-collapse: collapse; margin: .8em 0; }
.holdout-report th, .holdout-report td {
  padding: .2em .9em; text-align: right; border: 0; background: none; color: inherit;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
.holdout-report th { font-weight: 600; }
.holdout-report .name { text-align: left; }
.holdout-report thead th { border-bottom: 1px solid rgba(128, 128, 128, .8); }
.holdout-report tr.head th { padding-top: .8em; }
.holdout-report td { border-bottom: 1px solid rgba(128, 128, 128, .25); }
.holdout-report p { margin: .15em 0; max-width: 60em; }
.holdout-report .warning {
  border-left: 4px solid #d9822b; padding: .4em .8em; margin-bottom: .6em;
  background: rgba(217, 130, 43, .15); }
"""


class HoldoutReport(Mapping[str, Any]):
    """The content of ``holdout.json``: shown as a table by a notebook and ``print``."""

    def __init__(self, report: Mapping[str, Any]) -> None:
        """Wraps a report that was read and validated."""
        self._report = report

    def __getitem__(self, key: str) -> Any:
        """Returns a part of the report."""
        return self._report[key]

    def __iter__(self) -> Iterator[str]:
        """Goes through the names of its parts."""
        return iter(self._report)

    def __len__(self) -> int:
        """Counts its parts."""
        return len(self._report)

    def __str__(self) -> str:
        """Renders it as the command prints it."""
        return describe_report(self._report)

    def _repr_html_(self) -> str:
        """Renders it for a notebook."""
        return report_html(self._report)


def report_html(report: Mapping[str, Any]) -> str:
    """Renders the content of ``holdout.json`` as HTML; all of its text is escaped."""
    groups = group_rows(report)
    return "\n".join(
        (
            f'<div class="holdout-report"><style>{STYLE}</style>',
            *map(_paragraph, heading_lines(report)),
            *_table(table_rows(report)),
            *map(_paragraph, filter(None, closing_lines(report))),
            *(_table(groups) if groups else ()),
            *map(_paragraph, describe_gaps(report)),
            "</div>",
        )
    )


def _paragraph(line: str) -> str:
    kind = ' class="warning"' if is_warning(line) else ""
    return f"<p{kind}>{html.escape(line.strip())}</p>"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Renders a table whose first row is its titles."""
    titles, *others = rows
    yield f"<table><thead><tr>{_cells(titles, 'th')}</tr></thead><tbody>"
    yield from _body(others)
    yield "</tbody></table>"


def _body(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Renders the rows; that of a head, which is not indented, is a heading."""
    for row in rows:
        if row[0].startswith(" "):
            yield f"<tr>{_cells(row, 'td')}</tr>"
        else:
            yield f'<tr class="head">{_cells(row, "th")}</tr>'


def _cells(row: Sequence[str], tag: str) -> str:
    first, *others = (html.escape(cell.strip()) for cell in row)
    cells = [f'<{tag} class="name">{first}</{tag}>']
    return "".join([*cells, *(f"<{tag}>{cell}</{tag}>" for cell in others)])
