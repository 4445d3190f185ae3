"""Trains one configuration with several seeds; each leaves a folder like a run's.

With two seeds or more, each is scored on the folds too: the deviation over seeds is to
be compared with the difference between two configurations.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from data_pipeline.files.folder_names import TRAINED, run_name
from data_pipeline.files.safe_open import read_bytes, read_text
from data_pipeline.readers.location import find_data
from data_pipeline.split.holdout_history import HELD_OUT
from data_pipeline.system.errors import RunError, prefix_errors
from data_pipeline.system.seeds import child_seed
from models.backend import prepare_process
from models.calibration.calibration import CalibrationFit
from models.config.config import complete
from search.callbacks.progress_bar import ProgressBar, open_console
from search.final.exported_config import BEST, ExportedConfig, read_exported
from search.final.kept_model import intact_model, is_of_data
from search.final.sidecar import MODEL, PARTIAL, SIDECAR, Winner, place_model
from search.inputs.own_code import check_own_code
from search.inputs.prepare import prepare_job
from search.inputs.run import Run
from search.inputs.study_data import read_labels
from search.pipeline.placement import find_placement
from search.pipeline.seed_scores import (
    SUMMARY,
    describe_summary,
    keep_scores,
    kept_scores,
    summarize,
)
from search.run_files import SavedScores
from search.run_folder import RunFolder, held_out_text, write_json, write_text
from search.trial.messages import CrossValidated, Retrained, RetrainRequest


def train_seeds(
    path: Path, data: str | None, out: Path, *, seeds: int, scored: bool = True
) -> Iterator[Path]:
    """Trains an exported configuration with the seeds 1 to ``seeds``.

    A seed that is trained already is kept, and so are its scores. Yields the folder of
    each seed as soon as its model, and with several seeds its scores, lie in it. At the
    end the scores are summarized, unless ``scored`` is false.

    Raises:
        RunError: a training diverged, or a folder holds another configuration.
    """
    config = read_exported(path)
    text = read_text(path)
    with ProgressBar(open_console()) as bar:
        run = _open(config, data, out, bar)
        family = RunFolder(out=out, name=run.folder.name + TRAINED)
        family.make()
        placement = find_placement(run.study, serial=True, print_line=run.print)
        job, _ = prepare_job(run, placement)
        # Loads SQLAlchemy, which a wrong label need not wait for.
        from search.storage.driver_lock import only_driver  # noqa: PLC0415

        memory = prepare_process(cpus=job.cpus, gpus=job.gpus)
        from search.trial.worker import Worker  # noqa: PLC0415 - after its environment

        worker = Worker(job, device_memory=memory)
        scores: list[SavedScores] = []
        with only_driver(family.lock) as check:
            for seed in range(1, seeds + 1):
                folder = RunFolder(out=family.path, name=f"seed-{seed}")
                folder.path.mkdir(exist_ok=True)
                seed_run = replace(run, folder=folder)
                if not _is_trained(seed_run, text):
                    _train(worker, seed_run, config, seed)
                    write_text(folder.file(BEST), text)
                check()
                if scored and seeds > 1:
                    scores.append(_scores(worker, seed_run, config, seed, text))
                    check()
                yield folder.path
            if scores:
                _summarize(run, config, scores, family)


def _open(config: ExportedConfig, data: str | None, out: Path, bar: ProgressBar) -> Run:
    """Reads the labels; the folder is that of the configuration's own run."""
    study = config.study
    with prefix_errors(study.place):
        check_own_code(study)
    root, synthetic = find_data(study.data.dataset, data, bar.stage)
    labels = read_labels(study, root, synthetic=synthetic, progress=bar.stage, runs=out)
    for line in labels.hold_out_notes:
        bar.print(line)
    return Run(
        study=study,
        data=labels,
        folder=RunFolder(
            out=out,
            name=run_name(
                study.name, synthetic=synthetic, outer_part=study.split.outer_part
            ),
        ),
        print=bar.print,
        progress=bar.stage,
    )


def _is_trained(run: Run, text: str) -> bool:
    folder = run.folder
    best = folder.file(BEST)
    if not best.exists():
        return False
    if read_bytes(best) != text.encode():
        raise RunError(
            f"{folder.path}: holds a model of another configuration, which is not "
            "overwritten; name another --out, or move the folder away"
        )
    model = intact_model(folder)
    if model is not None and not is_of_data(model.sidecar, run.data):
        raise RunError(
            f"{folder.path}: holds a model of other labels or another hold-out, which "
            "is not overwritten; name another --out, or move the folder away"
        )
    return model is not None


def _scores(
    worker: Any, run: Run, config: ExportedConfig, seed: int, text: str
) -> SavedScores:
    """Reads the scores of a seed, or trains it on each fold to get them."""
    kept = kept_scores(run, text)
    if kept is None:
        found = worker.cross_validate(_request(run.folder, config, seed))
        if not isinstance(found, CrossValidated):
            raise RunError(f"{run.folder.path}: scores on the folds: {found.reason}")
        kept = keep_scores(run, text, found)
    run.print(f"seed {seed}: value {kept.value:.4f} on the validation rows")
    return kept


def _summarize(
    run: Run, config: ExportedConfig, scores: list[SavedScores], family: RunFolder
) -> None:
    """Writes and prints what the seeds' scores have in common."""
    summary = summarize(run, config, scores)
    write_json(family.file(SUMMARY), summary)
    for line in describe_summary(summary, list(dict(config.study.objective))):
        run.print(line)
    run.print(f"scores: {family.file(SUMMARY)}")


def _request(folder: RunFolder, config: ExportedConfig, seed: int) -> RetrainRequest:
    """Makes the request to train a configuration with a seed."""
    origin = config.origin
    return RetrainRequest(
        values=complete(dict(config.study.space.fixed)),
        seed=child_seed(seed, "train"),
        stop_after=origin.epoch,
        path=str(folder.file(PARTIAL)),
        rates=tuple(origin.learning_rates),
        calibration=config.calibration.calibration,
    )


def _train(worker: Any, run: Run, config: ExportedConfig, seed: int) -> None:
    folder, split, origin = run.folder, run.data.split, config.origin
    request = _request(folder, config, seed)
    trained = worker.retrain(request)
    if not isinstance(trained, Retrained):
        raise RunError(f"{folder.path}: {trained.reason}")
    if any(folder.file(name).exists() for name in (MODEL, SIDECAR)):
        folder.archive((MODEL, SIDECAR))
    held = split.hold_out
    text = held_out_text(held.subjects, held.images, split.part)
    write_text(folder.file(HELD_OUT), text)
    winner = Winner(
        trial=origin.trial,
        epoch=origin.epoch,
        thresholds=config.thresholds,
        weights=str(request.values["backbone.weights"]),
        calibration=CalibrationFit(calibration=request.calibration)
        if request.calibration
        else None,
    )
    place_model(run, winner, trained, seed=seed)
