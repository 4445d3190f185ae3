"""The comparison as a file: a page, JSON, or a CSV table with a row a number."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from data_pipeline.files.csv_writer import CsvTable
from data_pipeline.system.errors import InputError
from search.comparison.side_by_side import Comparison
from search.run_files import PAGE
from search.run_folder import write_json, write_text

COLUMNS = ("run", "against", "rows", "name", "value", "low", "high")
ENDINGS = (".html", ".csv", ".json")


def check_target(to: Path | None) -> None:
    """Raises ``InputError`` if a comparison cannot be written to this file."""
    if to is None:
        return
    if to.suffix not in ENDINGS:
        raise InputError(f"--to {to}: must end in {', '.join(ENDINGS)}")
    if not to.parent.is_dir():
        raise InputError(f"--to {to}: the folder {to.parent} does not exist; create it")


def write_comparison(to: Path, found: Comparison, *, out: Path) -> None:
    """Writes a comparison in the format that the file's ending names.

    ``out`` has the folders of the runs.
    """
    if to.suffix == ".json":
        write_json(to, found.entry())
        return
    if to.suffix == ".html":
        # Imported late: other files need no charts.
        from search.comparison.page import comparison_page  # noqa: PLC0415

        write_text(to, comparison_page(found, _reports(to, found, out)))
        return
    text = io.StringIO()
    CsvTable(text, COLUMNS).add_all(_rows(found))
    write_text(to, text.getvalue())


def _reports(to: Path, found: Comparison, out: Path) -> dict[str, str]:
    """Links each run's report that lies beside the page, or in a folder beside it."""
    beside = to.resolve().parent
    pages = {name: out / name / PAGE for name in found.runs}
    return {
        name: quote(page.relative_to(beside).as_posix())
        for name, page in pages.items()
        if page.is_file() and page.is_relative_to(beside)
    }


def _rows(found: Comparison) -> Iterator[tuple[Any, ...]]:
    """Yields the settings and metrics of each run, then the differences."""
    for name, run in found.runs.items():
        yield from ((name, "", "", *one) for one in _settings(run))
        for metric, row in run["metrics"].items():
            if row is not None:
                yield (
                    name,
                    "",
                    "hold-out",
                    metric,
                    row["value"],
                    row["low"],
                    row["high"],
                )
    for pair in found.pairs:
        for head, metrics in pair.metrics.items():
            for metric, row in metrics.items():
                ends = row["difference"], row["low"], row["high"]
                yield pair.run, pair.against, pair.rows, f"{head}.{metric}", *ends


def _settings(run: Any) -> Iterator[tuple[Any, ...]]:
    """Yields name, value and interval of what a run is; nested names are joined."""
    for name, value in run.items():
        if name == "metrics":
            continue
        if name == "corrected" and value is not None:
            yield name, value["value"], value["low"], value["high"]
        elif isinstance(value, dict):
            yield from (
                (f"{name}.{key}", inner, "", "") for key, inner in value.items()
            )
        else:
            text = ", ".join(value) if isinstance(value, list) else value
            yield name, text, "", ""
