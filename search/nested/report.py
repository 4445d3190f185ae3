"""``nested.json``: what all outer parts found, over all people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_pipeline.system.errors import RunError
from models.config.hyperparameters import Value
from search.callbacks.progress_bar import ProgressBar
from search.documents.nested_texts import write_nested_texts
from search.final.exported_config import BEST, read_exported
from search.final.selection_file import read_selection
from search.holdout.predictions_file import RecordedRows
from search.holdout.rescore import recorded_rows
from search.nested.opening import Plan
from search.nested.part import Part
from search.nested.pooled_csv import join_tables
from search.nested.pooling import pool
from search.nested.scores import describe_scores, metric_values
from search.nested.stability import stability
from search.pipeline.run_study import STAGES, RunRequest
from search.reports.nested_report import describe_nested
from search.run_files import (
    NESTED,
    NESTED_ROWS,
    NESTED_STUDY,
    PREDICTED,
    REPORT,
    RESULTS,
    read_report,
)
from search.run_folder import write_json, write_text
from search.storage.url import chosen_storage


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What an outer part chose, and its report where it was tested."""

    part: Part
    trial: int
    value: float
    config: Mapping[str, Value]
    selection: Mapping[str, Any]
    test: Mapping[str, Any] | None


def report(plan: Plan, request: RunRequest, bar: ProgressBar) -> dict[str, Any]:
    """Writes and prints what all parts found; they have run as far as requested.

    Raises:
        RunError: the predictions of a part are lost.
    """
    bar.log.open(plan.folder)
    outcomes = [_outcome(part, request) for part in plan.parts]
    entry = _entry(plan, outcomes)
    if request.until == STAGES[-1]:
        bar.print("scoring the predictions of all outer parts together")
        pooled = pool([_rows(outcome) for outcome in outcomes])
        join_tables(
            plan.folder.file(NESTED_ROWS),
            [part.folder.file(PREDICTED) for part in plan.parts],
        )
        entry |= describe_scores(
            plan.study,
            pooled,
            [outcome.test for outcome in outcomes if outcome.test is not None],
            [outcome.value for outcome in outcomes],
        )
    write_text(plan.folder.file(NESTED_STUDY), plan.study.text())
    write_json(plan.folder.file(NESTED), entry)
    if "tested" in entry:
        write_nested_texts(plan.folder, plan.study, entry)
    bar.stop()
    bar.print("")
    bar.print(describe_nested(entry))
    files = f"{RESULTS}, {NESTED}" if "tested" in entry else NESTED
    bar.print(f"results: {plan.folder.path} ({files}, and a run for each outer part)")
    _write_page(plan, request, entry, bar)
    if bar.events is not None:
        bar.events.write("nested", folder=str(plan.folder.path), parts=len(plan.parts))
    return entry


def _write_page(
    plan: Plan, request: RunRequest, entry: Mapping[str, Any], bar: ProgressBar
) -> None:
    """Writes the report for people, if the parts were tested."""
    if "images" in entry:
        # Imported late: a run that ends early needs no charts.
        from search.report_page.material import gather_nested  # noqa: PLC0415
        from search.report_page.page import write_page  # noqa: PLC0415

        storage = chosen_storage(request.storage)
        material = gather_nested(plan.folder, plan.study, test=entry, storage=storage)
        page = write_page(material)
        bar.print(f"report, with charts: {page}")


def _outcome(part: Part, request: RunRequest) -> _Outcome:
    """Reads what a part left in its folder."""
    exported = read_exported(part.folder.file(BEST))
    tested = request.until == STAGES[-1]
    return _Outcome(
        part=part,
        trial=exported.origin.trial,
        value=exported.origin.value,
        config=dict(exported.study.space.fixed),
        selection=read_selection(part.folder) or {},
        test=read_report(part.folder.file(REPORT)) if tested else None,
    )


def _rows(outcome: _Outcome) -> RecordedRows:
    """Reads what a part predicted; the table must have the images of its report."""
    folder, test = outcome.part.folder, outcome.test or {}
    rows = recorded_rows(folder, test)
    if len(rows.duplicates) != test["images"]:
        raise RunError(
            f"{folder.file(PREDICTED)}: must have the {test['images']} images of "
            f"{REPORT}, found {len(rows.duplicates)}; restore it, or move {REPORT} "
            "away: the same command then tests the same model again without recording "
            "another evaluation"
        )
    return rows


def _entry(plan: Plan, outcomes: Sequence[_Outcome]) -> dict[str, Any]:
    """Writes what is known without a test: the parts, and what they chose."""
    study, split = plan.study, plan.study.split
    return {
        "study": study.name,
        "synthetic": plan.synthetic,
        "by": split.by,
        "outer_folds": split.outer_folds,
        "inner_folds": split.inner_folds,
        "hold_out_seed": split.hold_out_seed,
        "search": _search(outcomes),
        "parts": [_part(outcome) for outcome in outcomes],
        "choices": stability(study.space, [o.config for o in outcomes]),
    }


def _search(outcomes: Sequence[_Outcome]) -> dict[str, Any]:
    """Sums up the trials of all parts, and lists what they ran on."""
    tests = [outcome.test["search"] for outcome in outcomes if outcome.test]
    if not tests:
        return {}
    names = ("trials", "completed", "pruned", "failed", "epochs")
    machines = [machine for test in tests for machine in test.get("machines", ())]
    return {
        **{name: sum(test.get(name, 0) for test in tests) for name in names},
        "machines": [m for at, m in enumerate(machines) if m not in machines[:at]],
        **_pruned_after(tests),
    }


def _pruned_after(tests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts the trials of all parts that the pruner stopped, by their last step."""
    steps: Counter[int] = Counter()
    for test in tests:
        steps.update({r["step"]: r["trials"] for r in test.get("pruned_after", ())})
    rows = [{"step": step, "trials": n} for step, n in sorted(steps.items())]
    return {"pruned_after": rows} if rows else {}


def _part(outcome: _Outcome) -> dict[str, Any]:
    """Describes one part: who was held out, what was chosen, and how well it did."""
    part, test = outcome.part, outcome.test
    entry = {
        "part": part.number,
        "run": part.folder.name,
        "subjects": part.subjects or None,
        "images": part.images,
        "budget": part.study.search.trials,
        "trial": outcome.trial,
        "validation": outcome.value,
        "corrected": outcome.selection.get("corrected"),
        "config": _active(part, outcome.config),
    }
    if test is not None:
        entry |= {name: test[name] for name in ("opened", "tested_before")}
        entry["metrics"] = metric_values(test)
        entry["search"] = _part_search(test["search"])
        entry |= {name: test[name] for name in ("fold_subjects",) if name in test}
    return entry


def _part_search(search: Mapping[str, Any]) -> dict[str, int]:
    """Counts the trials of a part by their end, and those that were fine-tuned."""
    names = ("trials", "completed", "pruned", "failed")
    return {
        **{name: int(search[name]) for name in names if name in search},
        "finetuned": len(search.get("finetuned", ())),
    }


def _active(part: Part, config: Mapping[str, Value]) -> dict[str, Value]:
    """Selects the searched keys that have an effect."""
    return {
        parameter.key: config[parameter.key]
        for parameter in part.study.space.parameters
        if parameter.active(config)
    }
