"""Checkpoint retention: the models of the best trials are kept, all others deleted.

Only the driver deletes: a trial's models when it ends and is not among the best, those
of an interrupted trial when the ledger opens again.
"""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from models.pretrained.sources import NONE, LoadedWeights
from search.final.sidecar import Winner, sidecar_of, signed_sidecar
from search.inputs.run import Run
from search.ledger.callback import Callback, ReadRecords, no_records
from search.ledger.records import Counts, TrialRecord, rank_trials
from search.run_folder import write_json
from search.trial.checkpoints import MODEL, trial_folder, trial_folders
from search.trial.messages import Outcome, TrialRequest

Describe = Callable[[TrialRecord, Path], dict[str, Any]]


class CheckpointRetention(Callback):
    """Keeps the models of the best trials and deletes the others.

    ``describe`` makes the sidecar that is written beside each model.
    """

    def __init__(self, folder: Path, *, keep: int, describe: Describe) -> None:
        """Keeps the models of ``keep`` trials in ``folder``."""
        self._folder = folder
        self._keep = keep
        self._describe = describe
        self._running: set[int] = set()
        self._best: list[TrialRecord] = []
        self._read_records: ReadRecords = no_records

    def on_search_start(self, read_records: ReadRecords) -> None:
        """Deletes what an interrupted start left."""
        self._read_records = read_records
        self._add(read_records())
        self._sweep()

    def on_trial_start(self, request: TrialRequest, counts: Counts) -> None:
        """Spares the files of a running trial."""
        self._running.add(request.number)

    def on_trial_end(self, number: int, outcome: Outcome, counts: Counts) -> None:
        """Keeps the best trials so far."""
        self._running.discard(number)
        self._add(self._read_records(number))
        self._sweep()

    def on_search_end(self) -> None:
        """Deletes the files of interrupted trials."""
        self._running.clear()
        self._sweep()

    def _add(self, records: Iterable[TrialRecord]) -> None:
        """Adds trials to the best ones; each is read once."""
        # A trial from before checkpoints were enabled has none, and is skipped.
        having = [record for record in records if self._of(record.number).is_dir()]
        self._best = rank_trials([*self._best, *having])[: self._keep]

    def _sweep(self) -> None:
        """Deletes all models but those of the best and of running trials."""
        numbers = self._running | {record.number for record in self._best}
        wanted = {self._of(number) for number in numbers}
        for folder in trial_folders(self._folder):
            if folder not in wanted:
                shutil.rmtree(folder)
        for record in self._best:
            self._write_sidecars(record)

    def _of(self, number: int) -> Path:
        return trial_folder(self._folder, number)

    def _write_sidecars(self, record: TrialRecord) -> None:
        for model in _models(self._of(record.number)):
            sidecar = model.with_suffix(".json")
            if not sidecar.exists():
                write_json(sidecar, self._describe(record, model))


def _models(folder: Path) -> Iterable[Path]:
    return sorted(folder.glob(f"fold-*/epoch-*{MODEL}"))


def checkpoint_retention(run: Run) -> CheckpointRetention:
    """Builds the callback that keeps a run's checkpoints."""

    def describe(record: TrialRecord, model: Path) -> dict[str, Any]:
        start = record.attributes.get("start")
        winner = Winner(
            trial=record.number,
            epoch=int(model.stem.removeprefix("epoch-")),
            thresholds=record.attributes["thresholds"],
            weights=str(record.values.get("backbone.weights", NONE)),
        )
        sidecar = sidecar_of(
            run,
            winner,
            parameters=record.attributes["spent"]["parameters"],
            start=None if start is None else LoadedWeights(**start),
        )
        fold = int(model.parent.name.removeprefix("fold-"))
        return signed_sidecar(model, sidecar | {"fold": fold})

    return CheckpointRetention(
        run.folder.checkpoints(run.storage),
        keep=run.study.search.checkpoints,
        describe=describe,
    )
