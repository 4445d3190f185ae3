"""Label by label: counts, subjects and scores, with a flag on what few people carry."""

from collections.abc import Iterator, Mapping, Sequence

from models.evaluation.jackknife import ERROR, scale_of
from search.reports.metric_texts import HEADS
from search.results.markdown import cell, heading, interval, table
from search.results.words import Report, unit_number

LABELS: Mapping[str, tuple[str, str, Sequence[str]]] = {
    "emotion": ("per_class", "images", ("precision", "recall", "f1")),
    "action_units": ("per_au", "positives", ("auc", "f1_at_threshold")),
    "action_unit_intensities": ("per_au", "images", ("icc", "pcc", "mae")),
    "valence_arousal": ("per_dimension", "images", ("ccc", "rmse")),
}
"""For each head: its table, the count of a label, and the scores that are shown."""

SCORE_WORDS: Mapping[str, str] = {
    "f1": "F1",
    "auc": "AUC",
    "f1_at_threshold": "F1 at its threshold",
    "icc": "ICC",
    "pcc": "correlation",
    "mae": "mean absolute error",
    "ccc": "CCC",
    "rmse": "RMSE",
}

WIDE = 0.4
"""An interval of a share or a correlation above this width is flagged."""

EXTENDED = "†"
"""Marks an interval that was extended to its value."""

ROUNDING = 1e-6
"""An interval below this width has none but for rounding."""

WIDE_FLAG, FEW_FLAG = "wide", "few"


def labels(report: Report) -> Iterator[str]:
    """Renders a table of each head: a row a label, and what its flags mean."""
    for head, (place, count, scores) in LABELS.items():
        found = report.get(head, {}).get(place)
        if not found:
            continue
        yield from heading(f"{HEADS[head]}, label by label")
        shown = [s for s in scores if any(s in row for row in found.values())]
        flags = {name: _flag(row, shown) for name, row in found.items()}
        rows = [
            (
                name,
                cell(row.get(count)),
                cell(row.get("subjects")),
                *(_score(row, score) for score in shown),
                flags[name],
            )
            for name, row in sorted(found.items(), key=lambda row: unit_number(row[0]))
        ]
        words = (SCORE_WORDS.get(score, score) for score in shown)
        yield from table(("label", count, "subjects", *words, "flag"), rows)
        yield from _legend(set(flags.values()), report)


def _score(row: Report, name: str) -> str:
    """Renders a label's score with its interval, if it has one."""
    found = _with_ends(row, name)
    return interval(found) + (f" {EXTENDED}" if is_extended(name, found) else "")


def _with_ends(row: Report, name: str) -> dict[str, float | None]:
    """Writes a label's score with the ends of its interval, as a metric has them."""
    low, high = (row.get("intervals") or {}).get(name) or (None, None)
    return {"value": row.get(name), "low": low, "high": high}


def is_extended(name: str, found: Report) -> bool:
    """Whether an interval ends at its value, which is not an end of the metric."""
    scale, value = scale_of(name), found["value"]
    if value is None or found["low"] is None or found["high"] is None:
        return False
    inside = scale.least < value < scale.most and not is_constant(found)
    return inside and value in (found["low"], found["high"])


def has_extended(report: Report) -> bool:
    """Whether any interval of the report was extended to its value."""
    scores = [
        (name, row)
        for head in HEADS
        for name, row in report.get(head, {}).get("metrics", {}).items()
    ]
    for head, (place, _, names) in LABELS.items():
        for row in report.get(head, {}).get(place, {}).values():
            scores += [(name, _with_ends(row, name)) for name in names if name in row]
    return any(is_extended(name, found) for name, found in scores)


def is_wide(name: str, found: Report) -> bool:
    """Whether an interval of a share or a correlation is wider than ``WIDE``."""
    if found["low"] is None or found["high"] is None:
        return False
    return scale_of(name) is not ERROR and bool(found["high"] - found["low"] > WIDE)


def is_constant(found: Report) -> bool:
    """Whether an interval has no width: no subject changes the value."""
    low, high = found["low"], found["high"]
    return low is not None and high is not None and high - low < ROUNDING


def _flag(row: Report, names: Sequence[str]) -> str:
    """Flags a label without any interval, or with a wide one."""
    ends = {name: (row.get("intervals") or {}).get(name) for name in names}
    if not any(ends.values()):
        return FEW_FLAG
    wide = (is_wide(name, _with_ends(row, name)) for name in names)
    return WIDE_FLAG if any(wide) else ""


def _legend(flags: set[str], report: Report) -> Iterator[str]:
    """Says what the flags of a table mean."""
    least = report["intervals"]["least_per_label"]
    meanings = {
        WIDE_FLAG: (
            f"{WIDE_FLAG}: an interval wider than {WIDE}; few subjects decide the "
            "score, and it should not be compared with others"
        ),
        FEW_FLAG: (
            f"{FEW_FLAG}: fewer than {least} subjects have the label, or fewer lack "
            "it: no interval; the score tells of these subjects only, and the means "
            "include it"
        ),
    }
    found = [text for flag, text in meanings.items() if flag in flags]
    yield from ("", *(f"- {text}" for text in found)) if found else ()
