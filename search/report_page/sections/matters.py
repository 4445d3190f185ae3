"""What mattered: the importance of the searched keys, and each backbone's results."""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

import pandas as pd

from data_pipeline.pages.bar_charts import bars
from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import counted, listed, percent
from search.ledger.records import TrialRecord
from search.references.catalogue import cites
from search.report_page.importance import (
    FEWEST,
    IMPORTANCE,
    MOST,
    Importance,
    importance,
    was_trained,
)
from search.report_page.material import Material
from search.report_page.wording import backbone
from search.run_files import PAGE_NUMBERS
from search.run_folder import TRIALS_FULL
from search.trial.messages import CONSTRAINT, OUT_OF_MEMORY

SPENT = ("built", "traced", "trained", "validated")
"""What a trial's time is made of, without waiting."""

MILLION = 1e6

LEFT_OUT = {
    "diverged": "diverged",
    CONSTRAINT: "broke a constraint",
    OUT_OF_MEMORY: "did not fit into the memory",
}
"""Pruning reason of a trial without a value to compare -> what it did."""


def section(material: Material) -> Section:
    """Shows which keys separate good trials from the others, and what they cost."""
    if not material.ended:
        raise NoDataError("no trial has ended")
    found = importance(material.study, material.ended)
    return Section(
        paragraphs=tuple(_texts(material, found)),
        charts=() if found is None else (_chart(found),),
        tables=(_backbones(material.ended),),
        files=(PAGE_NUMBERS, TRIALS_FULL),
        numbers={} if found is None else {"importance": dict(found.shares)},
    )


def _texts(material: Material, found: Importance | None) -> Iterator[str]:
    if found is None:
        yield (
            f"The importance of the searched keys is computed of {FEWEST} comparable "
            "trials or more."
        )
        return
    where = (
        f"at epoch {found.epoch} of fold {found.fold}, the last that all of them "
        "reached; pruned ones are among them"
        if found.epoch
        else "by their values, as they reported none before"
    )
    compared = counted(len(found.numbers), "trial")
    yield (
        f"Importance: {compared} are compared {where}. It is the "
        f"share of the variance of their values that each key explains, alone and with "
        f"others, by fANOVA{cites(IMPORTANCE)}; the shares add up to 100 %. Early "
        f"values favour fast learners, and of few trials the shares are rough."
    )
    yield from _left_out(material.ended, found)


def _left_out(records: Sequence[TrialRecord], found: Importance) -> Iterator[str]:
    """Says which trials are not compared, and what became of them."""
    others = [record for record in records if record.number not in found.numbers]
    kinds = Counter(_why_left_out(record, found) for record in others)
    if kinds:
        verb = "is" if len(others) == 1 else "are"
        each = listed([f"{count:,} {why}" for why, count in kinds.items()])
        yield f"{counted(len(others), 'other trial')} {verb} not compared: {each}."


def _why_left_out(record: TrialRecord, found: Importance) -> str:
    if record.state == "FAIL":
        return "failed"
    has_value = record.curve if found.epoch else record.value is not None
    if was_trained(record) and has_value:
        return f"came before the last {MOST} of them"
    return LEFT_OUT.get(record.reason, "had no value to compare")


def _chart(found: Importance) -> Chart:
    shares = dict(sorted(found.shares.items(), key=lambda row: -row[1]))
    percents = [round(100 * share) for share in shares.values()]
    frame = pd.DataFrame({"percent": percents}, index=list(shares))
    listing = ", ".join(f"{key} {percent(share)}" for key, share in shares.items())
    return Chart(
        name="importance",
        caption="Importance of the searched keys, in percent.",
        alt=f"Bars, importance: {listing}.",
        png=bars(frame),
    )


def _backbones(records: Sequence[TrialRecord]) -> Table:
    names = dict.fromkeys(map(backbone, records))
    rows = {
        name: dict(_cells([r for r in records if backbone(r) == name]))
        for name in names
    }
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("backbone")
    return Table(
        caption=f"Results and costs of {listed(list(names))}", frame=frame, open=True
    )


def _cells(records: Sequence[TrialRecord]) -> Iterator[tuple[str, object]]:
    values = [record.value for record in records if record.value is not None]
    pruned = [r for r in records if r.value is None and r.state == "PRUNED"]
    yield "trials", len(records)
    yield "completed", len(values)
    yield "pruned", len(pruned)
    yield "best value", f"{max(values):.4f}" if values else "-"
    yield "median value", f"{median(values):.4f}" if values else "-"
    yield "seconds an epoch", _seconds(records)
    yield "hours in all", f"{sum(map(_trained, records)) / 3600:.2f}"
    weights = [_spent(record, "parameters") for record in records]
    yield "weights, millions", f"{max(weights) / MILLION:.2f}" if any(weights) else "-"


def _spent(record: TrialRecord, name: str) -> float:
    return float(record.attributes.get("spent", {}).get(name) or 0)


def _trained(record: TrialRecord) -> float:
    return sum(_spent(record, name) for name in SPENT)


def _seconds(records: Sequence[TrialRecord]) -> str:
    epochs = sum(_spent(record, "epochs") for record in records)
    seconds = sum(_spent(r, "trained") + _spent(r, "validated") for r in records)
    return f"{seconds / epochs:.2f}" if epochs else "-"
