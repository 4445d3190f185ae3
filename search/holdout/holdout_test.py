"""The retrained winner is tested once on the hold-out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from data_pipeline.dataset.skipped_files import skipped_rows
from data_pipeline.development import UsableRows
from data_pipeline.images.cache import Images
from data_pipeline.images.crop import cropper_from
from data_pipeline.images.decode_table import decode_readable
from data_pipeline.split.holdout import OpenedHoldOut
from data_pipeline.split.holdout_history import holdout_rule
from data_pipeline.split.receipt import Opener
from data_pipeline.split.receipt_file import Receipts
from data_pipeline.split.split import split_report
from data_pipeline.system.errors import RunError
from models.evaluation.comparison import Candidate
from models.evaluation.jackknife import describe_method
from models.inference.predictor import Predictor
from models.pretrained.sources import NONE
from search.baselines.linear_baselines import Fitted, baseline_entries, fit_baselines
from search.baselines.validation_gains import validation_gains
from search.final.kept_model import (
    SEEDS,
    KeptModel,
    kept_model,
    load_model,
    seed_folder,
    seeds_of,
)
from search.final.seeds import ENSEMBLE
from search.final.selection import summary
from search.final.selection_file import read_selection
from search.final.sidecar import MODEL
from search.holdout.calibration import calibration_entry
from search.holdout.disclosure import (
    describe_model,
    describe_search,
    describe_trials,
    primary_entry,
)
from search.holdout.duplicates import (
    achieved_guarantee,
    find_duplicates,
    score_without_duplicates,
)
from search.holdout.objective import OBJECTIVE, describe_objective
from search.holdout.predictions_file import write_predictions
from search.holdout.scores import (
    HoldOutRows,
    interval_seed,
    score_hold_out,
    scored_rows,
)
from search.holdout.seed_scores import score_seeds
from search.holdout.subjects import (
    fold_subjects,
    group_entry,
    people_entry,
    subject_entry,
)
from search.inputs.initial_weights import report_entry
from search.inputs.prepare import read_pixels, used_rows
from search.inputs.run import Run
from search.inputs.scoring_targets import clusters, label_rules, units_of_intervals
from search.ledger.ledger import Ledger
from search.run_files import FINAL, MODEL_CARD, PREDICTED, REPORT, RESULTS
from search.run_folder import write_json


def search_entry(ledger: Ledger) -> dict[str, Any]:
    """Writes the report's entry about the search: its trials, end and machines.

    ``epochs`` are those of all trials that ended, over all folds.
    """
    counts, end = ledger.counts(), ledger.end()
    records = ledger.records()
    ended = [record for record in records if not record.interrupted]
    spent = [record.attributes.get("spent", {}) for record in ended]
    return {
        "trials": counts.done,
        "completed": counts.completed,
        "pruned": counts.pruned,
        "failed": counts.failed,
        "ended": None if end is None else end.reason,
        "epochs": sum(int(one.get("epochs", 0)) for one in spent),
        **describe_trials(records),
        "machines": ledger.machines(),
    }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenedTest:
    """An opened hold-out, and what the report on it is made of.

    ``rows`` are those that could be read, ``used`` the development rows and folds;
    ``duplicates`` marks those that the search has seen under another name.
    """

    run: Run
    sidecar: Mapping[str, Any]
    opened: OpenedHoldOut
    without_face: int
    rows: HoldOutRows
    baselines: Mapping[str, Fitted]
    gains: Mapping[str, Mapping[str, Any]]
    duplicates: np.ndarray
    used: UsableRows


def open_and_test(
    run: Run, search: Mapping[str, Any], *, reopen: bool
) -> dict[str, Any]:
    """Opens the hold-out, tests the run's model on it, and writes the report.

    The model is loaded first, and those of its seeds, so that a damaged one does not
    cost an opening. The linear baselines are fitted after the opening: a refused one
    takes no time. ``search`` is the report's entry about the search.

    Raises:
        SealedError: the hold-out was opened before for another model.
        RunError: the folder does not hold the winner's model.
        DataError: an image of the hold-out cannot be read.
    """
    folder, kept = run.folder, _kept(run)
    models = _load(run, kept)
    opened = run.data.split.hold_out.open(
        Receipts(folder.receipts),
        Opener(run=folder.name, model=kept.digest),
        data=run.data.population,
        rule=holdout_rule(run.study.split, division=run.data.split.division),
        reopen=reopen,
    )
    test = _predict(run, kept.sidecar, models, opened)
    report = _report(test, search)
    if folder.file(REPORT).exists():
        folder.archive((REPORT, RESULTS, MODEL_CARD, PREDICTED))
    write_predictions(
        folder.file(PREDICTED),
        test.rows.table,
        scored_rows(run, test.rows),
        test.duplicates,
    )
    write_json(folder.file(REPORT), report)
    return report


def _kept(run: Run) -> KeptModel:
    kept = kept_model(run)
    if kept is None:
        raise RunError(
            f"{run.folder.file(MODEL)} is missing or was changed after the retraining; "
            "the hold-out was not opened; rerun the command to retrain the model"
        )
    return kept


def _load(run: Run, kept: KeptModel) -> list[Predictor]:
    """Loads the model, then those of its seeds."""
    cpus, seeds = run.study.resources.cpus_per_trial, seeds_of(run.folder, kept.sidecar)
    folders = [run.folder, *(seed_folder(run.folder, n) for n in seeds or ())]
    models = [kept, *(seeds or {}).values()]
    return [
        load_model(folder, model, cpus=cpus)
        for folder, model in zip(folders, models, strict=True)
    ]


def _predict(
    run: Run,
    sidecar: Mapping[str, Any],
    models: Sequence[Predictor],
    opened: OpenedHoldOut,
) -> OpenedTest:
    """Predicts the hold-out's rows by the models and by the baselines."""
    images = decode_readable(
        opened.table,
        size=run.study.data.image_size,
        unreadable=run.study.data.unreadable,
        cropper=cropper_from(sidecar["input"]["crop"]),
    )
    table, pixels = opened.table.take(images.kept), images.pixels[images.kept]
    tested, *seeds = [
        Candidate(predictions=model.predict(pixels), thresholds=sidecar["thresholds"])
        for model in models
    ]
    development, used = _development(run)
    start = sidecar.get("start", {}).get("weights", NONE)
    baselines = fit_baselines(run, development, used, pixels, weights=start)
    validation = np.concatenate([fold.validation for fold in used.folds])
    others = {name: each.baseline.candidate for name, each in baselines.items()}
    return OpenedTest(
        run=run,
        sidecar=sidecar,
        opened=opened,
        without_face=images.without_face,
        rows=HoldOutRows(
            table=table,
            model=tested,
            baselines=others,
            seeds=dict(enumerate(seeds, start=1)),
        ),
        baselines=baselines,
        gains=validation_gains(run, sidecar["trial"], baselines, validation),
        duplicates=find_duplicates(development, used, table, pixels),
        used=used,
    )


def _report(test: OpenedTest, search: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the content of ``holdout.json``: what was tested, then the scores."""
    study, scored = test.run.study, scored_rows(test.run, test.rows)
    return {
        "study": study.name,
        "synthetic": test.run.data.synthetic,
        "trial": test.sidecar["trial"],
        "search": describe_search(study, search),
        **primary_entry(study),
        FINAL: asdict(study.final),
        **describe_model(test.run, test.sidecar),
        **_tested_part(test),
        **people_entry(
            test.run.data.split.development, test.used.rows, test.rows.table
        ),
        **fold_subjects(test.run.data.split.development, test.used),
        "selection": summary(read_selection(test.run.folder)),
        **_methods(test),
        **calibration_entry(test.run, test.sidecar, test.rows, _averaged(test)),
        **baseline_entries(test.run, test.baselines, test.gains),
        OBJECTIVE: describe_objective(
            scored, dict(study.objective), seed=interval_seed(test.run)
        ),
        **score_hold_out(test.run, test.rows),
        **score_without_duplicates(test.run, test.rows, test.duplicates),
        **subject_entry(test.run, test.rows, scored),
        **group_entry(test.run, test.rows, scored),
        **score_seeds(test.run, test.sidecar, scored),
    }


def _averaged(test: OpenedTest) -> Sequence[Candidate]:
    """Lists the models that the tested one averages, if it does."""
    is_ensemble = test.sidecar.get(SEEDS, {}).get("model") == ENSEMBLE
    return list(test.rows.seeds.values()) if is_ensemble else ()


def _tested_part(test: OpenedTest) -> dict[str, Any]:
    """Describes the rows: their guarantee, number, and how often they were tested."""
    split, opened, table = test.run.data.split, test.opened, test.rows.table
    return {
        "guarantee": achieved_guarantee(
            split.guarantee, duplicates=int(test.duplicates.sum())
        ),
        "part": split.part,
        "layout": table.source,
        "subjects": len(split.hold_out.subjects) or None,
        "images": len(table),
        "unreadable": {
            "development": test.sidecar["data"]["unreadable"],
            "hold_out": len(opened.table) - len(table),
        },
        **_without_face(test.sidecar, hold_out=test.without_face),
        "skipped": skipped_rows(test.run.data.skipped),
        "opened": opened.opened,
        "tested_before": opened.tested_before,
    }


def _methods(test: OpenedTest) -> dict[str, Any]:
    """Describes intervals, split, initial weights and the rules of labels."""
    study, table = test.run.study, test.rows.table
    return {
        "intervals": describe_method(
            clusters(table, study.split.by),
            over=units_of_intervals(table, study.split.by),
        )
        | {"seed": interval_seed(test.run)},
        "split": split_report(test.run.data.split),
        **report_entry(test.sidecar),
        **label_rules(study.data),
    }


def _development(run: Run) -> tuple[Images, UsableRows]:
    """Maps the development images, and finds the rows in use."""
    images = read_pixels(replace(run, progress=lambda *_: None))
    used, _ = used_rows(run, images)
    return images, used


def _without_face(sidecar: Mapping[str, Any], *, hold_out: int) -> dict[str, Any]:
    """Counts images without a face; empty where no face was looked for."""
    if "template" not in sidecar["input"]["crop"]:
        return {}
    development = sidecar["data"]["without_face"]
    return {"without_face": {"development": development, "hold_out": hold_out}}
