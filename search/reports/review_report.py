"""What a reviewer asks of a report: primary metric, seeds, subjects and groups."""

from collections.abc import Iterator, Mapping
from typing import Any

from search.reports.metric_texts import (
    COMPARED,
    METRIC_TEXTS,
    UNDEFINED,
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


def describe_tested(seeds: Mapping[str, Any]) -> str:
    """Says which of the models that several seeds trained is tested."""
    return TESTED[seeds["model"]].format(seed=seeds.get("seed"))


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
    tested = describe_tested(seeds)
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


def group_rows(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Renders the cells of a table of groups: titles, attributes, and each group.

    The metric is the primary one. Empty where no two groups were scored.
    """
    primary = report.get("primary", {}).get("metric", "")
    head, _, name = primary.partition(".")
    rows: list[tuple[str, ...]] = []
    for attribute, found in report.get("groups", {}).get("attributes", {}).items():
        scored = found.get("groups", {})
        if scored:
            rows.append((attribute.capitalize(), "", "", "", ""))
        for group, part in scored.items():
            value = part.get(head, {}).get(name, {})
            ends = value.get("low"), value.get("high")
            rows.append(
                (
                    f"  {group}",
                    str(part["subjects"]),
                    str(part["images"]),
                    number(value.get("value")),
                    UNDEFINED
                    if None in ends
                    else f"{number(ends[0])} to {number(ends[1])}",
                )
            )
    titles = (metric_words(primary), "subjects", "images", "value", "95 % interval")
    return [titles, *rows] if rows else []


def describe_gaps(report: Mapping[str, Any]) -> Iterator[str]:
    """Describes how far groups are apart, and which people and groups are left out."""
    found = report.get("groups")
    if found is None:
        return
    head, _, name = report.get("primary", {}).get("metric", "").partition(".")
    for attribute, entry in found["attributes"].items():
        gap = entry.get("gaps", {}).get(head, {}).get(name)
        if gap is not None:
            chance = (entry.get("by_chance") or {}).get("gap")
            yield f"Gap by {attribute}: {_gap(gap, chance)}"
        if entry["withheld"]:
            least = found["least"]
            names = ", ".join(entry["withheld"])
            yield f"Withheld, fewer than {least} subjects or beside such: {names}"
    if found["missing"]:
        of = found["subjects"]
        yield f"Not in the table of demographics: {found['missing']} of {of} subjects"


def _gap(gap: Mapping[str, Any], chance: float | None) -> str:
    """Renders a gap with its interval, and what chance gives."""
    low, high = gap.get("low"), gap.get("high")
    ends = "" if low is None or high is None else f" ({low:+.3f} to {high:+.3f})"
    random = "" if chance is None else f"; 95 % of random groups < {chance:.3f}"
    return f"{gap['gap']:.3f}{ends}, {gap['highest']} above {gap['lowest']}{random}"
