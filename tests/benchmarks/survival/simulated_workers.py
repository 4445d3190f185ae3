"""Workers that train nothing, and the time that the driver takes for each of them.

They speak to the bridge as Tune does: real ledger, sampler, pruner and storage.
"""

import heapq
import math
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field

from optuna.trial import TrialState, create_trial

from search.executors.tune_bridge import Bridge
from search.trial.messages import Completed, Pruned, Report, Retraining, Spent
from tests.benchmarks.ledger import SPENT

DIVERGES, DIES = 0.02, 0.001
"""Shares of trials whose loss is not a number, and of steps at which a worker dies."""


@dataclass(slots=True)
class Seconds:
    """CPU seconds of the driver for each question, since the last ``take``."""

    found: defaultdict[str, list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def of(self, name, do, *args, **named):
        """Calls and adds the seconds under a name; returns what was answered."""
        start = time.process_time()
        answer = do(*args, **named)
        self.found[name].append(time.process_time() - start)
        return answer

    def take(self):
        """Returns what was measured and starts anew."""
        found, self.found = self.found, defaultdict(list)
        return found


class Swarm:
    """Many workers in simulated time: each reports after its own pause.

    ``seconds`` has what the driver took; the workers themselves take none.
    """

    def __init__(self, ledger, steps, *, workers, seed=0):
        """Gives the workers to a ledger's bridge."""
        self.seconds = Seconds()
        self.ended = self.reports = 0
        self._steps, self._reports = steps, steps.folds * steps.epochs
        self._rungs = steps.rung_steps(create_trial(state=TrialState.RUNNING))
        self._bridge = Bridge(ledger, Retraining(plan=list, keep=print))
        self._chance = random.Random(seed)  # noqa: S311 - a benchmark
        self._queue = [(self._chance.random(), name, None) for name in range(workers)]
        heapq.heapify(self._queue)

    def run(self, trials):
        """Goes on until so many more trials have ended, or nothing is left to do."""
        until = self.ended + trials
        while self._queue and self.ended < until:
            now, name, trial = heapq.heappop(self._queue)
            trial = self._begin(str(name)) if trial is None else self._go_on(trial)
            if trial is not None or self._bridge.error is None:
                pause = self._chance.uniform(0.5, 1.5)
                heapq.heappush(self._queue, (now + pause, name, trial))
        if self._bridge.error is not None:
            raise self._bridge.error

    def _begin(self, name):
        task = self.seconds.of("ask", self._bridge.suggest, name)
        if not isinstance(task, dict):
            return None
        return _Trial(name, task["trial"], diverges=self._chance.random() < DIVERGES)

    def _go_on(self, trial):
        """Reports an epoch, or the end; returns the trial while it runs."""
        if self._chance.random() < DIES:
            return self._end(trial, None, error=True)
        if trial.diverges and trial.epochs:
            return self._end(trial, {"outcome": Pruned(reason="diverged", spent=SPENT)})
        if trial.epochs == self._reports:
            return self._end(trial, {"outcome": trial.completed()})
        report = trial.report(self._steps, self._chance)
        kind = "report at a rung" if report.step in self._rungs else "report"
        self.reports += 1
        result = {"report": report, "started": time.time()}
        if self.seconds.of(kind, self._bridge.report, trial.name, result):
            return self._end(trial, result)
        return trial

    def _end(self, trial, result, *, error=False):
        self.seconds.of("tell", self._bridge.complete, trial.name, result, error=error)
        self.ended += 1


class _Trial:
    """A trial on a worker, whose curve depends on its configuration."""

    def __init__(self, name, request, *, diverges):
        self.name, self.diverges, self.epochs = name, diverges, 0
        self._curve = []
        rate = math.log10(request.values["training.learning_rate"])
        self._best = 0.9 - 0.1 * abs(rate + 3) - 0.2 * request.values["head.dropout"]

    def report(self, steps, chance):
        """Makes the report of its next epoch."""
        fold, epoch = divmod(self.epochs, steps.epochs)
        self.epochs += 1
        value = self._best * (1 - math.exp(-self.epochs / 8)) + chance.gauss(0, 0.02)
        self._curve.append(value)
        return Report(
            step=fold * steps.stride + epoch + 1,
            fold=fold,
            epoch=epoch + 1,
            value=value,
            last=self.epochs == steps.folds * steps.epochs,
            spent=Spent(epochs=self.epochs, trained=self.epochs),
        )

    def completed(self):
        """Makes the outcome of the whole trial."""
        return Completed(
            value=max(self._curve),
            epoch=1,
            curve=tuple(self._curve),
            scores={"emotion.macro_f1": max(self._curve)},
            thresholds={},
            spent=SPENT,
            learning_rates=(1e-3,) * len(self._curve),
        )
