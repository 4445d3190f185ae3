"""What the search did: every trial, the best so far, and the curves of the best."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import counted
from search.ledger.records import TrialRecord, rank_trials
from search.report_page.charts.lines import Point, curves, history
from search.report_page.material import Material
from search.report_page.tied import tied_tables
from search.report_page.wording import backbone, settings
from search.run_files import PAGE_NUMBERS
from search.run_folder import TRIALS, TRIALS_FULL
from search.stopping.search_clock import SECONDS

BEST = 5
"""So many of the best trials are listed, with their curves."""

HOUR = 3600.0


def section(material: Material) -> Section:
    """Shows the trials in their order and over time."""
    if not material.ended:
        raise NoDataError("no trial has ended")
    best = rank_trials(material.completed)[:BEST]
    return Section(
        paragraphs=tuple(_texts(material)),
        charts=tuple(_charts(material, best)),
        tables=tuple(_tables(material, best)),
        files=(TRIALS, TRIALS_FULL, PAGE_NUMBERS),
        numbers={
            "curves": {str(r.number): list(_curve(r)) for r in best if len(_curve(r))},
            "pruned_at": {
                str(r.number): _last_value(r)
                for r in material.ended
                if r.value is None and r.curve
            },
            "hours": {str(r.number): _hours(r) for r in material.ended},
        },
    )


def _texts(material: Material) -> Iterator[str]:
    counts = dict.fromkeys(("completed", "pruned", "failed"), 0)
    for record in material.ended:
        counts[_kind(record).partition(",")[0]] += 1
    yield (
        f"{counted(len(material.ended), 'trial')} of at most "
        f"{material.study.search.trials} have ended: {counts['completed']} completed, "
        f"{counts['pruned']} were pruned and {counts['failed']} failed. A pruned trial "
        "was stopped early; it is not shown to be worse."
    )
    if material.end is not None:
        yield f"The search ended before that number: {material.end.reason}."
    spent = [_hours(record) or 0.0 for record in material.ended]
    if max(spent):
        yield f"The search took {_duration(max(spent))}."


def _duration(hours: float) -> str:
    """Writes a duration.

    Example:
        >>> _duration(0.004), _duration(0.5), _duration(30.0)
        ('14 seconds', '30 minutes', '30.0 hours')
    """
    if hours < 0.05:  # noqa: PLR2004 - three minutes
        return f"{hours * HOUR:.0f} seconds"
    return f"{hours:.1f} hours" if hours >= 2 else f"{hours * 60:.0f} minutes"  # noqa: PLR2004


def _kind(record: TrialRecord) -> str:
    if record.value is not None:
        return "completed"
    return "failed" if record.state == "FAIL" else "pruned, at its last value"


def _last_value(record: TrialRecord) -> float | None:
    """Returns the value of the last epoch that was reported."""
    if record.value is not None or not record.curve:
        return record.value
    last = record.curve[max(record.curve)]
    return last if np.isfinite(last) else None


def _hours(record: TrialRecord) -> float | None:
    seconds = record.attributes.get(SECONDS)
    return None if seconds is None else float(seconds) / HOUR


def _curve(record: TrialRecord) -> Sequence[float]:
    found = record.attributes.get("pooled_curve") or ()
    return [np.nan if value is None else float(value) for value in found]


def _charts(material: Material, best: Sequence[TrialRecord]) -> Iterator[Chart]:
    points = [
        Point(
            x=record.number,
            value=_last_value(record),
            kind=_kind(record),
            known=bool(record.enqueued),
        )
        for record in material.ended
    ]
    if any(point.value is not None for point in points):
        yield _history_chart(material, points)
    yield from _time_chart(material)
    lines = {
        f"trial {record.number}, {backbone(record)}": np.array(_curve(record))
        for record in best
        if len(_curve(record))
    }
    if lines:
        ends = (f"{name} ends at {values[-1]:.3f}" for name, values in lines.items())
        yield Chart(
            name="curves",
            caption="Value on the validation rows by epoch, of the best completed "
            "trials; the folds are pooled.",
            alt=f"Lines by epoch: {', '.join(ends)}.",
            png=curves(lines, label="epoch", value="value"),
        )


def _history_chart(material: Material, points: Sequence[Point]) -> Chart:
    best = max((r.value or 0.0 for r in material.completed), default=None)
    reached = "" if best is None else f" The best has {best:.4f}."
    return Chart(
        name="history",
        caption="Each trial by its number: completed ones at their value, pruned ones "
        "at the last value that they reported. That is of the folds and epochs until "
        "then, often of one fold, and does not compare with the value of a completed "
        "one.",
        alt=f"Points of {counted(len(points), 'trial')} by number.{reached}",
        png=history(points, label="trial", value="value"),
    )


def _time_chart(material: Material) -> Iterator[Chart]:
    """Yields the best value over time, if times and values are known."""
    timed = [(_hours(record), record) for record in material.completed]
    known = [(hours, record) for hours, record in timed if hours is not None]
    if len(known) < 2:  # noqa: PLR2004 - no line
        return
    last = max(hours for hours, _ in known)
    in_hours = last >= 2  # noqa: PLR2004 - hours, or else minutes
    scale, unit = (1.0, "hours") if in_hours else (60.0, "minutes")
    points = [
        Point(x=hours * scale, value=record.value, kind="completed")
        for hours, record in known
    ]
    best = max(record.value or 0.0 for _, record in known)
    yield Chart(
        name="value-over-time",
        caption="The value of completed trials, and the best so far, over the time of "
        "the search.",
        alt=f"A rising line over {last * scale:.1f} {unit}; it ends at {best:.4f}.",
        png=history(points, label=f"{unit} of searching", value="value"),
    )


def _tables(material: Material, best: Sequence[TrialRecord]) -> Iterator[Table]:
    if best:
        yield _best_table(material, best)
    yield from tied_tables(material.choice)


def _best_table(material: Material, best: Sequence[TrialRecord]) -> Table:
    """Lists what was searched by the best trials, a column each."""
    keys = [parameter.key for parameter in material.study.space.parameters]
    columns = {
        f"trial {record.number}": [
            f"{record.value:.4f}",
            *(_cell(settings(record).get(key)) for key in keys),
        ]
        for record in best
    }
    frame = pd.DataFrame(columns, index=pd.Index(["value", *keys], name=""))
    return Table(
        caption=f"The best {len(best)} completed trials", frame=frame, open=True
    )


def _cell(value: object) -> str:
    """Writes a setting; an empty text where the trial does not have it."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)
