"""The retrained winner is tested once on the hold-out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.skipped_files import skipped_rows
from data_pipeline.development import read_scoring_targets
from data_pipeline.images.crop import cropper_from
from data_pipeline.images.decode_table import decode_readable
from data_pipeline.images.digests import read_digests
from data_pipeline.split.duplicates import ImageKeys, file_keys, pixel_keys
from data_pipeline.split.held_out_subjects import holdout_rule
from data_pipeline.split.receipt import Opener
from data_pipeline.split.receipt_file import Receipts
from data_pipeline.split.rules import Guarantee
from data_pipeline.split.split import split_report
from data_pipeline.system.errors import RunError
from data_pipeline.system.seeds import child_seed
from models.metrics.predictions import Predictions
from search.final.kept_model import kept_model, loaded
from search.final.model_card import MODEL, SIDECAR
from search.inputs.initial_weights import started
from search.inputs.prepare import Labelled, read_pixels, used_rows, without_face
from search.inputs.scoring_targets import clusters, label_rules, read_votes
from search.run_files import REPORT, read_report
from search.run_folder import RunFolder, read_json, sha256, write_json
from search.study.study import Study


def tested_trial(study: Study, folder: RunFolder, labelled: Labelled) -> int | None:
    """Returns the trial for whose model the hold-out was opened, if it was."""
    report = read_report(folder.file(REPORT))
    if report is None and test_is_unfinished(study, folder, labelled):
        report = read_json(folder.file(SIDECAR))
    return None if report is None else int(report["trial"])


def test_is_unfinished(study: Study, folder: RunFolder, labelled: Labelled) -> bool:
    """Tells whether a crash came between a receipt and its report."""
    if folder.file(REPORT).exists():
        return False
    kept = kept_model(study, folder, labelled)
    return kept is not None and labelled.split.hold_out.opened_by(
        Receipts(folder.receipts),
        Opener(run=folder.name, model=kept.digest),
        data=labelled.population,
    )


def retrained_since(folder: RunFolder) -> bool:
    """Tells whether the folder holds another model file than the one tested last."""
    openers = [old.opener for old in Receipts(folder.receipts).read()]
    tested = [opener.model for opener in openers if opener.run == folder.name]
    model = folder.file(MODEL)
    return bool(tested) and model.is_file() and sha256(model) != tested[-1]


def open_and_test(
    study: Study, folder: RunFolder, labelled: Labelled, *, reopen: bool
) -> dict[str, Any]:
    """Opens the hold-out, tests the exported model on it, and writes the report.

    The model is loaded before: one that cannot be costs no opening.

    Raises:
        SealedError: the hold-out was opened before for another model.
        RunError: the folder does not hold the winner's model.
        DataError: an image of the hold-out cannot be read.
    """
    kept = kept_model(study, folder, labelled)
    if kept is None:
        raise RunError(
            f"{folder.file(MODEL)} is gone or was changed since it was retrained; "
            "nothing was opened, and the same command retrains it"
        )
    described = kept.card
    crop = cropper_from(described["input"]["crop"])
    model = loaded(folder, kept, cpus=study.resources.cpus_per_trial)
    opened = labelled.split.hold_out.open(
        Receipts(folder.receipts),
        Opener(run=folder.name, model=kept.digest),
        data=labelled.population,
        rule=holdout_rule(study.split),
        reopen=reopen,
    )
    images = decode_readable(
        opened.table,
        size=study.data.image_size,
        unreadable=study.data.unreadable,
        cropper=crop,
    )
    table = opened.table.take(images.kept)
    pixels = images.pixels[images.kept]
    predictions = model.predict(pixels)
    duplicates = find_duplicates(study, labelled, table, pixels, folder.cache)
    report = {
        "study": study.name,
        "synthetic": labelled.synthetic,
        "trial": described["trial"],
        "guarantee": kept_promise(
            labelled.split.guarantee, duplicates=int(duplicates.sum())
        ),
        "part": labelled.split.part,
        "subjects": len(labelled.split.hold_out.subjects) or None,
        "images": len(table),
        "unreadable": {
            "development": described["data"]["unreadable"],
            "hold_out": len(opened.table) - len(table),
        },
        **without_face(described, hold_out=images.without_face),
        "skipped": skipped_rows(labelled.skipped),
        "opened": opened.opened,
        "tested_before": opened.tested_before,
        "split": split_report(labelled.split),
        **started(described),
        **label_rules(study.data),
        **scored(study, labelled, table, predictions, described["thresholds"]),
        **scored_apart(
            study,
            labelled,
            table,
            predictions,
            described["thresholds"],
            duplicates=duplicates,
        ),
    }
    if folder.file(REPORT).exists():
        folder.archive((REPORT,))
    write_json(folder.file(REPORT), report)
    return report


def scored(
    study: Study,
    labelled: Labelled,
    table: SampleTable,
    predictions: Predictions,
    thresholds: Mapping[str, float],
) -> dict[str, Any]:
    """Scores predictions of the opened hold-out.

    Args:
        study: the study.
        labelled: its development rows, which the baseline is fitted to.
        table: the rows of the hold-out that could be read.
        predictions: the outputs for these rows.
        thresholds: of the action units, from the winning trial.

    Returns:
        A part for each head, and for votes where they make the labels.
    """
    # Only this stage needs it.
    from models.evaluation.report import evaluate, evaluate_votes  # noqa: PLC0415

    subjects = clusters(table)
    seed = child_seed(study.split.hold_out_seed, "intervals")
    parts = evaluate(
        read_scoring_targets(study.data, table),
        predictions,
        subjects=subjects,
        thresholds=thresholds,
        development=labelled.truth,
        seed=seed,
    )
    votes = read_votes(study.data, table)
    if votes is None:
        return parts
    return parts | evaluate_votes(
        votes,
        predictions,
        subjects=subjects,
        development=labelled.truth,
        seed=seed,
    )


def find_duplicates(
    study: Study,
    labelled: Labelled,
    table: SampleTable,
    pixels: np.ndarray,
    cache: Path,
) -> np.ndarray:
    """Tells which pictures of the opened hold-out the search has seen.

    Args:
        study: the study.
        labelled: its data, split.
        table: the rows of the hold-out that could be read.
        pixels: their pictures.
        cache: folder of the development's pixels.

    Returns:
        Shape (rows of the table,), bool: the same file, or the same pixels, were
        trained or validated on.
    """
    images = read_pixels(study, labelled, cache=cache, progress=lambda *_: None)
    used, _ = used_rows(study, labelled, images)
    seen = np.unique(
        np.concatenate([used.rows, *(fold.validation for fold in used.folds)])
    )
    development = ImageKeys(keys=(images.contents, pixel_keys(images.array))).take(seen)
    digests = read_digests(table.root, table.frame["image"].tolist())
    held = ImageKeys(keys=(file_keys(digests), pixel_keys(pixels)))
    return held.isin(development)


def kept_promise(guarantee: Guarantee, *, duplicates: int) -> str:
    """Names what the split kept of its promise.

    A picture of a held-out subject that was trained on under another id shows that the
    person was in two parts.

    Args:
        guarantee: what the split promised.
        duplicates: hold-out images that are also development images.

    Returns:
        A key of ``report_text.GUARANTEES``.
    """
    broken = duplicates > 0 and guarantee is Guarantee.SUBJECT
    return "subject_ids" if broken else str(guarantee)


def scored_apart(
    study: Study,
    labelled: Labelled,
    table: SampleTable,
    predictions: Predictions,
    thresholds: Mapping[str, float],
    *,
    duplicates: np.ndarray,
) -> dict[str, Any]:
    """Scores the hold-out once more without pictures that the search has seen.

    Args:
        study: the study.
        labelled: its development rows.
        table: the rows of the hold-out that could be read.
        predictions: the outputs for these rows.
        thresholds: of the action units.
        duplicates: which rows were seen.

    Returns:
        ``duplicates`` with their number and, if there are any, the parts of a report
        ``without`` them.
    """
    rule = study.split.duplicates
    found: dict[str, Any] = {"rule": rule, "images": int(duplicates.sum())}
    others = np.flatnonzero(~duplicates)
    if duplicates.any():
        found["without"] = {"images": len(others)}
    if duplicates.any() and len(others):
        found["without"] |= scored(
            study, labelled, table.take(others), predictions.take(others), thresholds
        )
    return {"duplicates": found}
