"""The stages of a run, from the checked labels to the test on the hold-out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

from data_pipeline.split.holdout_history import HELD_OUT, holdout_rule
from data_pipeline.split.receipt_file import Receipts
from data_pipeline.system.errors import prefix_errors
from search.callbacks.forecast import Forecast
from search.callbacks.progress_bar import ProgressBar
from search.callbacks.run_log import LOG, TRACES
from search.callbacks.running_trials import clock
from search.callbacks.tensorboard_writer import FOLDER as CURVES
from search.callbacks.tensorboard_writer import TensorBoardWriter
from search.callbacks.time_spent import TimeSpent
from search.callbacks.trial_files.checkpoint_retention import checkpoint_retention
from search.callbacks.trial_files.finished_folds import FinishedFolds
from search.callbacks.trial_files.prediction_files import PredictionFiles
from search.callbacks.trials_csv import TrialsCsvWriter
from search.dashboards.study_note import StudyNote
from search.dashboards.trial_pictures import FOLDER as PICTURES
from search.dashboards.trial_pictures import TrialPictures
from search.documents.texts import write_texts
from search.executors import cluster_devices, executor
from search.executors.machine import describe_origin, this_machine
from search.final import retraining
from search.final.calibration import calibration_of
from search.final.selection import chosen_trial, select
from search.final.sidecar import MODEL
from search.holdout.holdout_test import open_and_test, search_entry
from search.holdout.status import (
    refuse_other_settings,
    retrained_since,
    test_is_unfinished,
    tested_trial,
)
from search.inputs.gpu_shares import Placement
from search.inputs.graphs import count_graphs
from search.inputs.prepare import data_identity, prepare_job
from search.inputs.run import Run
from search.ledger.callback import Callback
from search.ledger.ledger import Ledger, open_ledger
from search.ledger.records import TrialRecord
from search.pipeline.placement import describe_precision, find_placement
from search.pipeline.run_study import STAGES, RunRequest
from search.pipeline.warm_start import add_warm_start
from search.pipeline.weight_check import check_initial_weights
from search.reports.calibration_report import describe_fit
from search.reports.console import (
    describe_end,
    describe_foreign_trials,
    print_result,
    print_split,
    result_entry,
)
from search.reports.holdout_report import describe_report
from search.reports.study_note import study_note
from search.run_files import (
    REPORT,
    STUDY,
    check_database,
    read_report,
)
from search.run_folder import held_out_text, write_text
from search.storage.driver_lock import only_driver_of_run
from search.storage.retrying import Retrier, RetryPolicy
from search.storage.url import chosen_storage
from search.study.algorithms import sampler_of
from search.trial.finished.fold_files import FoldFiles
from search.trial.messages import (
    Failed,
    Job,
    Retrained,
    Retraining,
    RetrainRequest,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a dashboard shows of a run beside its trials."""

    note: StudyNote
    pictures: TrialPictures

    @classmethod
    def of(cls, run: Run) -> Self:
        """Prepares it for a run."""
        (name, *more) = run.study.value_names
        pictures = run.folder.of_storage(PICTURES, run.storage)
        return cls(
            note=StudyNote(partial(study_note, run)),
            pictures=TrialPictures(pictures, "value" if more else name),
        )


def run_stages(request: RunRequest, run: Run, bar: ProgressBar) -> None:
    """Runs the stages up to ``--until`` that are not done yet."""
    storage = chosen_storage(request.storage)
    run.folder.make()
    run.folder.check_writable()
    run = replace(run, storage=storage or run.folder.storage)
    for line in sampler_of(run.study.search.sampler).notes(run.study.space):
        run.print(line)
    for line in run.study.enqueued_outside:
        run.print(f"not enqueued, because --set changed the space: {line}")
    locked = only_driver_of_run(
        run.folder.lock, run.storage, run.folder.name, print_line=run.print
    )
    with locked as held:
        _run_alone(replace(run, check=held.check, fence=held.fence), request, bar)


def _run_alone(run: Run, request: RunRequest, bar: ProgressBar) -> None:
    bar.log.open(run.folder)
    bar.expect(_steps_after_search(run, request), run.study)
    check_database(run.folder)
    _check_tested(run, request)
    shown = Shown.of(run)
    ledger = _open_ledger(run, bar, shown)
    shown.note.begin(ledger.save_note)
    job = _prepare(run, request, ledger)
    shown.pictures.use(job)
    _write_inputs(run)
    _finish_test(run, request, ledger)
    _search(run, request, bar, job, ledger)
    _finish_model(run, request, ledger)
    bar.end_steps(run.study.final.seeds)
    check_run(run)
    report = None
    if request.until == "holdout":
        report = _test(run, request, ledger, bar)
        check_run(run)
    shown.note.update()
    bar.stop()
    if report is not None:
        write_texts(run.folder, run.study, ledger.records())
        _print_report(run, report)
    print_result(run, ledger)
    _write_page(run)
    if bar.events is not None:
        bar.events.write("result", **result_entry(run, ledger))


def _steps_after_search(run: Run, request: RunRequest) -> int:
    """Counts the retrainings, and the test."""
    stage = STAGES.index(request.until)
    return stage and run.study.final.seeds + stage - 1


def check_run(run: Run) -> None:
    """Raises where another driver has taken over; waits for a server that restarts."""
    Retrier(run.storage, RetryPolicy(print=run.print)).call(run.check)


def _check_tested(run: Run, request: RunRequest) -> None:
    """Refuses what earlier tests forbid, before anything is trained or written.

    Other settings of a tested model, and a search that could not be tested: the people
    were tested before, or no receipt could be written.
    """
    tests = request.until == STAGES[-1]
    with prefix_errors(run.study.place):
        refuse_other_settings(run, reopens=request.reopen and tests)
    if run.folder.file(REPORT).exists() and not request.reopen:
        return
    receipts, held = Receipts(run.folder.receipts), run.data.split.hold_out
    if tests and not request.reopen and not test_is_unfinished(run):
        rule = holdout_rule(run.study.split, division=run.data.split.division)
        held.check_untested(
            receipts, run.folder.name, data=run.data.population, rule=rule
        )
    receipts.check_writable(held.receipt_size())


def _open_ledger(run: Run, bar: ProgressBar, shown: Shown) -> Ledger:
    """Checks the initial weights, adds a warm start, and opens the ledger."""
    # Before the ledger: a failed start must not freeze the search space.
    with prefix_errors(run.study.place):
        for line in check_initial_weights(run):
            run.print(line)
        study = add_warm_start(run)
    ledger = open_ledger(
        study,
        url=run.storage,
        name=run.folder.name,
        data=data_identity(run),
        callbacks=_callbacks(run, bar, shown),
        policy=RetryPolicy(
            print=run.print, checks=(run.check,), fence=run.fence, answered=True
        ),
    )
    for line in describe_foreign_trials(ledger.foreign()):
        run.print(line)
    return ledger


def _callbacks(run: Run, bar: ProgressBar, shown: Shown) -> list[Callback]:
    """Lists the callbacks in the order in which they are called."""
    searched = [parameter.key for parameter in run.study.space.parameters]
    predictions = PredictionFiles(run.folder.predictions(run.storage))
    folds = FinishedFolds(FoldFiles(run.folder.folds(run.storage)))
    table = TrialsCsvWriter(run.folder, searched)
    callbacks: list[Callback] = [predictions, table, folds]
    if run.study.search.checkpoints:
        callbacks.append(checkpoint_retention(run))
    if run.study.search.tensorboard:
        callbacks.append(TensorBoardWriter(run.folder.file(CURVES)))
    forecast = Forecast(
        run.study,
        run.print,
        lambda: count_graphs(run.study.space, run.data.data_spec)[0],
    )
    printed = [bar] if bar.events is None else [bar, bar.events]
    told = [forecast, TimeSpent(run.print)]
    return [*callbacks, shown.pictures, shown.note, *printed, *told]


def _prepare(run: Run, request: RunRequest, ledger: Ledger) -> Job:
    """Places the trials, decodes the development part, and prints its split."""
    placement, origin = None, ""
    if not ledger.exhausted():
        placement = _place(run, ledger, serial=request.executor == "serial")
        machine = this_machine(run.study, placement, cluster_devices())
        ledger.settle_machine(machine)
        origin = describe_origin(machine)
        kept = ledger.settle_precision(placement.precision)
        for line in describe_precision(run.study, placement.precision, kept):
            run.print(line)
    job, pixels = prepare_job(run, placement)
    ledger.check_pixels(pixels)
    if not ledger.exhausted():
        print_split(run, job)
    folds = str(run.folder.folds(run.storage))
    job = replace(job, finished_folds=folds, origin=origin)
    if not run.study.search.checkpoints:
        return job
    return replace(job, checkpoints=str(run.folder.checkpoints(run.storage)))


def _place(run: Run, ledger: Ledger, *, serial: bool) -> Placement:
    return find_placement(
        run.study,
        ledger.records(),
        serial=serial,
        devices=cluster_devices(),
        print_line=run.print,
    )


def _write_inputs(run: Run) -> None:
    """Writes the study and the list of held-out subjects."""
    write_text(run.folder.file(STUDY), run.study.text())
    held, part = run.data.split.hold_out, run.data.split.part
    text = held_out_text(held.subjects, held.images, part)
    write_text(run.folder.file(HELD_OUT), text)


def _finish_test(run: Run, request: RunRequest, ledger: Ledger) -> None:
    """Finishes a test that a crash interrupted after its receipt.

    Before the search: with a larger budget it may find another winner, and the
    hold-out is open for this one.
    """
    if request.until == "holdout" and test_is_unfinished(run):
        open_and_test(run, search_entry(ledger), reopen=False)


def _search(
    run: Run, request: RunRequest, bar: ProgressBar, job: Job, ledger: Ledger
) -> None:
    """Runs the remaining trials; warm workers then retrain the winner if needed."""
    best = ledger.best()
    if best is not None and best.value is not None:
        bar.resume(best.value)
    then = Retraining(
        plan=partial(_plan_retraining, run, request, job, ledger, bar),
        keep=partial(_keep_model, run, ledger, bar),
    )
    try:
        if not ledger.exhausted():
            executor(request.executor)(job, ledger, then)
            return
        waiting = then.plan()
        if waiting:
            alone = request.executor == "serial" or len(waiting) == 1
            placement = _place(run, ledger, serial=alone)
            job = replace(job, gpus=placement.gpus, concurrent=placement.concurrent)
            then = replace(then, plan=lambda: waiting)
            executor(request.executor)(job, ledger, then)
    finally:
        ledger.close()


def _plan_retraining(
    run: Run, request: RunRequest, job: Job, ledger: Ledger, bar: ProgressBar
) -> Sequence[RetrainRequest]:
    """Exports the winner and lists what to retrain."""
    for line in describe_end(ledger):
        run.print(line)
    retraining.require_best(ledger, run.folder.file(LOG), run.folder.file(TRACES))
    best, _ = select(run, job, ledger.records())
    if _is_of_another_test(run, request, best):
        # The tested model stays; print_result names the better trial.
        return ()
    retraining.export_best(run, best)
    if request.until == "search":
        return ()
    waiting = retraining.retrain_requests(run, best, tested=_is_tested(run, request))
    if waiting:
        epochs = max(one.stop_after for one in waiting)
        bar.begin_retraining(ledger.counts(), epochs=epochs, seeds=len(waiting))
        run.print(retraining.describe_retraining(run, best, waiting))
        run.print(describe_fit(calibration_of(run.study, best)))
    bar.end_steps(run.study.final.seeds - len(waiting))
    return waiting


def _is_tested(run: Run, request: RunRequest) -> bool:
    """Whether the folder's model was tested, and is not to be tested again."""
    return not request.reopen and tested_trial(run) is not None


def _is_of_another_test(run: Run, request: RunRequest, best: TrialRecord) -> bool:
    """Whether another trial's model was tested, and is not to be tested again."""
    return _is_tested(run, request) and tested_trial(run) != best.number


def _keep_model(
    run: Run,
    ledger: Ledger,
    bar: ProgressBar,
    request: RetrainRequest,
    retrained: Retrained | Failed,
) -> None:
    check_run(run)
    trace = retrained.trace if isinstance(retrained, Failed) else ""
    retraining.keep_model(
        run,
        chosen_trial(run, ledger.records()),
        request,
        retrained,
        log=bar.log.path,
        trace=bar.log.keep_trace("retraining", trace),
    )
    if request.number is not None and isinstance(retrained, Retrained):
        took = clock(retrained.seconds)
        loss = f"training loss {retrained.losses[-1]:.4f}"
        run.print(f"seed {request.number} of {run.study.final.seeds}: {loss} ({took})")
    bar.end_step()


def _finish_model(run: Run, request: RunRequest, ledger: Ledger) -> None:
    """Makes the model of several seeds, unless the tested model stays."""
    best = chosen_trial(run, ledger.records())
    if request.until != "search" and not _is_of_another_test(run, request, best):
        retraining.finish_model(run, best, tested=_is_tested(run, request))


def _test(
    run: Run, request: RunRequest, ledger: Ledger, bar: ProgressBar
) -> Mapping[str, Any]:
    """Tests on the hold-out once; returns the report, also of an earlier test."""
    report = read_report(run.folder.file(REPORT))
    if report is None or request.reopen:
        bar.begin_step("test", ledger.counts())
        report = open_and_test(run, search_entry(ledger), reopen=request.reopen)
    bar.end_step()
    return report


def _write_page(run: Run) -> None:
    """Writes the report for people."""
    # Imported late: a run that ends early needs no charts.
    from search.report_page.material import gather  # noqa: PLC0415
    from search.report_page.page import write_page  # noqa: PLC0415

    synthetic, storage = run.data.synthetic, run.storage
    material = gather(run.folder, run.study, synthetic=synthetic, storage=storage)
    run.print(f"report, with charts: {write_page(material)}")


def _print_report(run: Run, report: Mapping[str, Any]) -> None:
    run.print("")
    run.print(describe_report(report))
    if retrained_since(run.folder):
        run.print(
            f"{MODEL} was retrained after the test; it may differ from the tested "
            "model in the last digits"
        )
