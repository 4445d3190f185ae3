"""The bridge between Tune and the ledger, shared by Searcher and Scheduler.

It follows Tune's rules and imports nothing of Ray, so that tests need no Ray.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from data_pipeline.system.errors import RunError
from search.executors.heartbeat import trial_name
from search.executors.worker_death import describe_death
from search.ledger.ledger import Ledger
from search.trial.finished.fold_files import FoldFiles
from search.trial.messages import (
    OUT_OF_MEMORY,
    Failed,
    Outcome,
    Pruned,
    Report,
    Retraining,
    RetrainRequest,
    TrialRequest,
    WorkerDied,
    complete_outcome,
)
from search.trial.worker_start import cannot_start

FINISHED = "FINISHED"
"""Ends a search in Tune; equals ``ray.tune.search.Searcher.FINISHED``."""

RETRIES = 1
"""How often a worker that died in a retraining is replaced."""
STARTS = 2
"""How many workers in a row may die before their trial; one more ends the search."""
LINES = 12
STOPPED = "it was stopped, because the search ends"
LOST_NODE = ("its node has died", "The actor is temporarily unavailable")
"""What Ray says of a worker whose node was lost; the second before it is sure."""


class Bridge:
    """The ledger and the running trials, shared by Searcher and Scheduler."""

    def __init__(
        self,
        ledger: Ledger,
        then: Retraining,
        has_started: Callable[[str], bool] = lambda _: True,
        was_left: Callable[[str], bool] = lambda _: False,
        was_killed: Callable[[str], bool] = lambda _: False,
        *,
        checkpoints: str | None = None,
    ) -> None:
        """Takes the ledger, what is retrained, and what became of a trial.

        ``then`` is planned when the search ends. ``has_started`` and ``was_left``, by a
        worker that is replaced, take a ``trial_name``, and so does ``was_killed``, by
        the kernel for its memory. ``checkpoints`` is the folder for what other machines
        send of them.
        """
        self.error: BaseException | None = None
        self.trouble = ""
        """Tune's last error of a worker."""
        self.in_cluster = False
        """Whether workers can lose their node."""
        self.folds = FoldFiles(None)
        """What was finished of trials that are lost."""
        self._ledger = ledger
        self._then = then
        self._has_started, self._was_left = has_started, was_left
        self._was_killed = was_killed
        self._checkpoints = checkpoints
        self._running: dict[str, _Running] = {}
        self._returned: list[TrialRequest] = []
        self._unstarted = 0
        self._waiting: list[RetrainRequest] | None = None
        self._retraining: dict[str, RetrainRequest] = {}
        self._deaths: Counter[str] = Counter()

    def __getstate__(self) -> dict[str, Any]:
        """Pickles to nothing: Tune keeps copies to restore from, which is not used."""
        return {}

    def running(self) -> int:
        """Counts the trials and retrainings that are placed."""
        return len(self._running) + len(self._retraining)

    def use_nodes(self, names: Iterable[str]) -> None:
        """Takes the names of a cluster's nodes that take trials now."""
        self._ledger.use_nodes(names)

    def number_of(self, trial_id: str) -> int | None:
        """Returns the number of a running trial; ``None`` for a retraining."""
        found = self._running.get(trial_id)
        return None if found is None else found.request.number

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        """Returns Tune's next task: a trial, a retraining, or nothing yet."""
        if self.error is not None:
            return FINISHED
        if self._waiting is None:
            request = self._returned.pop() if self._returned else self._ledger.ask()
            if request is not None:
                self._running[trial_id] = _Running(request)
                return {"trial": request, "finished": self.folds.read(request.seed)}
            if self._running:
                return None
            self._waiting = list(self._then.plan())
        if self._waiting:
            self._retraining[trial_id] = self._waiting.pop(0)
            return {"retrain": self._retraining[trial_id]}
        # A worker that dies gives its retraining back.
        return None if self._retraining else FINISHED

    def report(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Records an epoch; returns whether to stop the trial."""
        running = self._running.get(trial_id)
        if running is None or "report" not in result:
            return False
        self._locate(running, result)
        report: Report = result["report"]
        running.last = report
        running.pruned = self._ledger.report(running.request.number, report)
        return running.pruned

    def complete(
        self, trial_id: str, result: dict[str, Any] | None, *, error: bool
    ) -> None:
        """Records the end of a trial or of a retraining."""
        found = {} if error or result is None else result
        if "cannot_start" in found:
            self.error = RunError(found["cannot_start"])
        elif (request := self._retraining.pop(trial_id, None)) is not None:
            _unpack(found, str(Path(request.path).parent))
            self._end_retraining(request, found)
        elif (running := self._running.pop(trial_id, None)) is not None:
            self._end_trial(running, result, error=error)

    def _end_trial(
        self, running: "_Running", result: dict[str, Any] | None, *, error: bool
    ) -> None:
        if error and not self._began(running):
            self._return(running.request)
            return
        self._unstarted = 0
        if result is not None:
            _unpack(result, self._checkpoints)
            self._locate(running, result)
        # What is said of the last death, and of memory, is of no trial that lives.
        death = self._death(running) if error else WorkerDied(reason=STOPPED)
        outcome = running.outcome(result, death=death, error=error)
        if isinstance(outcome, WorkerDied) and self.error is not None:
            return  # stopped because of the error: the next start runs it again
        self._ledger.tell(running.request.number, outcome)

    def _began(self, running: "_Running") -> bool:
        """Whether a worker began a trial; what has reported did, whatever was noted."""
        named = trial_name(running.request.number)
        return running.last is not None or self._has_started(named)

    def _locate(self, running: "_Running", result: Mapping[str, Any]) -> None:
        """Stores a trial's node, once; a worker that dies has no last result."""
        node = result.get("node", "")
        if node and not running.node:
            running.node = node
            self._ledger.locate(running.request.number, node)

    def _death(self, running: "_Running") -> WorkerDied | Pruned:
        """Describes the death of a worker, which may be that of its memory.

        What the kernel killed was the largest process, which does not fit; Ray ends
        the newest worker, whose trial may fit another time.
        """
        killed = self._was_killed(trial_name(running.request.number))
        death = describe_death(self.trouble, killed_for_memory=killed)
        if death.ran_out:
            return Pruned(reason=OUT_OF_MEMORY, why=death.cause)
        reason = "the worker died in this trial"
        reason += f": {death.cause}" if death.cause else ""
        trace, short = self.trouble, death.short
        lost = self._lost_node()
        if lost:
            reason = "its node of the cluster was lost"
        return WorkerDied(reason=reason, trace=trace, out_of_memory=short, lost=lost)

    def _lost_node(self) -> bool:
        """Whether the last worker that died did so with its node."""
        return self.in_cluster and any(words in self.trouble for words in LOST_NODE)

    def _return(self, request: TrialRequest) -> None:
        """Keeps a trial for the next worker: its worker ended before it began."""
        # A lost node may have had many idle workers, each of which is tried once.
        if not (self._was_left(trial_name(request.number)) or self._lost_node()):
            self._unstarted += 1
        if self._unstarted > STARTS:
            self.error = RunError(cannot_start(last_lines(self.trouble)))
        else:
            self._returned.append(request)

    def _end_retraining(self, request: RetrainRequest, found: dict[str, Any]) -> None:
        outcome = found.get("retrained")
        if outcome is None and self._deaths[request.path] < RETRIES:
            self._deaths[request.path] += 1
            self._waiting = [request, *(self._waiting or ())]
            return
        died = f"its worker died, {1 + RETRIES} times"
        failed = Failed(reason=died, trace=self.trouble)
        self._then.keep(request, outcome or failed)


def _unpack(result: Mapping[str, Any], folder: str | None) -> None:
    """Writes the files that a worker of another machine sent."""
    if "parcel" in result and folder is not None:
        result["parcel"].unpack(Path(folder))


def last_lines(text: str) -> str:
    r"""Takes the last lines of an error's output.

    Example:
        >>> last_lines("Traceback:\n  File x\n\nImportError: no libcuda")
        'Traceback:\n  File x\nImportError: no libcuda'
    """
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-LINES:]) or "its process died without a message"


class _Running:
    """A trial on a worker, and its last report."""

    def __init__(self, request: TrialRequest) -> None:
        self.request = request
        self.pruned = False
        self.node = ""
        self.last: Report | None = None
        self._proposed = time.time()

    def outcome(
        self, result: dict[str, Any] | None, *, death: WorkerDied | Pruned, error: bool
    ) -> Outcome:
        """Returns how the trial ended, which is ``death`` if its worker died."""
        found: Outcome = death
        started = self._proposed
        if result is not None:
            started = result.get("started", started)
        if self.pruned:
            found = Pruned(reason="pruner")
        elif not error and result is not None and "outcome" in result:
            found = result["outcome"]
        waited = max(0.0, started - self._proposed)
        return complete_outcome(
            found, self.last, sampled=self.request.seconds, waited=waited
        )
