"""``--json``: what happens in a run, one JSON object a line."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from search.ledger.callback import Callback
from search.ledger.records import Counts
from search.trial.messages import (
    Completed,
    Failed,
    Outcome,
    Pruned,
    Report,
    TrialRequest,
    WorkerDied,
)

STATES = {Completed: "COMPLETE", Pruned: "PRUNED", Failed: "FAIL", WorkerDied: "LOST"}


class JsonEvents(Callback):
    """Writes events to the standard output."""

    def __init__(self) -> None:
        """Has no trace of a failure yet."""
        self._stages: set[str] = set()
        self.traces: dict[int, Path] = {}

    def write(self, event: str, **fields: Any) -> None:
        """Writes an event with the time."""
        now = f"{datetime.now().astimezone():%Y-%m-%dT%H:%M:%S%z}"
        line = json.dumps({"event": event, "time": now, **fields}, allow_nan=False)
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def stage(self, name: str, done: int, total: int) -> None:
        """Writes the beginning and the end of a step before the search."""
        if name not in self._stages or done == total:
            self._stages.add(name)
            self.write("stage", name=name, done=done, total=total)

    def on_trial_start(self, request: TrialRequest, counts: Counts) -> None:
        """Writes the trial's configuration and seed."""
        self.write(
            "trial_start",
            trial=request.number,
            seed=request.seed,
            enqueued=request.enqueued,
            values=dict(request.values),
        )

    def on_epoch_end(self, number: int, report: Report) -> None:
        """Writes the value of an epoch; folds count from 1.

        One of a fold that an earlier run of the trial has finished is ``repeated``.
        """
        self.write(
            "epoch",
            trial=number,
            fold=report.fold + 1,
            epoch=report.epoch,
            value=report.value,
            repeated=report.repeated,
        )

    def on_trial_end(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Writes how a trial ended."""
        whole = isinstance(outcome, Completed)
        trace = self.traces.pop(number, None)
        self.write(
            "trial_end",
            trial=number,
            state=STATES[type(outcome)],
            value=outcome.value if isinstance(outcome, Completed) else None,
            reason="" if isinstance(outcome, Completed) else outcome.reason,
            epochs=outcome.spent.epochs,
            traceback=None if whole or trace is None else str(trace),
            done=counts.done,
            budget=counts.budget,
        )
