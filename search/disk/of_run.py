"""What a run can do without: nothing of its ledger, models, reports or receipts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from search.callbacks.tensorboard_writer import FOLDER as CURVES
from search.disk.removable import Removable, removable
from search.run_folder import RunFolder
from search.storage.driver_lock import only_driver_of_run
from search.trial.checkpoints import MODEL, trial_folders


@contextmanager
def idle_run(folder: RunFolder, storage: str) -> Iterator[None]:
    """Keeps drivers away from a run meanwhile; ``RunError`` where one works on it."""
    with only_driver_of_run(folder.lock, storage, folder.name):
        yield


def of_run(folder: RunFolder, storage: str) -> list[Removable]:
    """Lists what can be removed of a run that no driver works on."""
    checkpoints = folder.checkpoints(storage)
    folds, curves = folder.folds(storage), folder.file(CURVES)
    return [
        *removable(
            "weights of interrupted trials",
            "a trial that runs again writes its own",
            _weights(checkpoints),
        ),
        *removable(
            "finished folds of interrupted trials",
            "these trials run again from their first fold",
            [folds] if folds.is_dir() else [],
        ),
        *removable(
            "curves for TensorBoard",
            "the database keeps each value; losses by epoch are lost",
            [curves] if curves.is_dir() else [],
        ),
        *removable(
            "files that a kill left half written",
            "the whole file is beside each, or is written again",
            folder.path.glob(".*.part"),
        ),
    ]


def _weights(checkpoints: Path) -> Iterator[Path]:
    """Lists what trials that did not complete left: all but models of folds."""
    for trial in trial_folders(checkpoints):
        models = [p for p in trial.glob(f"fold-*/*{MODEL}") if p.name[0] != "."]
        if not models:
            yield trial
            continue
        kept = {
            path for model in models for path in (model, model.with_suffix(".json"))
        }
        yield from (path for path in trial.glob("fold-*/*") if path not in kept)
