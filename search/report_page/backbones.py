"""Results and costs of each backbone's trials, in full."""

from collections.abc import Mapping, Sequence
from statistics import median

from search.ledger.records import TrialRecord
from search.report_page.wording import backbone

SPENT = ("built", "traced", "trained", "validated")
"""What a trial's time is made of, without waiting."""

Numbers = Mapping[str, float | None]
"""Numbers by name; ``None`` where there are none."""


def by_backbone(records: Sequence[TrialRecord]) -> dict[str, Numbers]:
    """Counts and times the trials of each backbone."""
    names = dict.fromkeys(map(backbone, records))
    return {
        name: _numbers([r for r in records if backbone(r) == name]) for name in names
    }


def _numbers(records: Sequence[TrialRecord]) -> Numbers:
    values = [record.value for record in records if record.value is not None]
    pruned = [r for r in records if r.value is None and r.state == "PRUNED"]
    epochs = sum(_spent(record, "epochs") for record in records)
    seconds = sum(_spent(r, "trained") + _spent(r, "validated") for r in records)
    return {
        "trials": len(records),
        "completed": len(values),
        "pruned": len(pruned),
        "best_value": max(values, default=None),
        "median_value": median(values) if values else None,
        "seconds_an_epoch": seconds / epochs if epochs else None,
        "hours": sum(map(_trained, records)) / 3600,
        "weights": max(_spent(r, "parameters") for r in records) or None,
    }


def _spent(record: TrialRecord, name: str) -> float:
    return float(record.attributes.get("spent", {}).get(name) or 0)


def _trained(record: TrialRecord) -> float:
    return sum(_spent(record, name) for name in SPENT)
