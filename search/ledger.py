"""The ledger of trials: the only module that works with Optuna's study.

Optuna's storage is the only state of a search. The ledger asks, reports, prunes and
tells; it keeps the budget, and settles what a crash left behind.
"""

import itertools
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import optuna
from optuna.trial import TrialState

from data_pipeline.seeds import child_seed
from models.settings import Value
from search.best import best_of
from search.history import records_of
from search.identity import PIXELS, keep_identity
from search.known import known_as
from search.points import INTERRUPTED, SEED, is_interrupted, next_point
from search.pruners import PRUNERS, Steps
from search.records import Counts, TrialRecord, Unwatched, Watcher
from search.results import (
    Asked,
    Completed,
    Failed,
    Outcome,
    Pruned,
    Report,
    WorkerDied,
    attributes_of,
)
from search.samplers import build_sampler
from search.storage import open_storage
from search.study import Study
from search.unfinished import runs_again, settle


class Ledger:
    """Asks, reports, prunes and tells the trials of one study."""

    def __init__(
        self, study: Study, trials: optuna.Study, watcher: Watcher | None = None
    ) -> None:
        """Joins a study with its Optuna study; ``open_ledger`` does it whole."""
        self._study = study
        self._trials = trials
        self._watcher: Watcher = watcher or Unwatched()
        self._open: dict[int, optuna.Trial] = {}
        self._known = study.known
        self._spared: set[int] = set()
        settle(self._trials, self._study.space)
        self._watcher.opened(self.records)

    def ask(self) -> Asked | None:
        """Proposes the next trial, or ``None`` when budget or grid is exhausted."""
        start = time.monotonic()
        counts = self.counts()
        if counts.done + counts.running >= self._study.search.trials:
            return None
        # A point that a crash interrupted waits already, and comes first.
        if (self._known or self._is_grid()) and not self._waiting():
            point = self._next_point()
            if point is not None:
                self._trials.enqueue_trial(point)
            elif self._is_grid():
                return None
        with _quiet():
            trial = self._trials.ask()
            values = self._study.space.suggest(trial)  # type: ignore[arg-type]
        seed = trial.user_attrs.get(SEED)
        if seed is None:
            seed = child_seed(self._study.search.seed, "trial", trial.number)
            trial.set_user_attr(SEED, seed)
        self._open[trial.number] = trial
        seconds = time.monotonic() - start
        known = known_as(self._known, self._study.space.params(values))
        if known is not None and known.spared:
            self._spared.add(trial.number)
        asked = Asked(
            number=trial.number,
            seed=seed,
            values=values,
            seconds=seconds,
            known=known.name if known else "",
        )
        self._watcher.asked(asked, self.counts())
        return asked

    def keep_pixels(self, pixels: Mapping[str, Any]) -> None:
        """Writes what the pixels are, or checks that they are the same.

        Raises:
            StudyError: an image of the development part changed.
        """
        keep_identity(self._trials, pixels, PIXELS)

    def exhausted(self) -> bool:
        """Tells whether nothing is left to ask: the budget or the grid is used up."""
        counts = self.counts()
        if counts.done >= self._study.search.trials:
            return True
        if not self._is_grid() or self._waiting():
            return False
        return self._next_point() is None

    def report(self, number: int, report: Report) -> bool:
        """Records one epoch and tells whether the trial should be pruned.

        A fully trained trial is never pruned: it has nothing left to save. Nor is a
        known configuration that the search is measured by.
        """
        trial = self._open[number]
        trial.report(report.value, report.step)
        self._watcher.reported(number, report)
        return not report.last and number not in self._spared and trial.should_prune()

    def tell(self, number: int, outcome: Outcome) -> None:
        """Records how a trial ended, once; attributes go in before the state.

        A trial whose worker died is enqueued again, once, before it is ended.
        """
        trial = self._open.pop(number)
        if isinstance(outcome, WorkerDied):
            if runs_again(self._trials, self._study.space, number):
                trial.set_user_attr(INTERRUPTED, True)
            else:
                outcome = Failed(reason=f"{outcome.reason}, twice", spent=outcome.spent)
        for key, found in attributes_of(outcome).items():
            trial.set_user_attr(key, found)
        match outcome:
            case Completed():
                self._trials.tell(trial, outcome.value)
            case Pruned():
                if outcome.reason == "out_of_memory":
                    # A failed trial is invisible to TPE, which would go back there.
                    trial.set_constraint("memory", 1.0)
                self._trials.tell(trial, state=TrialState.PRUNED)
            case Failed() | WorkerDied():
                self._trials.tell(trial, state=TrialState.FAIL)
        self._watcher.told(number, outcome, self.counts())

    def counts(self) -> Counts:
        """Counts the trials by how they ended."""
        records = self._trials.get_trials(deepcopy=False)
        states = [t.state for t in records if not is_interrupted(t)]
        return Counts(
            completed=states.count(TrialState.COMPLETE),
            pruned=states.count(TrialState.PRUNED),
            failed=states.count(TrialState.FAIL),
            running=len(self._open),
            budget=self._study.search.trials,
        )

    def records(self) -> tuple[TrialRecord, ...]:
        """Reads every trial that was begun, in the order of their numbers."""
        return records_of(self._study, self._trials)

    def best(self) -> TrialRecord | None:
        """Returns the completed trial with the highest value, of equals the first."""
        return best_of(self.records())

    def close(self) -> None:
        """Settles trials that are still running; the next start runs them again."""
        self._open.clear()
        settle(self._trials, self._study.space)
        self._watcher.closed()

    def _waiting(self) -> bool:
        waiting = (TrialState.WAITING,)
        return bool(self._trials.get_trials(deepcopy=False, states=waiting))

    def _is_grid(self) -> bool:
        return self._study.search.sampler == "grid"

    def _next_point(self) -> dict[str, Value] | None:
        """Finds the first point that no trial has: known ones, then a grid's."""
        known = (one.params for one in self._known)
        grid = self._study.space.points() if self._is_grid() else ()
        trials = self._trials.get_trials(deepcopy=False)
        return next_point(trials, itertools.chain(known, grid))


def open_ledger(
    study: Study,
    *,
    url: str,
    name: str,
    data: Mapping[str, Any],
    watcher: Watcher | None = None,
) -> Ledger:
    """Opens the ledger of a run, new or begun before.

    Args:
        study: the study as it is to run.
        url: the storage; see ``open_storage``.
        name: the Optuna study's name.
        data: what identifies the data before a pixel is read.
        watcher: sees trials begin and end.

    Raises:
        StudyError: the run was begun with another space, split, objective or data.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = open_storage(url)
    steps = Steps(folds=study.split.folds, stride=study.stride)
    with _quiet():
        trials = optuna.create_study(
            storage=storage,
            study_name=name,
            direction="maximize",
            pruner=PRUNERS[study.search.pruner](steps),
            load_if_exists=True,
        )
    count = len(trials.get_trials(deepcopy=False))
    trials.sampler = build_sampler(
        study.search.sampler, seed=study.sampler_seed, trials=count
    )
    keep_identity(trials, {**study.identity(), **data})
    return Ledger(study, trials, watcher)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences Optuna's notes that a feature is experimental: we test what we use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield
