"""What mattered: the importance of the searched keys, and each backbone's results."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from data_pipeline.pages.bar_charts import bars
from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import counted, listed, percent
from search.ledger.records import TrialRecord
from search.references.catalogue import cites
from search.report_page.backbones import Numbers, by_backbone
from search.report_page.importance import (
    FEWEST,
    IMPORTANCE,
    MOST,
    Importance,
    importance,
    was_trained,
)
from search.report_page.material import Material
from search.run_files import PAGE_NUMBERS
from search.run_folder import TRIALS_FULL
from search.trial.messages import CONSTRAINT, OUT_OF_MEMORY

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
    backbones = by_backbone(material.ended)
    return Section(
        paragraphs=tuple(_texts(material, found)),
        charts=() if found is None else (_chart(found),),
        tables=(_backbones(backbones),),
        files=(PAGE_NUMBERS, TRIALS_FULL),
        numbers={"backbones": backbones}
        | ({} if found is None else {"importance": dict(found.shares)}),
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


def _backbones(found: Mapping[str, Numbers]) -> Table:
    rows = {name: dict(_cells(numbers)) for name, numbers in found.items()}
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("backbone")
    return Table(
        caption=f"Results and costs of {listed(list(found))}", frame=frame, open=True
    )


def _cells(numbers: Numbers) -> Iterator[tuple[str, object]]:
    for name in ("trials", "completed", "pruned"):
        yield name, numbers[name]
    yield "best value", _written(numbers["best_value"], 4)
    yield "median value", _written(numbers["median_value"], 4)
    yield "seconds an epoch", _written(numbers["seconds_an_epoch"], 2)
    yield "hours in all", _written(numbers["hours"], 2)
    weights = numbers["weights"]
    yield "weights, millions", _written(weights and weights / MILLION, 2)


def _written(number: float | None, digits: int) -> str:
    return "-" if number is None else f"{number:.{digits}f}"
