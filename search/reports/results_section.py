"""``results.md``: what a paper tells of a search and of its one test, in Markdown.

It is written from ``holdout.json``, from the study and from the tested configuration,
and has no number of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.config.hyperparameters import HYPERPARAMETERS, Value
from search.costs.limits import COSTS
from search.reports.holdout_report import closing_lines, heading_lines, table_rows
from search.reports.markdown import Row, bullets, cell, interval, table
from search.reports.metric_texts import BASELINES, COMPARED, HEADS, METRIC_TEXTS
from search.reports.review_report import (
    describe_gaps,
    describe_seeds,
    describe_subjects,
    group_rows,
)
from search.study.study import Study
from search.study.toml_writer import value_text

NEEDED = frozenset({"search", "split", "intervals"})
"""Parts of a report that the section needs, beside its heads."""

Report = Mapping[str, Any]


def results_section(study: Study, values: Mapping[str, Value], report: Report) -> str:
    """Renders the protocol, the search, the tested configuration and its results.

    ``values`` are the hyperparameters of the tested trial, and ``report`` is the
    content of ``holdout.json``.
    """
    parts = (
        _title(report),
        _protocol(study, report),
        _search(study, report),
        _front(report),
        _configuration(study, values, report),
        _results(report),
        _seeds(report),
        _differences(report),
        _labels(report),
        _groups(report),
        _methods(report),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _title(report: Report) -> Iterator[str]:
    yield f"# Results of the study {report['study']}"
    yield ""
    yield "Written by the run from holdout.json, which has every number in full."


def _protocol(study: Study, report: Report) -> Iterator[str]:
    """Describes the rows, and what no part of the search has seen."""
    size = study.data.image_size
    yield from _heading("Protocol")
    yield from bullets(heading_lines(report))
    yield f"- {_validation(report)}"
    yield f"- Images: {size} x {size} pixels, crop {cell(study.data.crop)}"


def _validation(report: Report) -> str:
    """Describes the rows that trials were compared on."""
    counts = {
        name: found["images"]
        for name, found in report["split"]["images"].items()
        if name not in ("whole", "hold-out")
    }
    most, least = max(counts.values()), min(counts.values())
    sizes = f"{most}" if most == least else f"{least} to {most}"
    if len(counts) == 1:
        return f"Validation: one part of {sizes} images"
    return (
        f"Validation: {len(counts)} folds of {sizes} images; each trial is scored on "
        "its pooled out-of-fold predictions"
    )


def _search(study: Study, report: Report) -> Iterator[str]:
    """Describes among what, how, and by which value a configuration was chosen."""
    counts, search = report["search"], study.search
    ended = f"; {counts['ended']}" if counts.get("ended") else ""
    total = sum(weight for _, weight in study.objective)
    value = ", ".join(f"{w / total:.2g} x {name}" for name, w in study.objective)
    yield from _heading("Search")
    yield (
        f"- Trials: {counts['trials']}, of which {counts['completed']} completed, "
        f"{counts['pruned']} were pruned and {counts['failed']} failed{ended}"
    )
    yield f"- Sampler {search.sampler}, pruner {search.pruner}, seed {search.seed}"
    worst = f", of the worst group by {study.worst_group}" if study.worst_group else ""
    yield f"- Value of a trial, maximized: {value}{worst}"
    yield from bullets(_costs(study, report))
    yield ""
    rows = [(p.key, f"`{value_text(p.entry())}`") for p in study.space.parameters]
    yield from table(("searched", "values"), rows)


def _costs(study: Study, report: Report) -> Iterator[str]:
    """Says what models may cost, and how many trials are on the front."""
    limits = study.constraints.limits()
    if limits:
        texts = (f"{name} at most {most:g}" for name, most in limits.items())
        yield f"Models are limited before their training: {', '.join(texts)}"
    if study.goals:
        front = (report.get("selection") or {}).get("front", ())
        costs = [goal for goal in study.goals if goal in COSTS]
        yield (
            f"Objectives: {', '.join(name for name, _ in study.objective)}, maximized"
            + (f"; {', '.join(costs)}, minimized" if costs else "")
            + f". No other trial dominates {len(front)} of "
            f"{report['search']['completed']}; the tested one was chosen among them by "
            f'"{study.final.choose}"'
        )


def _front(report: Report) -> Iterator[str]:
    """Renders the trials that no other dominates, of a study with objectives."""
    rows = (report.get("selection") or {}).get("front")
    if not rows:
        return
    names = [name for name in rows[0] if name != "chosen"]
    yield from _heading("Front of several objectives (validation)")
    yield from table(
        (*names, ""),
        [
            (*(f"{row[name]:.6g}" for name in names), "tested" if row["chosen"] else "")
            for row in rows
        ],
    )


def _configuration(
    study: Study, values: Mapping[str, Value], report: Report
) -> Iterator[str]:
    """Describes the tested configuration, and what its selection says of it."""
    yield from _heading("Tested configuration")
    yield from bullets(_selection(report))
    yield ""
    searched = {parameter.key for parameter in study.space.parameters}
    rows = [
        (key, cell(value), "searched" if key in searched else "fixed")
        for key, value in values.items()
        if key in searched or value != HYPERPARAMETERS[key].default
    ]
    yield from table(("hyperparameter", "value", ""), rows)
    yield ""
    yield "All other hyperparameters have their defaults."


def _selection(report: Report) -> Iterator[str]:
    """Says how sure the choice is."""
    yield f"Trial {report['trial']}"
    found = report.get("selection") or {}
    if "corrected" in found:
        yield (
            "Validation value corrected for the selection among trials: "
            f"{interval(found['corrected'])} ({found['source']})"
        )
    if "tied" in found:
        others = found["tied"] - 1
        rest = found["compared"] - 1
        yield (
            f"Of {rest} other completed trials, the best is not significantly better "
            f"than {others} (paired bootstrap over {_units(found)}, one-sided, 5 %)"
        )
    second = found.get("runner_up")
    for name, row in (
        *((row["name"], row) for row in found.get("known", ())),
        *([("the runner-up", second)] if second else ()),
    ):
        apart = {"value": row["behind"], "low": row["low"], "high": row["high"]}
        yield f"Gain over {name}: {interval(apart, signed=True)}"


def _units(found: Report) -> str:
    """Names what was resampled, with its number."""
    name = next(n for n in ("subjects", "sequences", "images") if n in found)
    return f"{found[name]} {name}"


def _results(report: Report) -> Iterator[str]:
    """Renders the main metrics with their intervals, beside the baselines."""
    yield from _heading("Results on the hold-out")
    header, *rows = table_rows(report)
    yield from table(("metric", *header[1:]), rows)
    apart = ("baselines", "seeds", "by_subject")  # in parts of their own
    more = {name: part for name, part in report.items() if name not in apart}
    yield ""
    yield from bullets(line for line in closing_lines(more) if line)


def _seeds(report: Report) -> Iterator[str]:
    """Describes how much one retraining differs from the next."""
    lines = list(describe_seeds(report.get("seeds")))
    if lines:
        yield from _heading("Retraining with other seeds")
        yield from bullets(line.strip() for line in lines if line)


def _differences(report: Report) -> Iterator[str]:
    """Renders the model minus each baseline."""
    names = [name for name in BASELINES if name in report.get("baselines", {})]
    rows: list[Row] = []
    for name in names:
        for head, metrics in COMPARED.items():
            compared = report.get(head, {}).get("baselines", {}).get(name, {})
            rows += [
                (BASELINES[name][0], METRIC_TEXTS[metric], _apart(compared[metric]))
                for metric in metrics
                if metric in compared
            ]
    if not rows:
        return
    yield from _heading("Model minus baseline")
    for name in names:
        words = BASELINES[name][1].format(**report["baselines"][name])
        yield f"- {BASELINES[name][0]}: {words}, fitted to the same development rows"
        gain = report["baselines"][name].get("gain")
        if gain:
            yield (
                f"- Value on the validation rows of {_units(gain)}, trial minus "
                f"{BASELINES[name][0]}: {_apart(gain)}, {gain['note']}"
            )
    yield ""
    yield from table(("baseline", "metric", "difference (95 %)"), rows)


def _groups(report: Report) -> Iterator[str]:
    """Renders single subjects and groups of them, by the primary metric."""
    people = [line for line in describe_subjects(report) if line]
    header, *rows = group_rows(report) or [()]
    gaps = list(describe_gaps(report))
    if not people and not gaps and not rows:
        return
    yield from _heading("Subjects and their groups")
    yield from bullets([*people, *gaps])
    if rows:
        yield ""
        yield from table(("group", *header[1:]), rows)


def _apart(compared: Report) -> str:
    """Renders a difference with its interval."""
    return interval({**compared, "value": compared["difference"]}, signed=True)


LABELS: Mapping[str, tuple[str, str, Sequence[str]]] = {
    "emotion": ("per_class", "images", ("precision", "recall", "f1")),
    "action_units": ("per_au", "positives", ("auc", "f1_at_threshold")),
    "action_unit_intensities": ("per_au", "images", ("icc", "pcc", "mae")),
    "valence_arousal": ("per_dimension", "images", ("ccc", "rmse")),
}
"""For each head: its table, the count of a label, and the scores that are shown."""


def _labels(report: Report) -> Iterator[str]:
    """Renders a table of each head: a row a label."""
    for head, (place, count, scores) in LABELS.items():
        labels = report.get(head, {}).get(place)
        if not labels:
            continue
        yield from _heading(f"{HEADS[head]}, label by label")
        shown = [s for s in scores if any(s in row for row in labels.values())]
        rows = [
            (
                name,
                cell(row.get(count)),
                cell(row.get("subjects")),
                *(_score(row, score) for score in shown),
            )
            for name, row in sorted(labels.items(), key=_place)
        ]
        yield from table(("label", count, "subjects", *shown), rows)


def _place(label: tuple[str, Report]) -> int:
    """Puts action units into the order of their numbers, and leaves other labels."""
    number = label[0].removeprefix("AU")
    return int(number) if number.isdecimal() else 0


def _score(row: Report, name: str) -> str:
    """Renders a label's score with its interval, if it has one."""
    low, high = row.get("intervals", {}).get(name) or (None, None)
    return interval({"value": row.get(name), "low": low, "high": high})


def _methods(report: Report) -> Iterator[str]:
    """Names the method of the intervals and what they leave out."""
    found = report["intervals"]
    yield from _heading("Methods")
    yield (
        f"- Intervals: {found['level']:.0%}, {found['method']} ({_units(found)}); "
        f"scales: {found['scales']}. Source: {found['source']}"
    )
    yield (
        f"- A label that fewer than {found['least_per_label']} {_over(found)} have "
        "has no interval"
    )
    yield "- Intervals are of single metrics: none is corrected for their number"
    yield "- A metric averaged over labels leaves out those that do not occur"


def _over(found: Report) -> str:
    return _units(found).partition(" ")[2]


def _heading(text: str) -> Iterator[str]:
    yield from ("", f"## {text}", "")
