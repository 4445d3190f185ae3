"""The retrained winner is tested once on the hold-out."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.skipped_files import skipped_rows
from data_pipeline.development import UsableRows, read_scoring_targets
from data_pipeline.files.safe_open import sha256
from data_pipeline.images.cache import Images
from data_pipeline.images.crop import cropper_from
from data_pipeline.images.decode_table import decode_readable
from data_pipeline.images.digests import read_digests
from data_pipeline.split.duplicates import ImageKeys, file_keys, pixel_keys
from data_pipeline.split.holdout_history import holdout_rule
from data_pipeline.split.receipt import Opener
from data_pipeline.split.receipt_file import Receipts
from data_pipeline.split.rules import Guarantee
from data_pipeline.split.split import split_report
from data_pipeline.system.errors import RunError
from data_pipeline.system.seeds import child_seed
from models.evaluation.comparison import Candidate, compare, compare_votes
from models.evaluation.jackknife import describe_method
from models.evaluation.report import evaluate, evaluate_votes
from models.pretrained.sources import NONE
from search.final.kept_model import kept_model, load_model
from search.final.linear_baselines import baseline_entries, fit_baselines
from search.final.model_card import MODEL, SIDECAR
from search.final.selection import read_selection, summary
from search.inputs.initial_weights import report_entry
from search.inputs.prepare import read_pixels, used_rows
from search.inputs.run import Run
from search.inputs.scoring_targets import (
    clusters,
    label_rules,
    read_votes,
    units_of_intervals,
)
from search.ledger.ledger import Ledger
from search.run_files import REPORT, read_report
from search.run_folder import RunFolder, read_json, write_json


def tested_trial(run: Run) -> int | None:
    """Returns the trial whose model the hold-out was opened for, if any."""
    report = read_report(run.folder.file(REPORT))
    if report is None and test_is_unfinished(run):
        report = read_json(run.folder.file(SIDECAR))
    return None if report is None else int(report["trial"])


def test_is_unfinished(run: Run) -> bool:
    """Whether a crash came between a receipt and its report."""
    if run.folder.file(REPORT).exists():
        return False
    kept = kept_model(run)
    return kept is not None and run.data.split.hold_out.opened_by(
        Receipts(run.folder.receipts),
        Opener(run=run.folder.name, model=kept.digest),
        data=run.data.population,
    )


def retrained_since(folder: RunFolder) -> bool:
    """Whether the folder holds another model file than the one tested last."""
    openers = [old.opener for old in Receipts(folder.receipts).read()]
    tested = [opener.model for opener in openers if opener.run == folder.name]
    model = folder.file(MODEL)
    return bool(tested) and model.is_file() and sha256(model) != tested[-1]


def search_entry(ledger: Ledger) -> dict[str, Any]:
    """Writes the report's entry about the search: its trials, and why no more ran."""
    counts, end = ledger.counts(), ledger.end()
    return {
        "trials": counts.done,
        "completed": counts.completed,
        "pruned": counts.pruned,
        "failed": counts.failed,
        "ended": None if end is None else end.reason,
    }


def open_and_test(
    run: Run, search: Mapping[str, Any], *, reopen: bool
) -> dict[str, Any]:
    """Opens the hold-out, tests the run's model on it, and writes the report.

    The model is loaded first, so that a damaged one does not cost an opening. The
    linear baselines are fitted after the opening: a refused one takes no time.
    ``search`` is the report's entry about the search.

    Raises:
        SealedError: the hold-out was opened before for another model.
        RunError: the folder does not hold the winner's model.
        DataError: an image of the hold-out cannot be read.
    """
    study, data, folder = run.study, run.data, run.folder
    kept = kept_model(run)
    if kept is None:
        raise RunError(
            f"{folder.file(MODEL)} is missing or was changed after the retraining; "
            "the hold-out was not opened; rerun the command to retrain the model"
        )
    card = kept.card
    crop = cropper_from(card["input"]["crop"])
    model = load_model(folder, kept, cpus=study.resources.cpus_per_trial)
    opened = data.split.hold_out.open(
        Receipts(folder.receipts),
        Opener(run=folder.name, model=kept.digest),
        data=data.population,
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
    tested = Candidate(predictions=model.predict(pixels), thresholds=card["thresholds"])
    development, used = _development(run)
    start = card.get("start", {}).get("weights", NONE)
    baselines = fit_baselines(run, development, used, pixels, weights=start)
    others = {name: each.baseline.candidate for name, each in baselines.items()}
    duplicates = find_duplicates(development, used, table, pixels)
    guarantee = achieved_guarantee(
        data.split.guarantee, duplicates=int(duplicates.sum())
    )
    report = {
        "study": study.name,
        "synthetic": data.synthetic,
        "trial": card["trial"],
        "search": dict(search),
        "guarantee": guarantee,
        "part": data.split.part,
        "subjects": len(data.split.hold_out.subjects) or None,
        "images": len(table),
        "unreadable": {
            "development": card["data"]["unreadable"],
            "hold_out": len(opened.table) - len(table),
        },
        **_without_face(card, hold_out=images.without_face),
        "skipped": skipped_rows(data.skipped),
        "opened": opened.opened,
        "tested_before": opened.tested_before,
        "selection": summary(read_selection(run)),
        "intervals": describe_method(
            clusters(table, study.split.by),
            over=units_of_intervals(table, study.split.by),
        ),
        "split": split_report(data.split),
        **report_entry(card),
        **label_rules(study.data),
        **baseline_entries(baselines, dict(study.objective)),
        **score_hold_out(run, table, tested, others),
        **score_without_duplicates(run, table, tested, others, duplicates),
    }
    if folder.file(REPORT).exists():
        folder.archive((REPORT,))
    write_json(folder.file(REPORT), report)
    return report


def score_hold_out(
    run: Run,
    table: SampleTable,
    tested: Candidate,
    baselines: Mapping[str, Candidate],
) -> dict[str, Any]:
    """Scores predictions for rows of the opened hold-out.

    The constant baseline is fitted to the development rows; ``baselines`` are the
    others, by name. Returns a part for each head, and one for votes where they make
    the labels.
    """
    study, development = run.study, run.data.scoring_targets
    subjects = clusters(table, study.split.by)
    seed = child_seed(study.split.hold_out_seed, "intervals")
    targets = read_scoring_targets(study.data, table)
    votes = read_votes(study.data, table)
    parts = evaluate(
        targets,
        tested.predictions,
        subjects=subjects,
        thresholds=tested.thresholds,
        development=development,
        seed=seed,
        own=study.own_metrics,
    )
    if votes is not None:
        parts |= evaluate_votes(
            votes,
            tested.predictions,
            subjects=subjects,
            development=development,
            seed=seed,
        )
    for name, baseline in baselines.items():
        found = compare(
            targets,
            tested,
            baseline,
            subjects=subjects,
            seed=seed,
            own=study.own_metrics,
        )
        if votes is not None:
            found |= compare_votes(
                votes, tested, baseline, subjects=subjects, seed=seed
            )
        for head, compared in found.items():
            parts[head].setdefault("baselines", {})[name] = compared
    return parts


def _development(run: Run) -> tuple[Images, UsableRows]:
    """Maps the development images, and finds the rows in use."""
    images = read_pixels(replace(run, progress=lambda *_: None))
    used, _ = used_rows(run, images)
    return images, used


def find_duplicates(
    images: Images, used: UsableRows, table: SampleTable, pixels: np.ndarray
) -> np.ndarray:
    """Finds images of the opened hold-out that the search trained or validated on.

    ``images`` and ``used`` are the development images and their rows in use, and
    ``pixels`` those of the table's rows. Returns shape (rows,), bool: true where the
    same file, or the same pixels, are in the development part.
    """
    rows = np.unique(
        np.concatenate([used.rows, *(fold.validation for fold in used.folds)])
    )
    development = ImageKeys(keys=(images.contents, pixel_keys(images.array))).take(rows)
    digests = read_digests(table.root, table.frame["image"].tolist())
    held = ImageKeys(keys=(file_keys(digests), pixel_keys(pixels)))
    return held.isin(development)


def achieved_guarantee(guarantee: Guarantee, *, duplicates: int) -> str:
    """Names the guarantee that the split achieved, a key of ``GUARANTEES``.

    A duplicate of a held-out subject's image, under another subject id, shows that the
    person is in two parts.
    """
    broken = duplicates > 0 and guarantee is Guarantee.SUBJECT
    return "subject_ids" if broken else str(guarantee)


def score_without_duplicates(
    run: Run,
    table: SampleTable,
    tested: Candidate,
    baselines: Mapping[str, Candidate],
    duplicates: np.ndarray,
) -> dict[str, Any]:
    """Scores the hold-out once more, without the rows marked in ``duplicates``.

    Returns the ``duplicates`` of a report: their number and, where there are some, its
    parts ``without`` them.
    """
    count = int(duplicates.sum())
    entry: dict[str, Any] = {"rule": run.study.split.duplicates, "images": count}
    others = np.flatnonzero(~duplicates)
    if count:
        entry["without"] = {"images": len(others)}
    if count and len(others):
        entry["without"] |= score_hold_out(
            run,
            table.take(others),
            tested.take(others),
            {name: baseline.take(others) for name, baseline in baselines.items()},
        )
    return {"duplicates": entry}


def _without_face(card: Mapping[str, Any], *, hold_out: int) -> dict[str, Any]:
    """Counts images without a face; empty where no face was looked for."""
    if "template" not in card["input"]["crop"]:
        return {}
    development = card["data"]["without_face"]
    return {"without_face": {"development": development, "hold_out": hold_out}}
