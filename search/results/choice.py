"""How sure the choice of the tested trial is: its scores, and those of the others."""

from collections.abc import Iterator
from types import MappingProxyType

from data_pipeline.pages.wording import counted
from search.references.catalogue import cites
from search.reports.metric_texts import number
from search.results.markdown import interval
from search.results.words import Report, by_method, units

VALUE = (
    "the objective of all validation predictions, averaged over three neighbouring "
    "epochs, at the epoch where that is highest"
)
SCORE = "the objective at that epoch alone; differences between trials use it"
NOT_CORRECTED = "the choice of the epoch on the same folds, and what pruning selected"
_CORRECTED = "paired, and corrected for the selection as that score is"

MOST = 8
"""Trials that are named; ``selection.json`` has all of them."""


def choice(report: Report, selected: Report = MappingProxyType({})) -> Iterator[str]:
    """Says how sure the choice is; ``selected`` is ``selection.json``, if any."""
    found = report.get("selection") or {}
    if found.get("choose", "best") != "best":
        yield (
            f"Chosen as {found['choose']}: among the trials that the best one is not "
            "significantly better than. The numbers below, but for the validation "
            "value and score, are those of the best one"
        )
    if "corrected" in found:
        yield from _validation_value(found)
    if "tied" in found and found["compared"] > 1:
        yield _better(found)
        yield from _tied(report, selected)
        yield from _over_head(report, found)
    second, paired = found.get("runner_up"), by_method(found, _CORRECTED)
    for name, row in (
        *((row["name"], row) for row in found.get("known", ())),
        *([("the runner-up", second)] if second else ()),
    ):
        if row["low"] == row["high"] == 0:
            yield f"The best trial is the known configuration {name}"
            continue
        yield (f"Gain over {name}: {_behind(row)} (validation score; {paired})")


def _validation_value(found: Report) -> Iterator[str]:
    """Defines both numbers of a trial, and says what corrects the score."""
    yield f"Validation value {number(found.get('value'))}: {VALUE}"
    score = "Validation score" + (
        f" {number(found['score'])}" if "score" in found else ""
    )
    yield f"{score}: {SCORE}"
    if found["compared"] > 1:
        yield (
            f"Score corrected for the selection among {found['compared']} completed "
            f"trials: {interval(found['corrected'])}, by {found['source']}, with "
            f"{found['resamples']} resamples{cites('selection:paired')}; interval "
            f"{by_method(found, f'by the jackknife over {units(found)}')}. "
            f"Not corrected for: {NOT_CORRECTED}"
        )
    else:
        yield f"No other trial completed. Not corrected for: {NOT_CORRECTED}"


def _better(found: Report) -> str:
    """Says over how many of the others the best trial is significantly better."""
    rest = found["compared"] - 1
    others = "other that" if rest == 1 else "others that"
    return (
        f"The best completed trial is significantly better than "
        f"{rest - found['tied'] + 1} of the {rest} {others} completed (validation "
        f"score; {by_method(found, _CORRECTED)}, one-sided, 5 % each, not corrected "
        f"for {counted(rest, 'comparison')})"
    )


def _tied(report: Report, selected: Report) -> Iterator[str]:
    """Names the others that could have won, and the smallest of all.

    The fastest is left to the report's page: equal searches have equal results.
    """
    rows = {row["trial"]: row for row in selected.get("tied", ())}
    if len(rows) < 2 or selected.get("chosen") != report["trial"]:  # noqa: PLR2004 - the best alone
        return
    if len(rows) != report["selection"]["tied"]:  # compared again after the test
        return
    best, smallest = selected["best"], selected["smallest_tied"]
    others = [str(number) for number in rows if number != best]
    more = f" and {len(others) - MOST} more" if len(others) > MOST else ""
    weights = rows[smallest]["parameters"] / 1e6
    yield (
        f"Trials that the best one, {best}, is not significantly better than: "
        f"{', '.join(others[:MOST])}{more}. Of those to choose from, {smallest} is the "
        f"smallest ({weights:.2f} million weights; selection.json)"
    )


def _over_head(report: Report, found: Report) -> Iterator[str]:
    """Says what training the whole network gains over the best trial's own head."""
    head = found.get("head")
    if not head:
        return
    pairs = {row["trial"]: row["of"] for row in report["search"].get("finetuned", ())}
    of = pairs.get(report["trial"]) if found.get("choose", "best") == "best" else None
    names = (
        "The best trial repeats another with the whole network"
        if of is None
        else f"Trial {report['trial']} repeats trial {of} with the whole network"
    )
    yield (
        f"{names}: {_behind(head)} (validation score), "
        f"{'not ' if head['tied'] else ''}significantly better than it"
    )


def _behind(row: Report) -> str:
    """Renders how far a trial is behind the best, as a gain of the best."""
    apart = {"value": row["behind"], "low": row["low"], "high": row["high"]}
    return interval(apart, signed=True)
