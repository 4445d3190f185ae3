"""The stages of a run, joined: labels, ledger, executor, retraining, hold-out."""

import argparse
from dataclasses import dataclass, replace

from data_pipeline.split.held_out_subjects import HELD_OUT
from data_pipeline.split.receipt_file import Receipts
from data_pipeline.system.errors import prefix_errors
from search.callbacks.checkpoint_retention import checkpoint_retention
from search.callbacks.progress_bar import ProgressBar
from search.callbacks.tensorboard_writer import FOLDER as CURVES
from search.callbacks.tensorboard_writer import TensorBoardWriter
from search.callbacks.trials_csv import TrialsCsvWriter
from search.executors import check_gpus, executor
from search.final import holdout_test, retraining
from search.final.model_card import MODEL
from search.inputs.prepare import (
    Labelled,
    label_identity,
    prepare,
)
from search.ledger.callback import Callback
from search.ledger.ledger import Ledger, open_ledger
from search.pipeline.opening import Begun
from search.pipeline.warm_start import warm_started
from search.pipeline.weight_check import told_starts
from search.reports.console import say_split, say_where, told_foreign
from search.reports.holdout_report import describe
from search.run_files import REPORT, check_database, read_report
from search.run_folder import (
    TRIALS,
    RunFolder,
    held_out_text,
    write_text,
)
from search.storage.driver_lock import Check, only_driver_of_run
from search.storage.retrying import Retrier, RetryPolicy
from search.storage.url import chosen_storage
from search.study.algorithms import SAMPLERS
from search.study.study import Study
from search.trial.messages import Job, RetrainOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the stages of one run share."""

    study: Study
    labelled: Labelled
    folder: RunFolder
    storage: str
    progress: ProgressBar
    check: Check = lambda: None


def run_stages(asked: argparse.Namespace, begun: Begun) -> None:
    """Runs every stage that is asked for and not done yet.

    Args:
        asked: the options of ``search.run``.
        begun: the study and its labels.
    """
    study, labelled = begun.study, begun.labelled
    folder, progress = begun.folder, begun.progress
    storage = chosen_storage(asked.storage)
    folder.make()
    run = Run(
        study=study,
        labelled=labelled,
        folder=folder,
        storage=storage or folder.storage,
        progress=progress,
    )
    for line in SAMPLERS[study.search.sampler].notes(study.space):
        progress.print(line)
    for line in study.enqueued_outside:
        progress.print(f"not tried first, after --set: {line}")
    lock = folder.file(".driver.lock")
    with only_driver_of_run(lock, run.storage, folder.name) as check:
        _run_alone(replace(run, check=check), asked)


def _run_alone(run: Run, asked: argparse.Namespace) -> None:
    check_database(run.folder)
    _prove_receipts(run, reopen=asked.reopen)
    ledger = _search_and_retrain(run, asked)
    run.progress.stop()
    check_run(run)
    if asked.until == "holdout":
        _hold_out(run, reopen=asked.reopen)
        check_run(run)
    say = run.progress.print
    say_where(say, run.study, run.folder, run.labelled, ledger, run.storage)


def check_run(run: Run) -> None:
    """Makes sure that nobody else has taken over; waits for a server that restarts.

    Raises:
        RunError: another driver has, or the server stays away.
    """
    Retrier(run.storage, RetryPolicy(say=run.progress.print)).call(run.check)


def _search_and_retrain(run: Run, asked: argparse.Namespace) -> Ledger:
    ledger = _open(run)
    _check_gpus(run, asked, ledger)
    job = _job(run, ledger)
    _write_inputs(run)
    if asked.until == "holdout" and holdout_test.test_is_unfinished(
        run.study, run.folder, run.labelled
    ):
        # Before a larger budget finds another winner: the hold-out is open for this.
        holdout_test.open_and_test(run.study, run.folder, run.labelled, reopen=False)
    best = ledger.best()
    if best is not None and best.value is not None:
        run.progress.resume(best.value)

    def then() -> RetrainOrder | None:
        order = _after_search(run, ledger, asked)
        if order is not None:
            best = retraining.require_best(ledger)
            run.progress.print(
                f"retraining trial {best.number} on all but the hold-out, "
                f"{order.stop_after} epochs"
            )
        return order

    try:
        if ledger.exhausted() and _after_search(run, ledger, asked) is None:
            return ledger
        retrained = executor(asked.executor)(job, ledger, then)
    finally:
        ledger.close()
    if retrained is not None:
        check_run(run)
        best = retraining.require_best(ledger)
        retraining.keep_model(run.study, run.folder, best, run.labelled, retrained)
    return ledger


def _open(run: Run) -> Ledger:
    """Opens the ledger, with what is tried first; says what in it is another's."""
    # Before the ledger: a study that cannot start binds nobody to its space.
    with prefix_errors(run.study.place):
        starts = told_starts(run.study, run.labelled, run.folder, run.progress.stage)
        for line in starts:
            run.progress.print(line)
        study = warm_started(
            run.study, run.folder, run.labelled, run.storage, run.progress.print
        )
    ledger = open_ledger(
        study,
        url=run.storage,
        name=run.folder.name,
        data=label_identity(run.study, run.labelled),
        callbacks=_callbacks(run),
        policy=RetryPolicy(say=run.progress.print, checks=(run.check,)),
    )
    for line in told_foreign(ledger.foreign()):
        run.progress.print(line)
    return ledger


def _job(run: Run, ledger: Ledger) -> Job:
    """Decodes the development part, and says how it is divided."""
    job, pixels = prepare(
        run.study, run.labelled, cache=run.folder.cache, progress=run.progress.stage
    )
    ledger.check_pixels(pixels)
    if not ledger.exhausted():
        say_split(run.progress.print, run.study, run.labelled, job)
    if not run.study.search.checkpoints:
        return job
    return replace(job, checkpoints=str(run.folder.checkpoints(run.storage)))


def _after_search(
    run: Run, ledger: Ledger, asked: argparse.Namespace
) -> RetrainOrder | None:
    """Exports the winner and says what is left to retrain; asked twice, it agrees."""
    best = retraining.require_best(ledger)
    tested = holdout_test.tested_trial(run.study, run.folder, run.labelled)
    if tested not in (None, best.number) and not asked.reopen:
        # What was tested stays; say_where tells of the better trial.
        return None
    retraining.write_best(run.study, run.folder, best, synthetic=run.labelled.synthetic)
    if asked.until == "search":
        return None
    return retraining.retrain_order(run.study, run.folder, run.labelled, best)


def _callbacks(run: Run) -> list[Callback]:
    """Lists the callbacks in the order in which they are called."""
    callbacks: list[Callback] = [TrialsCsvWriter(run.folder.file(TRIALS))]
    if run.study.search.checkpoints:
        folder = run.folder.checkpoints(run.storage)
        callbacks.append(checkpoint_retention(run.study, folder, run.labelled))
    if run.study.search.tensorboard:
        callbacks.append(TensorBoardWriter(run.folder.file(CURVES)))
    return [*callbacks, run.progress]


def _check_gpus(run: Run, asked: argparse.Namespace, ledger: Ledger) -> None:
    """Refuses GPUs that are not there, before images are read for them."""
    if not ledger.exhausted():
        check_gpus(asked.executor, run.study.resources.gpus_per_trial)


def _write_inputs(run: Run) -> None:
    """Writes what the run is of: the study, and who is held out."""
    write_text(run.folder.file("study.toml"), run.study.text())
    held = run.labelled.split.hold_out
    write_text(
        run.folder.file(HELD_OUT),
        held_out_text(held.subjects, held.images, run.labelled.split.part),
    )


def _prove_receipts(run: Run, *, reopen: bool) -> None:
    """Learns before the search whether its result can be tested."""
    if reopen or not run.folder.file(REPORT).exists():
        size = run.labelled.split.hold_out.receipt_size()
        Receipts(run.folder.receipts).check_writable(size)


def _hold_out(run: Run, *, reopen: bool) -> None:
    """Tests once, or shows what the one test said."""
    report = read_report(run.folder.file(REPORT))
    if report is None or reopen:
        report = holdout_test.open_and_test(
            run.study, run.folder, run.labelled, reopen=reopen
        )
    run.progress.print("")
    run.progress.print(describe(report))
    if holdout_test.retrained_since(run.folder):
        run.progress.print(
            f"{MODEL} is another file than the one that was tested: it was "
            "retrained since, and may differ in the last digits"
        )
