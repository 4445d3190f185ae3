"""What the search of each outer part did: its trials, its best value, its time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from search.callbacks.running_trials import clock
from search.ledger.records import TrialRecord
from search.report_page.charts.lines import curves
from search.report_page.material import Material
from search.report_page.sections.record.computing import seconds_passed
from search.run_files import NESTED, PAGE_NUMBERS
from search.run_folder import TRIALS_FULL
from search.sampling.parameter_sets import FINETUNE_OF

MOST_LINES = 10
"""Parts whose lines are drawn; of more, the table alone tells."""


WHOLE = """
Each part was searched by itself, with a seed of its own, and without the people that it
holds out. The report of a part has its curves, the importance of its keys and its
trials."""


def section(material: Material) -> Section:
    """Shows the trials of each part, in their order."""
    if not material.parts:
        raise NoDataError("the folders of the outer parts are not there")
    best = {str(n): _best(one) for n, one in enumerate(material.parts, start=1)}
    parts = {str(n): _numbers(one) for n, one in enumerate(material.parts, start=1)}
    known = {n: values for n, values in best.items() if np.isfinite(values).any()}
    return Section(
        paragraphs=(WHOLE,),
        charts=(_chart(known),) if 0 < len(known) <= MOST_LINES else (),
        tables=(_table(parts),),
        files=(NESTED, f"{TRIALS_FULL} of each part", PAGE_NUMBERS),
        numbers={"best_so_far": best, "parts": parts},
    )


def _best(part: Material) -> list[float]:
    """Lists the best value so far by the number of ended trials; NaN before one."""
    values = [np.nan if r.value is None else r.value for r in part.ended]
    return [float(x) for x in np.fmax.accumulate(np.array(values, float))]


def _chart(best: dict[str, list[float]]) -> Chart:
    lines = {f"part {name}": np.array(values) for name, values in best.items()}
    ends = (f"{name} ends at {line[-1]:.3f}" for name, line in lines.items())
    return Chart(
        name="part-searches",
        caption="The best value on the validation rows so far, by the number of trials "
        "that have ended, of each part's search.",
        alt=f"Rising lines. {'; '.join(ends)}.",
        png=curves(lines, label="trials that have ended", value="best value so far"),
    )


def _table(parts: Mapping[str, Mapping[str, Any]]) -> Table:
    rows = [dict(_cells(numbers)) for numbers in parts.values()]
    names = pd.Index(range(1, len(parts) + 1), name="part")
    return Table(
        caption="The search of each part", frame=pd.DataFrame(rows, names), open=True
    )


def _numbers(part: Material) -> dict[str, Any]:
    values = [record.value for record in part.completed if record.value is not None]
    return {
        "trials": len(part.ended),
        "completed": len(part.completed),
        "pruned": _count(part.ended, "PRUNED"),
        "failed": _count(part.ended, "FAIL"),
        "fine_tuned": sum(FINETUNE_OF in r.attributes for r in part.ended),
        "best_value": max(values, default=None),
        "seconds": seconds_passed(part.ended),
    }


def _cells(numbers: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("trials", "completed", "pruned", "failed"):
        yield name, numbers[name]
    yield "fine-tuned", numbers["fine_tuned"]
    best, passed = numbers["best_value"], numbers["seconds"]
    yield "best value", "-" if best is None else f"{best:.4f}"
    yield "time", "-" if passed is None else clock(passed)


def _count(records: Sequence[TrialRecord], state: str) -> int:
    return sum(record.state == state and record.value is None for record in records)
