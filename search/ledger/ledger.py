"""The ledger of trials: the only module that works with Optuna's study.

Optuna's storage is the only state of a search. The ledger asks, reports, prunes and
tells; it keeps the budget and enqueues trials again that a crash interrupted.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

from data_pipeline.system.errors import RunError
from models.config.config import with_precision
from search.costs.memory_fit import MemoryLimit
from search.ledger.attributes import check_attributes, translated_errors
from search.ledger.callback import Callback
from search.ledger.identity import (
    PIXELS,
    check_identity,
    check_started_by_search,
    keep_machine,
    keep_precision,
    original_seed,
    stored_machines,
    stored_precision,
)
from search.ledger.own_trials import OwnTrials, quiet
from search.ledger.pruners import build_pruner
from search.ledger.reader import records_of, seconds_searched
from search.ledger.records import Counts, TrialRecord, best_trial
from search.ledger.trial_end import has_fit, record_outcome, requeue_lost_trials
from search.ledger.trial_start import start_trial
from search.sampling.finetuning import (
    describe_finetuning,
    finetuned_params,
    trains_head,
)
from search.sampling.objectives import directions, record_epoch, record_model
from search.sampling.parameter_sets import FINETUNE_OF
from search.sampling.rungs import steps_of
from search.stopping.search_clock import SECONDS, SearchClock
from search.stopping.search_end import ALL_TRIED, Before, SearchEnd, all_run, early_end
from search.stopping.untried import (
    grid_is_exhausted,
    is_grid,
    next_head,
    next_untried,
)
from search.storage.hidden_attributes import hide_trial_attribute
from search.storage.open_storage import open_storage
from search.storage.retrying import RetryPolicy
from search.storage.study_note import save_note
from search.storage.url import masked
from search.study.algorithms import DOMINATED
from search.study.enqueued import find_enqueued
from search.study.study import Study
from search.trial.messages import OUT_OF_MEMORY, Outcome, Pruned, Report, TrialRequest

NODE = "node"
"""Attribute of a trial that ran in a cluster: the name of its node."""


class Ledger:
    """Asks, reports, prunes and tells the trials of one study."""

    def __init__(
        self, study: Study, trials: OwnTrials, callbacks: Sequence[Callback] = ()
    ) -> None:
        """Joins a study with its Optuna study; call ``open_ledger`` instead."""
        self._study = study
        self._trials = trials
        self._callbacks = callbacks
        self._open: dict[int, optuna.Trial] = {}
        self._enqueued = study.enqueued
        self._all_offered = not (study.enqueued or is_grid(study))
        self._never_prune: set[int] = set()
        self._metrics: dict[int, dict[str, object]] = {}
        self._memory = MemoryLimit()
        self._repeated = Counter[int]()
        self._before = Before.of(trials.get_trials(deepcopy=False), grid=is_grid(study))
        self._clock = SearchClock(trials, seconds=seconds_searched(trials))
        requeue_lost_trials(self._trials, self._study.space)
        for callback in callbacks:
            callback.on_search_start(self.records)

    def ask(self) -> TrialRequest | None:
        """Proposes the next trial, or ``None`` while the search may start none.

        One that cannot fit into memory is recorded as such.
        """
        while (request := self._propose()) is not None:
            params = self._open[request.number].params
            why = self._memory.refusal(self._study.space.config(params))
            if not why:
                break
            self.tell(request.number, Pruned(reason=OUT_OF_MEMORY, why=why))
        return request

    def _propose(self) -> TrialRequest | None:
        start = time.monotonic()
        self._clock.step()
        started = None
        while started is None:
            with self._trials.read_once():
                counts = self.counts()
                spent = counts.done + counts.running >= self._study.search.trials
                if spent or self._early_end() or not self._offer(counts):
                    return None
                started = start_trial(self._study, self._trials)
        number, params = started.trial.number, self._study.space.params(started.values)
        self._open[number] = started.trial
        enqueued = find_enqueued(self._enqueued, params)
        name = enqueued.name if enqueued else ""
        finetunes = started.trial.user_attrs.get(FINETUNE_OF)
        if finetunes is not None:
            name = describe_finetuning(finetunes)
        if finetunes is not None or (enqueued is not None and enqueued.never_prune):
            self._never_prune.add(number)
        request = TrialRequest(
            number=number,
            seed=started.seed,
            values=with_precision(started.values, stored_precision(self._trials)),
            seconds=time.monotonic() - start,
            enqueued=name,
            finetunes=finetunes,
        )
        counts = replace(counts, running=len(self._open))
        for callback in self._callbacks:
            callback.on_trial_start(request, counts)
        return request

    def check_pixels(self, pixels: Mapping[str, Any]) -> None:
        """Stores the pixels' digest, or raises ``StudyError`` if it changed."""
        check_identity(self._trials, pixels, PIXELS)

    def settle_precision(self, found: str) -> str:
        """Stores what this machine computes in; returns what the run began with.

        It holds for configurations that leave the precision open.
        """
        keep_precision(self._trials, found)
        return stored_precision(self._trials)

    def settle_machine(self, found: Mapping[str, str]) -> None:
        """Stores what trials run on from now on; each trial refers to it."""
        self._trials.machine = keep_machine(self._trials, found)

    def machines(self) -> list[dict[str, Any]]:
        """Lists what the trials ran on."""
        return stored_machines(self._trials)

    def exhausted(self) -> bool:
        """Checks whether the search has ended."""
        return self.end() is not None

    def end(self) -> SearchEnd | None:
        """Returns why the search has ended; ``None`` while trials are left or run."""
        search = self._study.search
        if self.counts().done >= search.trials:
            return all_run(search)
        if self._open:
            return None
        if grid_is_exhausted(self._study, self._trials.get_trials(deepcopy=False)):
            return ALL_TRIED
        return self._early_end()

    def report(self, number: int, report: Report) -> bool:
        """Records one epoch; returns whether to prune the trial.

        A fully trained trial is never pruned, as nothing is left to save; nor is an
        enqueued one that the result is compared with.
        """
        trial = self._open[number]
        self._repeated[number] += report.repeated
        self._clock.step()
        self._clock.store()
        try:
            self._record(trial, report)
        except UpdateFinishedTrialError:
            return True  # another program ended it
        for callback in self._callbacks:
            callback.on_epoch_end(number, report)
        return (
            not report.last
            and number not in self._never_prune
            and self._should_prune(trial)
        )

    def _record(self, trial: optuna.Trial, report: Report) -> None:
        """Stores an epoch, and with the first one what its pruner needs to know."""
        if self._study.goals:
            before = self._metrics.setdefault(trial.number, {})
            record_epoch(trial, report, self._study.goals, before)
            return
        is_first = report.step == 1
        if is_first and self._study.search.pruner == DOMINATED:
            record_model(trial, report, ())
        trial.report(report.value, report.step)

    def _should_prune(self, trial: optuna.Trial) -> bool:
        if not self._study.goals:
            return bool(trial.should_prune())
        # Not trial.should_prune(), which refuses studies with several objectives.
        latest = trial.storage.get_trial(trial._trial_id)  # noqa: SLF001 - no other way
        return bool(self._trials.pruner.prune(trial.study, latest))

    def use_nodes(self, names: Iterable[str]) -> None:
        """Takes the names of a cluster's nodes that take trials now."""
        self._memory.use_nodes(names)

    def locate(self, number: int, node: str) -> None:
        """Stores which node of a cluster a running trial was trained on."""
        self._memory.locate(number, node)
        with suppress(UpdateFinishedTrialError):  # another program ended it
            hide_trial_attribute(self._open[number], NODE, node)

    def tell(self, number: int, outcome: Outcome) -> None:
        """Records how a trial ended, once."""
        trial = self._open.pop(number)
        self._metrics.pop(number, None)
        hide_trial_attribute(trial, SECONDS, self._clock.step())
        for callback in self._callbacks:
            callback.on_trial_result(number, outcome)
            for key, value in callback.attachments(number, outcome).items():
                trial.storage.set_trial_system_attr(trial._trial_id, key, value)  # noqa: SLF001 - no other way
        space, goals = self._study.space, self._study.goals
        outcome = record_outcome(self._trials, space, trial, outcome, goals)
        values, repeated = space.config(trial.params), self._repeated.pop(number, 0)
        if isinstance(outcome, Pruned) and outcome.reason == OUT_OF_MEMORY:
            self._memory.add(number, values)
        elif has_fit(outcome, values, repeated):
            self._memory.fits(values)
        counts = self.counts()
        for callback in self._callbacks:
            callback.on_trial_end(number, outcome, counts)

    def counts(self) -> Counts:
        """Counts the trials by how they ended."""
        ended = self._trials.count_ended()
        return Counts(
            completed=ended[TrialState.COMPLETE],
            pruned=ended[TrialState.PRUNED],
            failed=ended[TrialState.FAIL],
            running=len(self._open),
            budget=self._study.search.trials,
        )

    def records(self, *numbers: int) -> tuple[TrialRecord, ...]:
        """Reads started trials in the order of their numbers, by default all."""
        return records_of(self._study, self._trials, numbers)

    def foreign(self) -> list[int]:
        """Lists the numbers of trials that another program wrote."""
        return self._trials.foreign()

    def best(self) -> TrialRecord | None:
        """Returns the completed trial with the highest value, the first if tied."""
        return best_trial(self.records())

    def close(self) -> None:
        """Enqueues trials that are still running for the next start."""
        # The error that ended the run is reported; the next start enqueues the rest.
        with suppress(RunError):
            if self._open:
                self._clock.step()
                self._clock.store(every=0.0)
        self._open.clear()
        with suppress(RunError):
            requeue_lost_trials(self._trials, self._study.space)
            self._announce_end()
        for callback in self._callbacks:
            callback.on_search_end()

    def _announce_end(self) -> None:
        end = self.end()
        # After failures alone, the next start continues.
        if end is not None and not end.failed:
            for callback in self._callbacks:
                callback.on_exhausted()

    def save_note(self, text: str) -> None:
        """Writes the note that a dashboard shows above the trials, as Markdown."""
        save_note(self._trials, text)

    def _early_end(self) -> SearchEnd | None:
        return early_end(
            self._study.search,
            self._trials.get_trials(deepcopy=False),
            running=self._open,
            seconds=self._clock.seconds,
            goals=self._study.goals,
            before=self._before,
        )

    def _offer(self, counts: Counts) -> bool:
        """Enqueues the next configuration; returns whether any trial can start."""
        # One that a crash interrupted waits already, and comes first.
        if self._trials.waiting():
            return True
        if self._few_are_left(counts):
            if self._trains_heads():
                return False  # one of them may be among the best
            if self._offer_finetuning():
                return True
        return self._all_offered or self._offer_untried()

    def _offer_untried(self) -> bool:
        """Enqueues an untried parameter set of the study, or leaves it to a sampler."""
        params = next_untried(self._study, self._trials.get_trials(deepcopy=False))
        if params is not None:
            self._trials.enqueue_trial(params)
            return True
        self._all_offered = not is_grid(self._study)
        if self._all_offered:
            return True
        return not self._trains_heads() and self._offer_finetuning()

    def _few_are_left(self, counts: Counts) -> bool:
        """Whether the rest of the budget is for fine-tuning."""
        search = self._study.search
        left = search.trials - counts.done - counts.running
        return left <= search.finetune_best

    def _trains_heads(self) -> bool:
        """Whether a head trial runs that may be fine-tuned later."""
        heads = bool(self._study.search.finetune_best)
        return heads and any(trains_head(t.params) for t in self._open.values())

    def _offer_finetuning(self) -> bool:
        """Enqueues the best head trial to be fine-tuned, if one is left."""
        head = next_head(self._study, self._trials.get_trials(deepcopy=False))
        if head is None:
            return False
        params = finetuned_params(head.params, self._study.space)
        self._trials.enqueue_trial(params, user_attrs={FINETUNE_OF: head.number})
        return True


def open_ledger(
    study: Study,
    *,
    url: str,
    name: str,
    data: Mapping[str, Any],
    callbacks: Sequence[Callback] = (),
    policy: RetryPolicy | None = None,
) -> Ledger:
    """Opens the ledger of a new or existing run.

    Args:
        study: the study to run.
        url: the storage; see ``open_storage``.
        name: the Optuna study's name.
        data: identity of the data before any pixel is read.
        callbacks: called in this order when trials start, report and end.
        policy: how long to retry, and checks before each use of the storage.

    Raises:
        StudyError: the run began with another space, split, objective or data, or the
            Optuna study of this name was not created by a search.
        RunError: another program changed the run's trials in the storage.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = open_storage(url, policy)
    place = f"{name} in {masked(url)}"
    with quiet(), translated_errors(place):
        wanted = directions(study.goals)
        stored = optuna.create_study(
            storage=storage,
            study_name=name,
            directions=wanted,
            load_if_exists=True,
        )
        check_started_by_search(stored, wanted)
        # With the seed that the run began with: with another seed all its trials would
        # look foreign, and a changed study like a new one.
        own_trials = OwnTrials(stored, seed=original_seed(stored, study.search.seed))
        check_attributes(own_trials.get_trials(deepcopy=False), run=place)
        check_identity(own_trials, {**study.identity(), **data})
        if stored.metric_names != study.value_names:
            stored.set_metric_names(study.value_names)
        trials = OwnTrials(
            stored,
            pruner=build_pruner(study.search.pruner, steps_of(study)),
            seed=study.search.seed,
        )
    return Ledger(study, trials, callbacks)
