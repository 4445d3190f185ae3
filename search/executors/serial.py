"""The readable reference executor: the same search, one trial after another."""

from collections.abc import Callable, Generator

from search.ledger.ledger import Ledger
from search.trial.messages import (
    Failed,
    Job,
    Outcome,
    Pruned,
    Report,
    Retrained,
    RetrainRequest,
    TrialRequest,
    complete_outcome,
)
from search.trial.worker_start import start_worker


def run_serial(
    job: Job, ledger: Ledger, then: Callable[[], RetrainRequest | None]
) -> Retrained | Failed | None:
    """Runs trials until the ledger has no more, then retrains.

    Args:
        job: the development part.
        ledger: proposes trials, prunes them, and records them.
        then: asked when the search is over; says what to retrain, if anything.

    Returns:
        What became of the retraining, or ``None`` where none was ordered.

    Raises:
        RunError: nothing can be trained in this environment.
    """
    worker = start_worker(job)
    while (asked := ledger.ask()) is not None:
        ledger.tell(asked.number, _follow(worker.trial(asked), asked, ledger))
    order = then()
    return None if order is None else worker.retrain(order)


def _follow(
    stream: Generator[Report, None, Outcome], asked: TrialRequest, ledger: Ledger
) -> Outcome:
    """Reports each epoch of a trial, and stops it when the ledger says so."""
    last: Report | None = None
    while True:
        try:
            report = next(stream)
        except StopIteration as end:
            outcome: Outcome = end.value
            break
        last = report
        if ledger.report(asked.number, report):
            stream.close()
            outcome = Pruned(reason="pruner")
            break
    return complete_outcome(outcome, last, asked=asked.seconds, waited=0.0)
