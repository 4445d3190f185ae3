"""Searches over the bank: the ledger asks, prunes and tells; records train."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import optuna

from search.ledger.ledger import Ledger
from search.ledger.own_trials import OwnTrials, quiet
from search.study.enqueued import EnqueuedTrial
from search.trial.messages import Completed, Pruned, Report, Spent
from tests.benchmarks.pruning.setting import STUDY


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found: regret in the winner's true score, and what it cost.

    ``wasted`` is the share of the epochs that went to the worse half of the
    configurations.
    """

    regret: float
    trials: int
    wasted: float


class Replay:
    """One search over the configurations of a bank, in a random order."""

    def __init__(self, recorded, rule, *, seed):
        """Opens a ledger whose trials are all enqueued."""
        self._recorded, self._order, self._seed = recorded, rule.order, seed
        self.steps = rule.order.steps()
        chosen = recorded.configurations
        self._params = [STUDY.space.params(values) for values in chosen]
        self._numbers = {_key(params): n for n, params in enumerate(self._params)}
        self._ledger = self._opened(rule)
        self._spent = np.zeros(len(chosen))

    def _opened(self, rule):
        order = np.random.default_rng(self._seed).permutation(len(self._params))
        enqueued = tuple(
            EnqueuedTrial(name=str(n), params=self._params[n], never_prune=False)
            for n in order.tolist()
        )
        search = replace(STUDY.search, seed=self._seed)
        with quiet():
            stored = optuna.create_study(study_name="pruning", direction="maximize")
            trials = OwnTrials(stored, pruner=rule.pruner(self), seed=self._seed)
        return Ledger(replace(STUDY, search=search, enqueued=enqueued), trials)

    def resampled(self, trial, step):
        """Returns the scores of a trial's state at a step, in resamples of subjects."""
        number = self._numbers[_key(trial.params)]
        return self._recorded.resampled(number, dict(self._reports(number))[step])

    def search(self, epochs):
        """Searches with a budget of epochs, or until every configuration was tried."""
        trials = 0
        while epochs > self._spent.sum() and trials < len(self._params):
            self._trial(int(epochs - self._spent.sum()))
            trials += 1
        return self._found(trials)

    def _trial(self, left):
        """Replays one trial; the budget may end within it."""
        request = self._ledger.ask()
        number = self._numbers[_key(STUDY.space.params(request.values))]
        reports = self._reports(number)
        for count, (step, state) in enumerate(reports[:left], start=1):
            self._spent[number] = count
            outcome = self._report(request, step, state, last=count == len(reports))
            if outcome is not None:
                self._ledger.tell(request.number, outcome)
                return
        if len(reports) <= left:
            self._ledger.tell(request.number, self._completed(number))

    def _report(self, request, step, state, *, last):
        """Reports one epoch; returns how it ended the trial, if it did."""
        number = self._numbers[_key(STUDY.space.params(request.values))]
        value = self._value(number, step, state)
        if not np.isfinite(value):
            return Pruned(reason="diverged", spent=Spent())
        fold, epoch = self.steps.place(step)
        message = Report(
            step=step, fold=fold, epoch=epoch, value=value, last=last, spent=Spent()
        )
        pruned = self._ledger.report(request.number, message)
        return Pruned(reason="pruner", spent=Spent()) if pruned else None

    def _value(self, number, step, state):
        """Scores a state; pooled rows only where a rung compares them, for speed."""
        if np.count_nonzero(state) > 1 and step not in self._rungs(number):
            return 0.0
        return self._recorded.value(number, state)

    def _rungs(self, number):
        """Lists the steps of a configuration at which halving compares it."""
        proposed = SimpleNamespace(params=self._params[number])
        return self.steps.rung_steps(proposed)

    def _completed(self, number):
        value, epoch = self._recorded.final(number)
        return Completed(
            value=value,
            epoch=epoch,
            curve=tuple(self._recorded.curve(number)),
            scores={},
            thresholds={},
            spent=Spent(),
        )

    def _reports(self, number):
        epochs = self._recorded.epochs(number)
        return list(self._order.reports(epochs, [self._seed, number]))

    def _found(self, trials):
        true, best = self._recorded.true_scores, self._ledger.best()
        params = {} if best is None else STUDY.space.params(best.values)
        reached = true.min() if best is None else true[self._numbers[_key(params)]]
        worse = true < np.median(true)
        return Found(
            regret=float(true.max() - reached),
            trials=trials,
            wasted=float(self._spent[worse].sum() / self._spent.sum()),
        )


def _key(params):
    return tuple(sorted(params.items()))
