"""How sure the choice among the trials is, by their values on validation rows."""

from collections.abc import Iterator, Mapping
from typing import Any

from search.report_page.charts.forest import ForestRow
from search.report_page.wording import significance
from search.reports.metric_texts import number
from search.results.markdown import interval
from search.results.words import by_method

Report = Mapping[str, Any]

_CORRECTED = "corrected for the selection"


def choice_texts(found: Report) -> Iterator[str]:
    """Says whether one trial is the winner, and what it gains over known ones.

    ``found`` is the part ``selection`` of the report, which may be empty.
    """
    yield from _winner(found)
    for row in found.get("known", ()):
        known = f'the known configuration "{row["name"]}"'
        if row["behind"] == row["low"] == row["high"] == 0:
            yield f"The best trial is {known} itself."
        else:
            yield (
                f"Against {known}, on validation rows: {_apart(row)}, "
                f"{significance(row)} ({by_method(found, _CORRECTED)})."
            )
    if "corrected" in found:
        yield (
            f"The validation value of the best trial, in the objective of the search, "
            f"is {number(found.get('value'))}, averaged over neighbouring epochs"
            f"{_score(found)}. {_corrected(found)} {interval(found['corrected'])}."
        )


def _corrected(found: Report) -> str:
    """Introduces the score without the optimism of its selection."""
    if found["compared"] == 1:
        return "No other trial completed to choose among; the score with its interval:"
    return f"Corrected for the selection among {found['compared']} trials the score is"


def _score(found: Report) -> str:
    """Names the score at one epoch, where the report has it."""
    known = "score" in found
    return f", its validation score {number(found['score'])}" if known else ""


def _winner(found: Report) -> Iterator[str]:
    if "tied" not in found or found["compared"] < 2:  # noqa: PLR2004 - one alone
        return
    tied = found["tied"] if isinstance(found["tied"], int) else len(found["tied"])
    others, corrected = found["compared"] - 1, by_method(found, _CORRECTED)
    test = f"on validation rows, {corrected}, one-sided, 5 % each"
    if tied > 1:
        yield (
            f"No significant winner among the trials: {tied - 1} of the {others} "
            "others that completed are not significantly worse than the best "
            f"({test})."
        )
    else:
        yield (
            f"The best trial is significantly better than each of the {others} others "
            f"that completed ({test})."
        )


def choice_rows(found: Report) -> Iterator[ForestRow]:
    """Yields what the best trial gains over known configurations and the next trial."""
    second = found.get("runner_up")
    named = [(row["name"], row) for row in found.get("known", ())]
    for name, row in (*named, *([("the next best trial", second)] if second else ())):
        yield ForestRow(
            label=f"validation, minus {name}",
            value=row["behind"],
            low=row["low"],
            high=row["high"],
        )


def _apart(row: Report) -> str:
    return interval({**row, "value": row["behind"]}, signed=True)
