"""What a reviewer asks of a report: its primary metric, and single subjects."""

from collections.abc import Iterator, Mapping
from typing import Any

from search.reports.metric_texts import metric_words, number


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
