"""What a reviewer asks of a report: its primary metric, seeds, and single subjects."""

from collections.abc import Iterator, Mapping
from typing import Any

from search.reports.metric_texts import (
    COMPARED,
    METRIC_TEXTS,
    metric_words,
    number,
)

TESTED = {
    "ensemble": "the tested model is their ensemble",
    "median": "the tested model is seed {seed}, of the median training loss",
}
"""What each rule of ``final.model`` tests."""

MEANS = "Mean over seeds (95 % interval over both subjects and seeds), and deviation:"


def describe_primary(report: Mapping[str, Any]) -> Iterator[str]:
    """Names the primary metric.

    Example:
        >>> report = {"primary": {"metric": "emotion.macro_f1"}}
        >>> print(*describe_primary(report))
        Primary: macro F1 of emotion; the others are secondary, each interval by itself
    """
    if "primary" in report:
        words = metric_words(report["primary"]["metric"])
        yield f"Primary: {words}; the others are secondary, each interval by itself"


def describe_subjects(report: Mapping[str, Any]) -> Iterator[str]:
    """Describes how much worse the worst subjects are.

    Example:
        >>> worst = {"mean": 0.8, "worst_decile": 0.4, "lowest": 0.25, "subjects": 25}
        >>> report = {
        ...     "primary": {"metric": "emotion.macro_f1"},
        ...     "by_subject": {"summary": {"emotion.macro_f1": worst}},
        ... }
        >>> print(list(describe_subjects(report))[1].partition(": ")[2])
        mean 0.800, worst tenth 0.400, lowest 0.250
    """
    primary = report.get("primary", {}).get("metric")
    found = report.get("by_subject", {}).get("summary", {}).get(primary)
    if found is not None and found["subjects"]:
        values = (
            f"{words} {number(found.get(key))}"
            for words, key in (
                ("mean", "mean"),
                ("worst tenth", "worst_decile"),
                ("lowest", "lowest"),
            )
        )
        yield ""
        yield (
            f"Single subjects ({found['subjects']}), {metric_words(primary)}: "
            f"{', '.join(values)}"
        )


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
        Mean over seeds (95 % interval over both subjects and seeds), and deviation:
          accuracy 0.860 (0.750 to 0.930), 0.057; lowest 0.820, highest 0.900, tested \
0.890
    """
    if seeds is None:
        return
    yield ""
    tested = TESTED[seeds["model"]].format(seed=seeds.get("seed"))
    yield f"Seeds: {len(seeds['trained'])}, retrained alike; {tested}"
    yield MEANS
    for head, names in COMPARED.items():
        for name in names:
            row = seeds["heads"].get(head, {}).get(name)
            if row is not None and row["mean"] is not None:
                words = METRIC_TEXTS[name].partition(",")[0]
                yield f"  {words} {_seed_numbers(row)}"


def _seed_numbers(row: Mapping[str, Any]) -> str:
    low, high, each = row["low"], row["high"], row["each"]
    known = low is not None and high is not None
    interval = f" ({number(low)} to {number(high)})" if known else ""
    return (
        f"{number(row['mean'])}{interval}, {number(row['deviation'])}; lowest "
        f"{number(min(each))}, highest {number(max(each))}, tested "
        f"{number(row['model'])}"
    )
