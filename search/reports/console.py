"""What a run prints before its first trial and at its end."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from data_pipeline.split.fold_checks import unscorable_folds
from search.callbacks.run_log import LOG, TRACES
from search.callbacks.tensorboard_writer import FOLDER as CURVES
from search.final.selection_file import read_selection
from search.holdout.holdout_test import search_entry
from search.holdout.status import tested_trial
from search.inputs.graphs import describe_graphs
from search.inputs.run import Run
from search.ledger.ledger import Ledger
from search.ledger.records import TrialRecord, best_trial
from search.reports.holdout_report import describe_without_face
from search.reports.selection_report import (
    describe_best,
    describe_front,
    describe_tied,
)
from search.reports.split_report import (
    describe_dropped,
    describe_duplicates,
    describe_split,
)
from search.run_files import RESULTS
from search.sampling.parameter_sets import FINETUNE_OF, OUTSIDE
from search.storage.url import HIDDEN, masked
from search.trial.generalization_gap import describe_gap
from search.trial.messages import WHY, Job


def print_split(run: Run, job: Job) -> None:
    """Prints how the data are split, what is left out, and what a part lacks."""
    study, data = run.study, run.data
    run.print(describe_split(data.split, study.data))
    run.print(describe_graphs(study.space, data.data_spec))
    for note in unscorable_folds(job.folds, job.scoring_targets):
        run.print(note)
    if data.unlabelled:
        run.print(
            f"left out: {data.unlabelled} development images without a label "
            "of the study's targets"
        )
    if job.unreadable:
        run.print(f"left out: {job.unreadable} unreadable development images")
    if job.duplicates:
        run.print(describe_duplicates(job.duplicates, study.name))
    if study.split.duplicates != "keep":
        run.print(describe_dropped(*job.duplicates_dropped))
    if study.data.crop not in ("none", "cropped"):
        run.print(describe_without_face({"development": job.without_face}))


def describe_foreign_trials(numbers: Sequence[int]) -> Iterator[str]:
    """Names trials in a run's storage that other programs wrote.

    Example:
        >>> print(*describe_foreign_trials([3, 5]))
        ignored: trials 3, 5 in the storage belong to another program
    """
    if numbers:
        listed = ", ".join(map(str, numbers))
        noun, verb = ("trial", "belongs") if len(numbers) == 1 else ("trials", "belong")
        yield f"ignored: {noun} {listed} in the storage {verb} to another program"


def describe_end(ledger: Ledger) -> Iterator[str]:
    """Describes why a search ended before its number of trials, if it did."""
    counts, end = ledger.counts(), ledger.end()
    if end is not None and end.early:
        ran = f"{counts.done} of {counts.budget} trials"
        yield f"search ended after {ran}: {end.reason}"


def print_result(run: Run, ledger: Ledger) -> None:
    """Prints the result of a run, where its files are, and how to look at them."""
    best = ledger.best()
    counts = ledger.counts()
    synthetic = " (SYNTHETIC faces)" if run.data.synthetic else ""
    run.print("")
    run.print(
        f"trials: {counts.completed} completed, {counts.pruned} pruned, "
        f"{counts.failed} failed{synthetic}"
    )
    records = ledger.records()
    selection = read_selection(run.folder) or {}
    for line in (
        *describe_end(ledger),
        *_not_run(records),
        *improvement_over_baselines(records, selection),
        *describe_finetuned(records),
    ):
        run.print(line)
    if best is not None:
        _print_best(run, best, selection)
    _print_places(run)


def result_entry(run: Run, ledger: Ledger) -> dict[str, Any]:
    """Writes the result of a run as an event has it."""
    best = ledger.best()
    return {
        "folder": str(run.folder.path),
        **search_entry(ledger),
        "best": None if best is None else {"trial": best.number, "value": best.value},
    }


def _print_best(run: Run, best: TrialRecord, selection: Mapping[str, Any]) -> None:
    run.print(describe_best(best.number, best.value or 0.0, selection))
    for line in (*describe_tied(selection), *describe_front(selection)):
        run.print(line)
    gap = describe_gap(best.attributes)
    if gap is not None:
        run.print(gap)
    tested = tested_trial(run)
    chosen = selection.get("chosen", best.number)
    if tested not in (None, chosen):
        run.print(
            f"the model in this folder is trial {tested}, which was tested on the "
            f"hold-out; --reopen retrains and tests trial {chosen} (every "
            "evaluation is recorded)"
        )


def _print_places(run: Run) -> None:
    folder, storage = run.folder, masked(run.storage)
    section = f"; for a paper: {RESULTS}" if folder.file(RESULTS).exists() else ""
    if folder.file(TRACES).is_dir():
        section += f"; tracebacks of failures: {TRACES}/"
    run.print(f"results: {folder.path} (what was printed: {LOG}{section})")
    of = f"--study {shlex.quote(folder.name)} --out {shlex.quote(str(folder.out))}"
    is_usual = run.storage == folder.storage
    stored = "" if is_usual else f" --storage {shlex.quote(storage)}"
    run.print(f"view the trials: python -m search.dashboard {of}{stored}")
    if storage != run.storage:
        run.print(f"(write the password in place of {HIDDEN})")
    if folder.file(CURVES).is_dir():
        run.print(f"view the curves: python -m search.tensorboard {of}")
    checkpoints = folder.checkpoints(run.storage)
    if any(checkpoints.glob("trial-*/fold-*/*.keras")):
        run.print(f"models of the best trials' folds: {checkpoints}")


def improvement_over_baselines(
    records: Sequence[TrialRecord], selection: Mapping[str, Any]
) -> Iterator[str]:
    """Compares each enqueued configuration with the best trial, one a line.

    ``selection`` is the content of ``selection.json``, which may be empty. Interrupted
    trials are left out.
    """
    best = best_trial(records)
    known = {row["trial"]: row for row in selection.get("known", ())}
    listed: set[str] = set()
    for record in records:
        if not record.enqueued or record.enqueued in listed or record.interrupted:
            continue
        listed.add(record.enqueued)
        compared = _compare(record, best) + _interval(known.get(record.number))
        yield f"{record.enqueued} (trial {record.number}): {compared}"


def describe_finetuned(records: Sequence[TrialRecord]) -> Iterator[str]:
    """Compares each fine-tuned trial with its head trial, one a line."""
    values = {record.number: record.value for record in records}
    for record in records:
        of = record.attributes.get(FINETUNE_OF)
        if record.value is None or of is None:
            continue
        line = f"trial {record.number} has value {record.value:.4f}"
        head = values.get(of)
        if head is None:
            yield f"fine-tuning trial {of}, which was pruned: {line}"
            continue
        by = record.value - head
        side = "above" if by >= 0 else "below"
        yield f"fine-tuning trial {of}: {line}, {abs(by):.4f} {side} the head alone"


def _compare(record: TrialRecord, best: TrialRecord | None) -> str:
    if record.value is None or best is None or best.value is None:
        reason = f", {record.reason}" if record.reason else ""
        if WHY in record.attributes:
            reason += f": {record.attributes[WHY]}"
        return f"{record.state.lower()}{reason}"
    if record.number == best.number:
        return f"value {record.value:.4f}, the best"
    return (
        f"value {record.value:.4f}; best: {best.value:.4f}, "
        f"gained {best.value - record.value:.4f}"
    )


def _interval(known: Mapping[str, Any] | None) -> str:
    """Writes what the best trial gained over a known configuration, corrected."""
    if known is None or known["behind"] == known["low"] == known["high"] == 0:
        return ""
    return (
        f"; corrected for the selection {known['behind']:+.4f} "
        f"({known['low']:+.4f} to {known['high']:+.4f})"
    )


def _not_run(records: Sequence[TrialRecord]) -> Iterator[str]:
    """Names enqueued trials outside the space, which were not run."""
    for record in records:
        if record.reason.startswith(OUTSIDE):
            yield f"not run: trial {record.number}, {record.reason}"
