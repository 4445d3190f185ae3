"""The serial executor, the readable reference: one trial after another."""

from collections.abc import Generator

from search.ledger.ledger import Ledger
from search.trial.finished.fold_files import FoldFiles
from search.trial.messages import (
    Job,
    Outcome,
    Pruned,
    Report,
    Retraining,
    TrialRequest,
    complete_outcome,
)
from search.trial.worker_start import start_worker


def run_serial(job: Job, ledger: Ledger, then: Retraining) -> None:
    """Runs trials until the ledger has no more, then retrains as ``then`` plans."""
    worker = start_worker(job)
    folds = FoldFiles.of(job)
    while (trial := ledger.ask()) is not None:
        stream = worker.trial(trial, folds.read(trial.seed))
        ledger.tell(trial.number, _follow(stream, trial, ledger))
    for request in then.plan():
        then.keep(request, worker.retrain(request))


def _follow(
    stream: Generator[Report, None, Outcome], request: TrialRequest, ledger: Ledger
) -> Outcome:
    """Reports each epoch of a trial and stops it when the ledger prunes it."""
    last: Report | None = None
    while True:
        try:
            report = next(stream)
        except StopIteration as end:
            outcome: Outcome = end.value
            break
        last = report
        if ledger.report(request.number, report):
            stream.close()
            outcome = Pruned(reason="pruner")
            break
    return complete_outcome(outcome, last, sampled=request.seconds, waited=0.0)
