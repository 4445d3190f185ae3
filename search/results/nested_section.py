"""The results section of a nested run: the same parts, for outer parts pooled.

It is written from ``nested.json``, the study and the configurations of the parts.
"""

from collections.abc import Iterator, Mapping, Sequence

from data_pipeline.pages.wording import counted
from data_pipeline.split.stratify import CANDIDATES
from models.config.hyperparameters import Value
from search.references.catalogue import cites
from search.reports.metric_texts import COMPARED, metric_words, number
from search.reports.nested_report import choice_rows, nested_lines, part_rows
from search.results.labels import labels
from search.results.markdown import as_text, bullets, heading, table
from search.results.methods import methods
from search.results.protocol import data_line, label_lines, people_table
from search.results.scores import differences, results
from search.results.section import references
from search.results.selection import (
    PLANNED,
    SEARCHED,
    compute_lines,
    finetuning_lines,
    pruning_lines,
    search_lines,
    setting_rows,
    space_table,
)
from search.results.variation import subjects
from search.results.words import Report, drawn_mark
from search.study.study import Study


def nested_section(
    study: Study, chosen: Sequence[Mapping[str, Value]], report: Report
) -> str:
    """Renders protocol, budget, pooled results, stability and methods.

    ``chosen`` are the configurations of the parts, and ``report`` is the content of
    ``nested.json``.
    """
    title = (
        f"# Results of the nested evaluation of the study {report['study']}",
        "",
        "Written from nested.json, which has every number in full.",
        *drawn_mark(report),
    )
    parts = (
        title,
        _protocol(study, report),
        _search(study, chosen, report),
        results(report, "Results, pooled over the outer parts"),
        _over_parts(report),
        differences(report),
        labels(report),
        subjects(report),
        _stability(report),
        methods(report),
        references(study, chosen, report),
    )
    return as_text(line for part in parts for line in part) + "\n"


def _protocol(study: Study, report: Report) -> Iterator[str]:
    """Describes the rows, and how they were held out from each search."""
    yield from heading("Protocol")
    yield f"- {data_line(study, report, images=report['images'])}"
    yield from bullets(label_lines(study, report))
    yield from bullets(nested_lines(report))
    yield f"- {_division(study, report)}"
    yield from bullets(_inner_people(report))
    yield (
        "- Each part is held out from a search of its own, which chooses a "
        "configuration, the epochs of its retraining, thresholds and calibration by "
        f"the other parts alone{cites('nested')}. The pooled predictions estimate "
        "what this procedure reaches, not what one configuration does"
    )
    yield from people_table(report)
    yield ""
    header, *rows = part_rows(report)
    yield from table(header, rows)


def _division(study: Study, report: Report) -> str:
    """Describes how the outer parts were drawn."""
    if study.split.outer_folds == "subjects":
        return f"Outer parts: each of {len(report['parts'])} subjects is one"
    if study.split.by == "image":
        return (
            f"Outer parts: {len(report['parts'])}, by image, stratified by emotion "
            f"(hold_out_seed {study.split.hold_out_seed})"
        )
    return (
        f"Outer parts: {len(report['parts'])}, by {study.split.by}; of {CANDIDATES} "
        f"random "
        f"divisions (hold_out_seed {study.split.hold_out_seed}) the one whose parts "
        "have the most balanced labels"
    )


def _search(
    study: Study, chosen: Sequence[Mapping[str, Value]], report: Report
) -> Iterator[str]:
    """Describes the budget of all searches, and what they searched."""
    found, inner = report["search"], study.split.inner_folds
    budgets = [part["budget"] for part in report["parts"]]
    least, most = min(budgets), max(budgets)
    each = counted(most, "trial") if least == most else f"{least} to {most} trials"
    yield from heading("Search")
    yield (
        f"- Budget of a part: {each}; trials of all parts: {found['trials']}; "
        f"completed {found['completed']}, pruned {found['pruned']}, failed "
        f"{found['failed']}"
    )
    yield (
        f"- The budget of {counted(study.search.trials, 'trial')} of "
        f"{counted(study.split.folds, 'fold')} is shared among the parts, whose trials "
        f"train on {counted(inner, 'inner fold')}: all searches together train as "
        "often as the ordinary one"
    )
    yield from bullets(_finetuning(study, report))
    yield from bullets(pruning_lines(study, found, folds=inner))
    yield from bullets(compute_lines(found))
    yield from bullets(search_lines(study, folds=inner))
    yield ""
    yield from space_table(study)
    yield ""
    rows = (
        row
        for row in setting_rows(study, chosen[0])
        if row[-1] not in (SEARCHED, PLANNED)
    )
    yield from table(("not searched", "value", ""), rows)


def _finetuning(study: Study, report: Report) -> Iterator[str]:
    """Counts the trials that repeat others with the whole network, part by part."""
    counts = [part.get("search", {}).get("finetuned") for part in report["parts"]]
    if None in counts:  # an older version
        yield from finetuning_lines(study, {})
        return
    if any(counts):
        least, most = min(counts), max(counts)
        each = str(most) if least == most else f"{least} to {most}"
        yield (
            f"{sum(counts)} of the trials, {each} in each part, repeat the best ones "
            "of their part, which had a frozen backbone, with the whole network"
        )


def _inner_people(report: Report) -> Iterator[str]:
    """Says on how many people the trials of a part were validated."""
    counts = [n for part in report["parts"] for n in part.get("fold_subjects", ())]
    if counts:
        least, most = min(counts), max(counts)
        people = f"{most}" if least == most else f"{least} to {most}"
        folds = counted(report["inner_folds"], "inner fold")
        yield f"Validation inside a part: {folds}, of {people} subjects each"


def _over_parts(report: Report) -> Iterator[str]:
    """Renders how the main metrics differ from part to part."""
    across = report["across_parts"]
    rows = [
        (
            metric_words(f"{head}.{name}"),
            number(report[head]["metrics"][name]["value"]),
            number(found["mean"]),
            number(found["deviation"]),
            str(found["parts"]),
        )
        for head, names in COMPARED.items()
        for name in names
        if (found := across.get(head, {}).get(name))
    ]
    yield from heading("From part to part")
    columns = ("pooled", "mean of parts", "standard deviation", "parts")
    yield from table(("metric", *columns), rows)
    yield ""
    yield (
        "- Pooled values have intervals, over people and for these models. Parts share "
        "training images, so that their deviation is no standard error"
        f"{cites('nested, from part to part')}"
    )
    yield (
        "- A pooled area under a curve compares rows of different models: where their "
        "calibration differs, it is lower than the mean of the parts"
    )


def _stability(report: Report) -> Iterator[str]:
    """Renders what the parts chose of each searched key."""
    yield from heading("Stability of the choice")
    yield (
        "- Each part searches with a seed of its own: agreement does not come from "
        "equal random proposals"
    )
    yield ""
    yield from table(("searched", "chosen by the parts"), choice_rows(report))
