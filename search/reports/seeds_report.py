"""What the report on the hold-out says of several seeds."""

from collections.abc import Iterator, Mapping
from typing import Any

from search.reports.metric_texts import COMPARED, METRIC_TEXTS, number

TESTED = {
    "ensemble": "the tested model is their ensemble",
    "median": "the tested model is seed {seed}, of the median training loss",
}
"""What each rule of ``final.model`` tests."""


def describe_seeds(seeds: Mapping[str, Any] | None) -> Iterator[str]:
    """Describes the ``seeds`` of a report: the mean of some metrics of each head.

    Example:
        >>> row = {"each": [0.82, 0.9], "mean": 0.86, "low": 0.75, "high": 0.93,
        ...     "deviation": 0.057, "model": 0.89}
        >>> seeds = {"model": "ensemble", "heads": {"emotion": {"accuracy": row}}}
        >>> for line in describe_seeds(seeds | {"trained": [1, 2]}):
        ...     print(line or "-")
        -
        Seeds: 2, retrained alike; the tested model is their ensemble
        accuracy of a seed: mean 0.860 (95 % interval over subjects and seeds 0.750 to \
0.930), deviation 0.057, from 0.820 to 0.900; tested 0.890
    """
    if seeds is None:
        return
    yield ""
    tested = TESTED[seeds["model"]].format(seed=seeds.get("seed"))
    yield f"Seeds: {len(seeds['trained'])}, retrained alike; {tested}"
    for head, names in COMPARED.items():
        for name in names:
            row = seeds["heads"].get(head, {}).get(name)
            if row is not None and row["mean"] is not None:
                words = METRIC_TEXTS[name].partition(",")[0]
                yield f"{words} of a seed: {_numbers(row)}"


def _numbers(row: Mapping[str, Any]) -> str:
    low, high, each = row["low"], row["high"], row["each"]
    interval = ""
    if low is not None and high is not None:
        ends = f"{number(low)} to {number(high)}"
        interval = f" (95 % interval over subjects and seeds {ends})"
    return (
        f"mean {number(row['mean'])}{interval}, deviation "
        f"{number(row['deviation'])}, from {number(min(each))} to {number(max(each))}; "
        f"tested {number(row['model'])}"
    )
