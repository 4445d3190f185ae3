"""The checkpoints of a search: the models of its best trials, and no others.

The driver alone deletes: a trial's models go when it is told and is not among the best,
those of a trial that a crash interrupted when the ledger opens again.
"""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from models.pretrained.sources import NONE, Taken
from search.final.model_card import Winner, card_of, signed_card
from search.inputs.prepare import Labelled
from search.ledger.records import Counts, Read, TrialRecord, Watcher, ranked
from search.run_folder import write_json
from search.study.study import Study
from search.trial.checkpoints import MODEL, trial_folder, trial_folders
from search.trial.messages import Asked, Outcome, Report

Describe = Callable[[TrialRecord, Path], dict[str, Any]]


class CheckpointFiles:
    """Watches a search for another watcher, and keeps the models of its best trials."""

    def __init__(
        self, watcher: Watcher, folder: Path, *, keep: int, describe: Describe
    ) -> None:
        """Takes whom to tell, the folder of all trials' models, and how many to keep.

        ``describe`` makes the card that is written beside each model.
        """
        self._watcher = watcher
        self._folder = folder
        self._keep = keep
        self._describe = describe
        self._running: set[int] = set()
        self._read: Read = tuple

    def opened(self, read: Read) -> None:
        """Sees that the ledger is open: what is left of an earlier start is swept."""
        self._read = read
        self._sweep()
        self._watcher.opened(read)

    def asked(self, asked: Asked, counts: Counts) -> None:
        """Sees a trial begin."""
        self._running.add(asked.number)
        self._watcher.asked(asked, counts)

    def reported(self, number: int, report: Report) -> None:
        """Sees an epoch, which the trial's worker has written itself."""
        self._watcher.reported(number, report)

    def told(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Keeps the models of the best trials so far."""
        self._running.discard(number)
        self._sweep()
        self._watcher.told(number, outcome, counts)

    def closed(self) -> None:
        """Sees that nobody runs trials any more."""
        self._running.clear()
        self._sweep()
        self._watcher.closed()

    def _sweep(self) -> None:
        """Deletes what is neither of a best trial nor of one that runs."""
        # A trial before the study asked for checkpoints has none, and takes no place.
        having = [r for r in ranked(self._read()) if self._of(r.number).is_dir()]
        best = having[: self._keep]
        numbers = self._running | {record.number for record in best}
        wanted = {self._of(number) for number in numbers}
        for folder in trial_folders(self._folder):
            if folder not in wanted:
                shutil.rmtree(folder)
        for record in best:
            self._write_cards(record)

    def _of(self, number: int) -> Path:
        return trial_folder(self._folder, number)

    def _write_cards(self, record: TrialRecord) -> None:
        for model in _models(self._of(record.number)):
            card = model.with_suffix(".json")
            if not card.exists():
                write_json(card, self._describe(record, model))


def _models(folder: Path) -> Iterable[Path]:
    return sorted(folder.glob(f"fold-*/epoch-*{MODEL}"))


def checkpoint_files(
    watcher: Watcher, study: Study, folder: Path, labelled: Labelled
) -> CheckpointFiles:
    """Joins the checkpoints of a run with what is known of it.

    Args:
        watcher: whom to tell.
        study: says how many trials' models are kept.
        folder: of the run's checkpoints.
        labelled: the data.

    Returns:
        The watcher of a run that keeps checkpoints.
    """

    def describe(record: TrialRecord, model: Path) -> dict[str, Any]:
        start = record.attributes.get("start")
        made = Winner(
            trial=record.number,
            epoch=int(model.stem.removeprefix("epoch-")),
            thresholds=record.attributes["thresholds"],
            weights=str(record.values.get("backbone.weights", NONE)),
        )
        card = card_of(
            study,
            labelled,
            made,
            parameters=record.attributes["spent"]["parameters"],
            start=None if start is None else Taken(**start),
        )
        fold = int(model.parent.name.removeprefix("fold-"))
        return signed_card(model, card | {"fold": fold})

    return CheckpointFiles(
        watcher,
        folder,
        keep=study.search.checkpoints,
        describe=describe,
    )
