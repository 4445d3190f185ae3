"""How results vary: from seed to seed, from subject to subject, and between groups."""

from collections.abc import Iterator

from data_pipeline.pages.wording import counted
from search.reports.metric_texts import COMPARED, METRIC_TEXTS, metric_words, number
from search.reports.review_report import describe_gaps, describe_tested, group_rows
from search.results.markdown import bullets, heading, interval, table
from search.results.words import Report


def seeds(report: Report) -> Iterator[str]:
    """Renders what each seed reaches, their mean with its interval, and what is tested.

    Only where there are several.
    """
    found = report.get("seeds")
    if not found:
        return
    yield from heading("Retraining with other seeds")
    yield (
        f"- {len(found['trained'])} trainings of the same configuration, which differ "
        f"in their seed alone; {describe_tested(found)}, as decided before the "
        "hold-out was opened"
    )
    source = found.get("interval", {}).get("source")
    by = f": {source}" if source else ""
    yield f"- Intervals in this table hold for other subjects and other seeds{by}"
    yield ""
    columns = [
        (name, row)
        for head, names in COMPARED.items()
        for name in names
        if (row := found["heads"].get(head, {}).get(name)) and row["mean"] is not None
    ]
    words = (METRIC_TEXTS[name].partition(",")[0] for name, _ in columns)
    rows = [row for _, row in columns]
    yield from table(("seed", "training loss", *words), _seed_rows(found, rows))


def _seed_rows(found: Report, metrics: list[Report]) -> Iterator[tuple[str, ...]]:
    for place, trained in enumerate(found["trained"]):
        each = (number(row["each"][place]) for row in metrics)
        yield (str(trained["seed"]), f"{trained['loss']:#.4g}", *each)
    means = ({**row, "value": row["mean"]} for row in metrics)
    yield ("mean (95 % interval)", "", *(interval(mean) for mean in means))
    yield ("standard deviation", "", *(number(row["deviation"]) for row in metrics))
    yield ("tested model", "", *(number(row["model"]) for row in metrics))


def subjects(report: Report) -> Iterator[str]:
    """Renders single subjects, without names, and groups of them."""
    people = list(_people(report))
    gaps = list(describe_gaps(report))
    header, *rows = group_rows(report) or [()]
    if not people and not gaps and not rows:
        return
    yield from heading("Subjects and their groups")
    yield from people
    groups = (
        []
        if report.get("groups")
        else ["Groups: none, as the study names no table of demographics"]
    )
    yield from ("", *bullets([*_without_errors(report), *gaps, *groups]))
    if rows:
        yield ""
        yield from table(("group", *header[1:]), rows)


def _without_errors(report: Report) -> Iterator[str]:
    """Counts the subjects without an error in their emotions."""
    found = report.get("by_subject", {}).get("subjects", {}).values()
    scored = [row[ACCURACY] for row in found if row.get(ACCURACY) is not None]
    if scored:
        right = sum(value == 1 for value in scored)
        yield f"{right} of {counted(len(scored), 'subject')} without an emotion error"


def _worst(row: Report) -> str:
    """Renders the mean of the worst tenth, with its number of subjects."""
    text = number(row.get("worst_decile"))
    count = row.get("of_worst_decile")
    return text if count is None else f"{text} ({counted(count, 'subject')})"


ACCURACY = "emotion.accuracy"


def _people(report: Report) -> Iterator[str]:
    """Renders each metric of single subjects, summed up."""
    found = report.get("by_subject", {}).get("summary", {})
    rows = [
        (
            metric_words(metric),
            str(row["subjects"]),
            *(number(row.get(key)) for key in ("mean", "deviation", "median")),
            f"{number(row.get('lowest'))} to {number(row.get('highest'))}",
            _worst(row),
        )
        for metric, row in found.items()
        if row["subjects"]
    ]
    if rows:
        yield "Each subject is scored by itself; the worst tenth by its mean:"
        yield ""
        columns = ("mean", "standard deviation", "median", "range", "worst tenth")
        yield from table(("metric", "subjects", *columns), rows)
