"""Trials that cannot be told from the winner: their scores, sizes and times."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from data_pipeline.pages.section import Table
from search.results.markdown import interval
from search.results.words import by_method

MILLION = 1e6
NEEDED = {"trial", "score", "behind", "low", "high", "parameters", "seconds"}
ROLES = {
    "best": "best",
    "chosen": "chosen",
    "smallest_tied": "smallest",
    "fastest_tied": "fastest",
}
"""Key of ``selection.json`` that names a trial -> what it is among the others."""


def tied_tables(found: Mapping[str, Any]) -> Iterator[Table]:
    """Yields the table of ``selection.json``, if other trials are as good."""
    rows = found.get("tied", ())
    # A selection.json of an older version has fewer columns.
    if len(rows) > 1 and all(row.keys() >= NEEDED for row in rows):
        yield Table(
            caption="Trials that the best one is not significantly better than "
            "(validation score; how far they are behind is "
            f"{by_method(found, 'corrected for the selection')}; from selection.json)",
            frame=pd.DataFrame([_row(row, found) for row in rows]).set_index("trial"),
            open=True,
        )


def _row(row: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, str]:
    number = row["trial"]
    roles = [word for key, word in ROLES.items() if found.get(key) == number]
    is_best = number == found.get("best")
    return {
        "trial": f"trial {number}",
        "score": f"{row['score']:.4f}",
        "behind the best": "" if is_best else interval({**row, "value": row["behind"]}),
        "weights, millions": f"{row['parameters'] / MILLION:.2f}",
        "seconds a validation": f"{row['seconds']:.2f}",
        "among them": ", ".join(roles),
    }
