"""The results: metrics, differences, calibration, and what they vary with."""

from collections.abc import Iterator

from data_pipeline.pages.wording import counted
from models.evaluation.jackknife import ERROR, scale_of
from search.references.catalogue import cites
from search.reports.holdout_report import closing_lines, table_rows
from search.reports.metric_texts import (
    BASELINES,
    COMPARED,
    HEADS,
    LEFT_OUT,
    METRIC_TEXTS,
    metric_words,
    number,
)
from search.results.labels import (
    EXTENDED,
    WIDE,
    is_constant,
    is_extended,
    is_wide,
    labels,
)
from search.results.markdown import bullets, heading, interval, table
from search.results.variation import seeds, subjects
from search.results.words import Report, unit_number, units


def scores(report: Report) -> Iterator[str]:
    """Renders everything that the test on the hold-out gave."""
    yield from results(report, "Results on the hold-out")
    yield from seeds(report)
    yield from differences(report)
    yield from _calibration(report)
    yield from labels(report)
    yield from subjects(report)


def results(report: Report, title: str) -> Iterator[str]:
    """Renders the main metrics with their intervals, beside the baselines."""
    yield from heading(title)
    yield from bullets(_primary(report))
    yield ""
    header, *rows = table_rows(report)
    yield from table(("metric", *header[1:]), rows)
    apart = ("baselines", "seeds", "by_subject", "calibration")  # parts of their own
    more = {name: part for name, part in report.items() if name not in apart}
    closing = (line for line in closing_lines(more) if line)
    verdicts = _objective_differences(report.get("objective") or {})
    below = [*_extended(report), *closing, *verdicts, *_beside(report)]
    yield from ("", *bullets(below)) if below else ()
    yield from _confusion(report.get("emotion", {}).get("confusion"))


def _beside(report: Report) -> Iterator[str]:
    """Recalls the corrected validation score beside the hold-out's objective."""
    found = report.get("selection") or {}
    is_same = "objective" in report and not report["search"].get("worst_group")
    if is_same and "corrected" in found and found["compared"] > 1:
        yield (
            "Beside the objective of the search, its validation score corrected for "
            f"the selection: {interval(found['corrected'])}"
        )


def _extended(report: Report) -> Iterator[str]:
    """Names the metrics whose interval was extended to the value, or has no width."""
    rows = [
        (name, metric_words(f"{head}.{name}"), row)
        for head in HEADS
        for name, row in report.get(head, {}).get("metrics", {}).items()
        if name in METRIC_TEXTS and f"{head}.{name}" not in LEFT_OUT
    ]
    ended = [words for name, words, row in rows if is_extended(name, row)]
    constant = [words for _, words, row in rows if is_constant(row)]
    wide = [words for name, words, row in rows if is_wide(name, row)]
    if wide:
        names = ", ".join(wide)
        yield f"Intervals wider than {WIDE}, which few subjects decide: {names}"
    if ended:
        yield f"Intervals that end at their value ({EXTENDED}): {', '.join(ended)}"
    if constant:
        yield (
            "Intervals without width, because no single subject changes the value: "
            f"{', '.join(constant)}"
        )


def _primary(report: Report) -> Iterator[str]:
    """Says which metric a claim may rest on, and by which rule."""
    found = report["primary"]
    head, _, metric = found["metric"].partition(".")
    row = report.get(head, {}).get("metrics", {}).get(metric)
    if row is not None:
        yield (
            f"**Primary: {metric_words(found['metric'])} {interval(row)}**; decided "
            f"before the test as {found['rule']}"
        )
        yield from _primary_differences(report, head, metric)


def _primary_differences(report: Report, head: str, metric: str) -> Iterator[str]:
    """Says of each linear baseline whether the primary metric differs from its one."""
    compared = report[head].get("baselines", {})
    found = [
        f"{_verdict(compared[name][metric], metric)} {BASELINES[name][0]} "
        f"({_apart(compared[name][metric])})"
        for name in BASELINES
        if metric in compared.get(name, {})
        and compared[name][metric]["difference"] is not None
    ]
    if found:
        yield (
            f"On the primary metric the model is {' and '.join(found)}; {_AT_5}"
            + (f", uncorrected for {len(found)} comparisons" if len(found) > 1 else "")
        )


_AT_5 = "two-sided, at 5 % each"


def _objective_differences(objective: Report) -> Iterator[str]:
    """Says of each baseline whether the objective differs, where it is no one metric.

    Of one metric the verdict stands beside that metric.
    """
    gains = objective.get("gains", {})
    found = [
        f"{_verdict(gains[name], 'objective')} {BASELINES[name][0]}"
        for name in BASELINES
        if name in gains
    ]
    if found and len(objective["metrics"]) > 1:
        yield f"By the objective the model is {' and '.join(found)}; {_AT_5}"


def _verdict(compared: Report, metric: str) -> str:
    """Says whether a difference is significant: its interval is on one side of 0."""
    if compared["low"] is None or compared["high"] is None:
        return "not compared, for want of an interval, with"
    side = _side(compared, metric)
    if side:
        return f"significantly {'better' if side > 0 else 'worse'} than"
    return "not significantly better than"


def _side(compared: Report, metric: str) -> int:
    """Returns 1 where the model is significantly better, -1 where worse, else 0.

    Of errors the lower is the better.
    """
    sign = -1 if scale_of(metric) is ERROR else 1
    above, below = (compared["low"] or 0) > 0, (compared["high"] or 0) < 0
    return sign * (above - below)


def _confusion(found: Report | None) -> Iterator[str]:
    """Renders the confusion matrix of the emotions."""
    if found:
        yield ""
        yield from table(
            ("true / predicted", *found["labels"]),
            [
                (name, *map(str, row))
                for name, row in zip(found["labels"], found["counts"], strict=True)
            ],
        )


def _calibration(report: Report) -> Iterator[str]:
    """Renders the errors of the probabilities before and after their calibration."""
    parts = report.get("calibration") or {}
    rows = calibration_rows(parts)
    if not rows:
        return
    yield from heading("Calibration")
    yield (
        f"{_fitted(report, parts)} All other numbers of the model are after "
        "calibration; the baselines are not calibrated. Errors on the "
        f"hold-out{cites('calibration:errors')}:"
    )
    yield ""
    yield from table(("head", "error", "before", "after"), rows)
    risen = [
        f"{error} of {head} ({before} to {after})"
        for head, error, before, after in _risen(parts)
    ]
    left = list(_left(parts))
    more = [f"Higher after the calibration: {', '.join(risen)}"] if risen else []
    yield from ("", *bullets([*more, *left])) if more or left else ()


def _fitted(report: Report, parts: Report) -> str:
    """Says what was corrected by which predictions, and in which models."""
    fitted = describe_calibrated(parts)
    text = (
        f"Fitted to out-of-fold predictions of the trial (one model a fold): {fitted}."
    )
    if (report.get("seeds") or {}).get("model") == "ensemble":
        text += " Each seed's model is calibrated; the ensemble averages their outputs."
    return text


def calibration_rows(parts: Report) -> list[tuple[str, str, str, str]]:
    """Lists head, error, and its value before and after the calibration."""
    return [
        (
            _TITLES.get(head, head),
            _error(name),
            number(value),
            number(part["after"][name]),
        )
        for head, part in parts.items()
        if "before" in part
        for name, value in part["before"].items()
    ]


def _risen(parts: Report) -> Iterator[tuple[str, str, str, str]]:
    """Yields the errors that the calibration raised: as words, before and after."""
    for head, part in parts.items():
        for name, before in part.get("before", {}).items():
            after = part["after"][name]
            if None not in (before, after) and after > before:
                words = _TITLES.get(head, head), _error(name)
                yield *words, number(before), number(after)


def _left(parts: Report) -> Iterator[str]:
    """Says which outputs stay as they are, and why."""
    emotion = (parts.get("emotion") or {}).get("left")
    if emotion:
        yield f"Not calibrated: emotions ({emotion})"
    units = (parts.get("action_units") or {}).get("left") or {}
    for reason in sorted(set(units.values())):
        names = sorted((n for n in units if units[n] == reason), key=unit_number)
        yield f"Not calibrated: {', '.join(names)} ({reason})"


def _error(name: str) -> str:
    return _ERRORS.get(name.removeprefix("mean_"), name)


def describe_calibrated(parts: Report) -> str:
    """Says what was corrected."""
    emotion, units = parts.get("emotion") or {}, parts.get("action_units") or {}
    corrected, left = len(units.get("units") or ()), len(units.get("left") or ())
    found = []
    if emotion.get("temperature") is not None:
        found.append(
            f"a temperature of {emotion['temperature']:.2f} for the emotions"
            f"{cites('calibration:emotion')}"
        )
    if corrected or left:
        found.append(
            f"Platt scaling of {corrected} of {corrected + left} action units"
            f"{cites('calibration:action_units')}"
        )
    return ", ".join(found) or "nothing"


_ERRORS = {
    "ece": "calibration error",
    "nll": "negative log-likelihood",
    "brier": "Brier score",
}
_TITLES = {"emotion": "emotions", "action_units": "action units", "votes": "votes"}


def differences(report: Report) -> Iterator[str]:
    """Renders the model minus each baseline."""
    names = [name for name in BASELINES if name in report.get("baselines", {})]
    found = [each for name in names for each in _compared(report, name)]
    if not found:
        return
    yield from heading("Model minus baseline")
    for name in names:
        yield from bullets(_baseline(name, report["baselines"][name]))
    sides = [_side(each, metric) for _, metric, each in found]
    yield (
        f"- Of {counted(len(found), 'difference')} below, the model is significantly "
        f"better in {sides.count(1)} and significantly worse in {sides.count(-1)}: "
        f"{_AT_5}, uncorrected for their number"
    )
    yield ""
    rows = [
        (title, METRIC_TEXTS[metric], _apart(each)) for title, metric, each in found
    ]
    yield from table(("baseline", "metric", "difference (95 %)"), rows)


def _compared(report: Report, name: str) -> Iterator[tuple[str, str, Report]]:
    """Yields the baseline's heading, each metric, and what was compared."""
    for head, metrics in COMPARED.items():
        compared = report.get(head, {}).get("baselines", {}).get(name, {})
        for metric in (metric for metric in metrics if metric in compared):
            yield BASELINES[name][0], metric, compared[metric]


def _baseline(name: str, entry: Report) -> Iterator[str]:
    """Describes a baseline, and its value on the validation rows."""
    title, words = BASELINES[name]
    yield (
        f"{title}: {words.format(**entry)}, fitted to the same development rows"
        f"{_penalized(entry)}; validation score {number(entry['value'])}"
    )
    gain = entry.get("gain")
    if gain:
        yield (
            f"Score on the validation rows of {units(gain)}, trial minus {title}: "
            f"{_apart(gain)} by the jackknife, {gain['note']}"
        )


def _penalized(entry: Report) -> str:
    """Describes a baseline's features and penalties, where they are known."""
    if "features" not in entry or "penalties" not in entry:
        return ""
    # Loads scikit-learn.
    from models.evaluation.linear import PENALTIES, SIDE  # noqa: PLC0415

    chosen = entry["penalties"]
    each = ", ".join(f"{found:g} ({head})" for head, found in chosen.items())
    grid = ", ".join(f"{penalty:g}" for penalty in PENALTIES)
    grey = "" if "weights" in entry else f" (grey, at most {SIDE} x {SIDE} pixels)"
    at_end = {PENALTIES[0], PENALTIES[-1]} & set(chosen.values())
    beyond = " (at an end of these values: none beyond was tried)" if at_end else ""
    return (
        f"; {counted(entry['features'], 'feature')}{grey}, penalty {each}, chosen "
        f"among {grid} on the validation folds as trials are{beyond}"
    )


def _apart(compared: Report) -> str:
    """Renders a difference with its interval."""
    return interval({**compared, "value": compared["difference"]}, signed=True)
