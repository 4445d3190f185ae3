"""How long a search may take, said once its first epochs were measured."""

import math
from collections.abc import Callable

from data_pipeline.pages.wording import counted
from models.config.config import is_full
from search.callbacks.running_trials import clock, trained_part
from search.ledger.callback import Callback
from search.ledger.records import Counts
from search.study.study import Study
from search.trial.messages import Report, TrialRequest

LONG = 3600.0
"""Seconds from which the message names what would make the search shorter."""

FROZEN = "finetune.frozen_epochs"

SLOWER = 2.0
"""A backbone with epochs so many times as long gets a forecast of its own."""

ONE_FOLD = 0.2
"""Part that a single fold validates on, unless the study has another."""

SHORTER = (
    "Shorter: --set search.hours=N, --set search.trials=N, --set training.epochs=N, "
    "--set split.folds=1, or fewer large backbones"
)


class Forecast(Callback):
    """Prints the longest that the search can take, from what was measured so far.

    That is the seconds of an epoch, and of compiling a graph.
    """

    def __init__(
        self, study: Study, print_line: Callable[[str], None], graphs: Callable[[], int]
    ) -> None:
        """Prints by ``print_line``; ``graphs`` counts those of the space."""
        self._stride = study.stride
        self._epochs = study.stride * study.split.folds
        self._finetuned = study.search.finetune_best
        self._retrained = study.final.seeds
        self._rows = rows_in_retraining(study)
        self._print, self._graphs = print_line, graphs
        self._trained: dict[int, str] = {}
        self._measured: dict[int, int] = {}
        self._spent: dict[int, float] = {}
        self._left = self._workers = 0
        self._said = self._compiling = 0.0

    def on_trial_start(self, request: TrialRequest, counts: Counts) -> None:
        """Notes what is trained, and how many trials of its kind are left."""
        self._trained[request.number] = trained_part(request.values)
        # Epochs in which only the head is trained say nothing of the others.
        frozen = int(request.values.get(FROZEN, 0)) if is_full(request.values) else 0
        self._measured[request.number] = frozen + 1
        self._left = counts.budget - counts.done
        if not is_full(request.values):
            self._left = max(1, self._left - self._finetuned)
        self._workers = max(self._workers, counts.running)

    def on_epoch_end(self, number: int, report: Report) -> None:
        """Prints after a trial's first whole epoch, unless it is like one before."""
        spent = report.spent.trained + report.spent.validated
        each = spent - self._spent.get(number, 0.0)
        self._spent[number] = spent
        compiling = report.spent.built + report.spent.traced
        self._compiling = max(self._compiling, compiling)
        first = report.spent.epochs == self._measured.get(number)
        if not first or each < SLOWER * self._said or not self._workers:
            return
        self._said = each
        self._print(
            describe_forecast(
                trained=self._trained[number],
                each=each,
                epochs=self._epochs,
                trials=self._left,
                workers=self._workers,
                graphs=self._graphs() - 1,
                compiling=self._compiling,
            )
        )
        if self._retrained > 1:
            self._print(
                describe_retrainings(
                    seeds=self._retrained,
                    each=each * self._rows,
                    epochs=self._stride,
                    workers=self._workers,
                )
            )


def describe_forecast(  # noqa: PLR0913 - what was measured, by name
    *,
    trained: str,
    each: float,
    epochs: int,
    trials: int,
    workers: int,
    graphs: int,
    compiling: float,
) -> str:
    """Describes the longest that ``trials`` can take.

    ``each`` is an epoch's seconds, ``epochs`` the most of a trial over its folds,
    ``compiling`` a graph's seconds. Each worker compiles the ``graphs`` that are left,
    at most one for each of its trials.

    Example:
        >>> rates = {"trained": "resnet50", "each": 6.0, "epochs": 12}
        >>> rates |= {"graphs": 3, "compiling": 20.0}
        >>> text = describe_forecast(**rates, trials=10, workers=2)
        >>> text.partition("; less")[0]
        'an epoch of resnet50 takes 6.0 s here: at most 7:00 for 10 trials of up to 12 \
epochs on 2 workers, with 1:00 to compile 3 more graphs'
    """
    of_a_worker = math.ceil(trials / workers)
    left = max(0, min(graphs, of_a_worker))
    longest = each * epochs * of_a_worker + compiling * left
    text = (
        f"an epoch of {trained} takes {each:.1f} s here: at most {clock(longest)} for "
        f"{counted(trials, 'trial')} of up to {epochs} epochs on "
        f"{counted(workers, 'worker')}"
    )
    if left:
        more = counted(left, "more graph")
        text += f", with {clock(compiling * left)} to compile {more}"
    text += "; less where trials are pruned or faster"
    return f"{text}. {SHORTER}" if longest >= LONG else text


def describe_retrainings(*, seeds: int, each: float, epochs: int, workers: int) -> str:
    """Describes how long the retrainings after the search take.

    ``each`` is an epoch's seconds, ``epochs`` the most of one.

    Example:
        >>> describe_retrainings(seeds=5, each=6.0, epochs=10, workers=2)
        'then up to about 3:00 for 5 retrainings of one trial'
    """
    rounds = -(-seeds // workers)
    longest = clock(rounds * each * epochs)
    return f"then up to about {longest} for {seeds} retrainings of one trial"


def rows_in_retraining(study: Study) -> float:
    """Returns how many times the rows of a fold a retraining trains on."""
    folds = study.split.folds
    part = 1 / folds if folds > 1 else study.split.validation or ONE_FOLD
    return 1 / (1 - part)
