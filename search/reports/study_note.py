"""The note of a study in optuna-dashboard, as Markdown."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from data_pipeline.split.rules import LEAKY
from search.final.selection_file import read_selection
from search.final.sidecar import MODEL
from search.inputs.run import Run
from search.ledger.records import TrialRecord, best_trial
from search.reports.holdout_report import GUARANTEES, SYNTHETIC
from search.reports.metric_texts import metric_words, number
from search.reports.selection_report import describe_alone
from search.run_files import PAGE, REPORT, RESULTS, read_report


def study_note(run: Run, records: Sequence[TrialRecord]) -> str:
    """Describes the data, their split, the best trial so far, and what to do next."""
    lines = [f"## {code(run.folder.name)}", ""]
    lines += [f"**{SYNTHETIC}**", ""] if run.data.synthetic else []
    report = read_report(run.folder.file(REPORT))
    for part in (_data(run), _best(run, records), _tested(report), _next(run)):
        lines += [*part, ""]
    return "\n".join(lines).rstrip()


def code(text: str) -> str:
    """Writes a name so that no character of it is Markdown.

    Example:
        >>> code("a`*b*"), code("")
        ("`a'*b*`", '` `')
    """
    plain = " ".join(text.replace("`", "'").split())
    return f"`{plain or ' '}`"


def _data(run: Run) -> Iterator[str]:
    study, split = run.study, run.data.split
    held, folds = split.hold_out, len(split.folds)
    targets = ", ".join(study.data.targets).replace("_", " ")
    size = study.data.image_size
    warning = LEAKY.get(split.guarantee, "")
    who = f"{len(held.subjects)} subjects, " if held.subjects else ""
    yield f"- Data: {code(study.data.dataset)}, {targets}; {size} x {size} pixels"
    yield (
        f"- Split: {who}{held.images} images held out; {len(split.development)} images "
        + (f"in {folds} folds" if folds > 1 else "to train and validate on")
    )
    yield f"- Guarantee: {GUARANTEES[str(split.guarantee)]}"
    if warning:
        yield f"- {warning}"
    values = ", ".join(map(code, study.value_names))
    yield f"- Value of a trial: {values}, on validation images of all folds"


def _best(run: Run, records: Sequence[TrialRecord]) -> Iterator[str]:
    best = best_trial(records)
    yield "### Best so far"
    yield ""
    if best is None or best.value is None:
        yield "No trial has completed yet."
        return
    name = f" ({code(best.enqueued)})" if best.enqueued else ""
    selection = read_selection(run.folder) or {}
    yield f"Trial {best.number}{name}: {describe_value(best, selection)}."
    if run.study.goals:
        yield "With several objectives this is the trial with the highest mean of the "
        yield "metrics; the Pareto front has the others."


def describe_value(best: TrialRecord, selection: Mapping[str, Any]) -> str:
    """Writes the best trial's value, corrected if ``selection.json`` is of that trial.

    It is written when the search has ended.
    """
    found = selection.get("corrected")
    if found is None or selection["best"] != best.number:
        return (
            f"{best.value:.4f}. It was selected on the same images, and is not "
            "corrected for that"
        )
    ends = f"{found['low']:.3f} to {found['high']:.3f}"
    if selection.get("compared") == 1:
        return f"{best.value:.4f}; {describe_alone(selection)} (95 % interval {ends})"
    return (
        f"{best.value:.4f}; corrected for its selection (BBC-CV) "
        f"{found['value']:.3f} (95 % interval {ends})"
    )


def _tested(report: Mapping[str, Any] | None) -> Iterator[str]:
    yield "### Hold-out"
    yield ""
    if report is None:
        yield "Not opened. It is tested once, after the retraining."
        return
    metric = report.get("primary", {}).get("metric", "")
    head, _, name = metric.partition(".")
    found = report.get(head, {}).get("metrics", {}).get(name)
    yield f"Trial {report['trial']}, retrained and tested on {report['images']} images."
    if found is not None:
        ends = f"{number(found['low'])} to {number(found['high'])}"
        words = metric_words(metric)
        yield f"The {words} is {number(found['value'])} (95 % interval {ends})."
    yield f"`{REPORT}` and `{RESULTS}` in the folder of the run have all figures."


def _next(run: Run) -> Iterator[str]:
    name = shlex.quote(run.folder.name)
    yield "### Commands"
    yield ""
    yield f"- {code(f'python -m search.report --study {name}')}"
    # Items, not a block: a block does not wrap on a phone.
    yield f"- {code(f'python -m search.export --study {name} --to best.toml')}"
    if run.study.search.tensorboard:
        yield f"- {code(f'python -m search.tensorboard --study {name}')}"
    yield ""
    yield f"Add `--out` where the runs are not in `runs`. {_model(run)}"
    yield ""
    yield (
        f"`{PAGE}` in the folder of the run has the answer, every chart and the "
        "methods on one page; each run writes it at its end."
    )


def _model(run: Run) -> str:
    return (
        f"The model is `{MODEL}` in the folder of the run."
        if run.folder.file(MODEL).exists()
        else "The best trial is retrained when the search has ended."
    )
