"""What the search cost: the workers' seconds by phase, and the time that passed.

Equal searches have equal reports, and never equal times: ``holdout.json`` and
``results.md`` have no time in them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from data_pipeline.pages.section import Table
from data_pipeline.pages.wording import percent
from search.callbacks.running_trials import clock
from search.ledger.records import TrialRecord
from search.report_page.material import Material
from search.stopping.search_clock import SECONDS
from search.trial.messages import PHASES

PHASE_WORDS: Mapping[str, str] = {
    "sampled": "proposing configurations",
    "waited": "waiting for a worker",
    "built": "building models",
    "traced": "first steps of new graphs",
    "trained": "training epochs",
    "validated": "predicting validation rows",
}


def computing_numbers(material: Material) -> dict[str, Any]:
    """Returns the seconds of all trials by phase, and those that passed."""
    spent = dict.fromkeys(PHASES, 0.0)
    for record in (one for search in material.searches for one in search.ended):
        for name in PHASES:
            spent[name] += float(record.attributes.get("spent", {}).get(name) or 0)
    if not any(spent.values()):
        return {}
    passed = [seconds_passed(search.ended) for search in material.searches]
    known = [one for one in passed if one is not None]
    return {"seconds": spent, "seconds_passed": sum(known) if known else None}


def seconds_passed(records: Sequence[TrialRecord]) -> float | None:
    """Returns how long a search took until its last trial ended, if that was stored."""
    times = [record.attributes.get(SECONDS) for record in records]
    return max((float(one) for one in times if one is not None), default=None)


def computing_table(material: Material) -> Iterator[Table]:
    """Yields the table of the seconds, if a trial has ended."""
    numbers = computing_numbers(material)
    if not numbers:
        return
    spent, passed = numbers["seconds"], numbers["seconds_passed"]
    total = sum(spent.values())
    rows = {
        PHASE_WORDS.get(name, name): (clock(seconds), percent(seconds / total))
        for name, seconds in sorted(spent.items(), key=lambda row: -row[1])
        if seconds
    }
    rows["all trials together"] = (clock(total), percent(1.0))
    if passed is not None:
        rows["passed during the search"] = (clock(passed), "")
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["time", "share"])
    yield Table(
        caption="Computing time of the search, m:ss or h:mm:ss, without the retraining",
        frame=frame.rename_axis("spent on"),
        open=True,
    )
