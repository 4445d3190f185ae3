"""Trains one configuration with several seeds; each leaves a folder like a run's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from data_pipeline.files.folder_names import run_name
from data_pipeline.files.safe_open import read_bytes, read_text
from data_pipeline.readers.location import find_data
from data_pipeline.split.held_out_subjects import HELD_OUT
from data_pipeline.system.errors import RunError
from data_pipeline.system.seeds import child_seed
from models.backend import prepare_process
from models.config.config import complete
from search.callbacks.progress_bar import ProgressBar
from search.final.exported_config import BEST, Exported, read_exported
from search.final.kept_model import is_of_data, whole_model
from search.final.model_card import MODEL, PARTIAL, SIDECAR, Winner, place_model
from search.inputs.prepare import Labelled, prepare, read_labels
from search.run_folder import RunFolder, held_out_text, write_text
from search.trial.messages import Retrained, RetrainOrder


def train_seeds(
    config: Path, data: str | None, out: Path, *, seeds: int
) -> Iterator[Path]:
    """Trains with the seeds 1 to ``seeds``; one that is trained already is kept.

    Args:
        config: the exported configuration.
        data: ``--data``.
        out: the folder of all runs.
        seeds: how many.

    Yields:
        The folder of each seed, when its model lies in it.

    Raises:
        RunError: a training diverged, or a folder holds another configuration.
    """
    found = read_exported(config)
    text = read_text(config)
    with ProgressBar(Console()) as progress:
        root, synthetic = find_data(found.study.data.dataset, data, progress.stage)
        labelled = read_labels(
            found.study, root, synthetic=synthetic, progress=progress.stage, runs=out
        )
        for line in labelled.told:
            progress.print(line)
        runs = RunFolder(out=out, name=run_name(found.study.name, synthetic=synthetic))
        family = RunFolder(out=out, name=f"{runs.name}-trained")
        family.make()
        job, _ = prepare(
            found.study, labelled, cache=runs.cache, progress=progress.stage
        )
        # Loads SQLAlchemy, which a wrong label need not.
        from search.storage.driver_lock import only_driver  # noqa: PLC0415

        prepare_process(cpus=job.cpus)
        from search.trial.worker import Worker  # noqa: PLC0415 - after its environment

        worker = Worker(job)
        with only_driver(family.file(".driver.lock")) as check:
            for seed in range(1, seeds + 1):
                folder = RunFolder(out=family.path, name=f"seed-{seed}")
                folder.path.mkdir(exist_ok=True)
                if not _is_trained(folder, text, labelled):
                    _train(worker, folder, found, labelled, seed)
                    write_text(folder.file(BEST), text)
                check()
                yield folder.path


def _is_trained(folder: RunFolder, text: str, labelled: Labelled) -> bool:
    best = folder.file(BEST)
    if not best.exists():
        return False
    if read_bytes(best) != text.encode():
        raise RunError(
            f"{folder.path}: holds a model of another configuration, which is not "
            "written over; name another --out, or move the folder away"
        )
    model = whole_model(folder)
    if model is not None and not is_of_data(model.card, labelled):
        raise RunError(
            f"{folder.path}: holds a model of other labels or another hold-out, which "
            "is not written over; name another --out, or move the folder away"
        )
    return model is not None


def _train(
    worker: Any,
    folder: RunFolder,
    found: Exported,
    labelled: Labelled,
    seed: int,
) -> None:
    order = RetrainOrder(
        values=complete(dict(found.study.space.fixed)),
        seed=child_seed(seed, "train"),
        stop_after=found.origin.epoch,
        path=str(folder.file(PARTIAL)),
        rates=tuple(found.origin.learning_rates),
    )
    trained = worker.retrain(order)
    if not isinstance(trained, Retrained):
        raise RunError(f"{folder.path}: {trained.reason}")
    if any(folder.file(name).exists() for name in (MODEL, SIDECAR)):
        folder.archive((MODEL, SIDECAR))
    held = labelled.split.hold_out
    write_text(
        folder.file(HELD_OUT),
        held_out_text(held.subjects, held.images, labelled.split.part),
    )
    winner = Winner(
        trial=found.origin.trial,
        epoch=found.origin.epoch,
        thresholds=found.thresholds,
        weights=str(order.values["backbone.weights"]),
    )
    place_model(found.study, folder, winner, labelled, trained, seed=seed)
