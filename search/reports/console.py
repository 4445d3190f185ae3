"""What a run says to a person before its first trial and at its end."""

import shlex
from collections.abc import Callable, Iterator, Sequence

from data_pipeline.split.fold_checks import unscorable_folds
from search.callbacks.tensorboard_writer import FOLDER as CURVES
from search.final import holdout_test
from search.inputs.prepare import Labelled
from search.ledger.ledger import Ledger
from search.ledger.records import TrialRecord, best_trial
from search.reports.holdout_report import told_without_face
from search.reports.split_report import describe_duplicates, split_text, told_dropped
from search.run_folder import RunFolder
from search.sampling.parameter_sets import OUTSIDE
from search.storage.url import HIDDEN, masked
from search.study.study import Study
from search.trial.generalization_gap import told_gap
from search.trial.messages import Job


def gains(records: Sequence[TrialRecord]) -> Iterator[str]:
    """Says of each known configuration what it came to beside the best trial.

    Args:
        records: trials in the order of their numbers.

    Yields:
        A line for each known configuration that was begun and not interrupted.
    """
    best = best_trial(records)
    told: set[str] = set()
    for record in records:
        if not record.enqueued or record.enqueued in told or record.interrupted:
            continue
        told.add(record.enqueued)
        yield f"{record.enqueued} (trial {record.number}): {_came_to(record, best)}"


def _came_to(record: TrialRecord, best: TrialRecord | None) -> str:
    if record.value is None or best is None or best.value is None:
        reason = f", {record.reason}" if record.reason else ""
        return f"{record.state.lower()}{reason}"
    if record.number == best.number:
        return f"value {record.value:.4f}, the best"
    return (
        f"value {record.value:.4f}; best: {best.value:.4f}, "
        f"gained {best.value - record.value:.4f}"
    )


Say = Callable[[str], None]


def say_split(say: Say, study: Study, labelled: Labelled, job: Job) -> None:
    """Says how the data are divided, and what a part lacks.

    Args:
        say: prints a line.
        study: the study.
        labelled: its data.
        job: what of them can be trained on.
    """
    say(split_text(labelled.split, study.data))
    for note in unscorable_folds(job.folds, job.truth):
        say(note)
    if labelled.unlabelled:
        say(
            f"left out: {labelled.unlabelled} development images without a label "
            "of the study's targets"
        )
    if job.unreadable:
        say(f"left out: {job.unreadable} unreadable development images")
    if job.duplicates:
        say(describe_duplicates(job.duplicates, study.name))
    if study.split.duplicates != "keep":
        say(told_dropped(*job.duplicates_dropped))
    if study.data.crop != "none":
        say(told_without_face({"development": job.without_face}))


def told_foreign(numbers: Sequence[int]) -> Iterator[str]:
    """Says which trials in a run's storage others wrote.

    Example:
        >>> print(*told_foreign([3, 5]))
        not of this search, and counted nowhere: trials 3, 5 in its storage
    """
    if numbers:
        told = ", ".join(map(str, numbers))
        noun = "trial" if len(numbers) == 1 else "trials"
        yield f"not of this search, and counted nowhere: {noun} {told} in its storage"


def say_where(
    say: Say,
    study: Study,
    folder: RunFolder,
    labelled: Labelled,
    ledger: Ledger,
    storage: str,
) -> None:
    """Says what came of a run, where everything is, and how to look at it.

    Args:
        say: prints a line.
        study: the study.
        folder: of the run.
        labelled: its data.
        ledger: its trials.
        storage: the URL of Optuna's storage.
    """
    best = ledger.best()
    counts = ledger.counts()
    synthetic = " (SYNTHETIC faces: no real person)" if labelled.synthetic else ""
    say("")
    say(
        f"trials: {counts.completed} completed, {counts.pruned} pruned, "
        f"{counts.failed} failed{synthetic}"
    )
    records = ledger.records()
    for line in (*_not_run(records), *gains(records)):
        say(line)
    if best is not None:
        say(
            f"best: trial {best.number}, validation value {best.value:.4f} "
            "(optimistic: the best of many on the data that chose it)"
        )
        fit = told_gap(best.attributes)
        if fit is not None:
            say(fit)
        tested = holdout_test.tested_trial(study, folder, labelled)
        if tested not in (None, best.number):
            say(
                f"the model here is that of trial {tested}, for which the hold-out was "
                f"opened; --reopen retrains and tests trial {best.number}, and every "
                "report counts it"
            )
    say(f"everything is in {folder.path}")
    say(f"look at the trials: optuna-dashboard {shlex.quote(masked(storage))}")
    if masked(storage) != storage:
        say(f"(write the password in place of {HIDDEN})")
    if folder.file(CURVES).is_dir():
        say(
            f"look at the curves: python -m search.tensorboard --study "
            f"{shlex.quote(folder.name)} --out {shlex.quote(str(folder.out))}"
        )
    checkpoints = folder.checkpoints(storage)
    if any(checkpoints.glob("trial-*/fold-*/*.keras")):
        say(f"models of the best trials' folds: {checkpoints}")


def _not_run(records: Sequence[TrialRecord]) -> Iterator[str]:
    """Names what somebody enqueued in vain."""
    for record in records:
        if record.reason.startswith(OUTSIDE):
            yield f"not run: trial {record.number}, {record.reason}"
