"""After the search: the winner is exported, retrained, and tested once."""

from typing import Any

from data_pipeline.dataset.skipped_files import skipped_rows
from data_pipeline.images.crop import rebuilt
from data_pipeline.images.decode_table import decode_readable
from data_pipeline.split.held_out_subjects import rule_of
from data_pipeline.split.receipt import Opener
from data_pipeline.split.receipt_file import Receipts
from data_pipeline.split.split import split_report
from data_pipeline.system.errors import RunError
from data_pipeline.system.seeds import child_seed
from models.weights import NONE
from search.crops import without_face
from search.exported import BEST, exported
from search.kept_files import REPORT, read_report
from search.kept_model import card_in, kept_model, loaded
from search.ledger import Ledger
from search.model_card import MODEL, PARTIAL, SIDECAR, Winner, place_model
from search.prepare import Labelled
from search.records import TrialRecord
from search.results import Failed, Retrained, RetrainOrder
from search.run_folder import RunFolder, read_json, sha256, write_json, write_text
from search.scoring import kept_promise, scored, scored_apart, twins_in
from search.starts import started
from search.study import Study
from search.truth import label_rules


def require_best(ledger: Ledger) -> TrialRecord:
    """Returns the best trial.

    Raises:
        RunError: no trial completed; the message has the reasons of the others.
    """
    best = ledger.best()
    if best is None:
        reasons = sorted({r.reason for r in ledger.records() if r.reason})
        raise RunError(
            "no trial completed, so there is nothing to retrain; reasons: "
            f"{'; '.join(reasons) or 'none'}. Raise search.trials, or widen the space"
        )
    return best


def retrain_order(
    study: Study, folder: RunFolder, labelled: Labelled, best: TrialRecord
) -> RetrainOrder | None:
    """Says what to retrain, or ``None`` where the folder holds the winner's model.

    What else lies in its place is set aside.
    """
    kept = kept_model(study, folder, labelled)
    if kept is not None and kept.card["trial"] == best.number:
        return None
    if any(folder.file(name).exists() for name in (MODEL, SIDECAR)):
        folder.set_aside((MODEL, SIDECAR))
    return RetrainOrder(
        values=dict(best.values),
        seed=child_seed(study.search.seed, "retrain"),
        stop_after=int(best.attributes["epoch"]),
        path=str(folder.file(PARTIAL)),
        # A run that was begun before they were recorded has none.
        rates=tuple(best.attributes.get("learning_rates", ())),
    )


def write_best(
    study: Study, folder: RunFolder, best: TrialRecord, *, drawn: bool
) -> None:
    """Writes the winner's configuration; files of an earlier winner are set aside."""
    card = card_in(folder)
    if card is not None and card["trial"] != best.number:
        folder.set_aside((BEST, MODEL, SIDECAR, REPORT))
    write_text(folder.file(BEST), exported(study, best, drawn=drawn))


def tested_trial(study: Study, folder: RunFolder, labelled: Labelled) -> int | None:
    """Returns the trial for whose model the hold-out was opened, if it was."""
    report = read_report(folder.file(REPORT))
    if report is None and test_is_unfinished(study, folder, labelled):
        report = read_json(folder.file(SIDECAR))
    return None if report is None else int(report["trial"])


def keep_model(
    study: Study,
    folder: RunFolder,
    best: TrialRecord,
    labelled: Labelled,
    retrained: Retrained | Failed | None,
) -> None:
    """Puts a retrained model and its sidecar in their places.

    Raises:
        RunError: the retraining failed; the search is kept.
    """
    if not isinstance(retrained, Retrained):
        reason = retrained.reason if retrained else "no worker answered"
        raise RunError(
            f"{folder.path}: retraining trial {best.number} failed: {reason}; the "
            "search is kept, and the same command retrains again"
        )
    winner = Winner(
        trial=best.number,
        epoch=int(best.attributes["epoch"]),
        thresholds=dict(best.attributes["thresholds"]),
        weights=str(best.values.get("backbone.weights", NONE)),
    )
    place_model(study, folder, winner, labelled, retrained)


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
    crop = rebuilt(described["input"]["crop"])
    model = loaded(folder, kept, cpus=study.resources.cpus_per_trial)
    opened = labelled.split.hold_out.open(
        Receipts(folder.receipts),
        Opener(run=folder.name, model=kept.digest),
        data=labelled.population,
        rule=rule_of(study.split),
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
    twins = twins_in(study, labelled, table, pixels, folder.cache)
    report = {
        "study": study.name,
        "drawn": labelled.drawn,
        "trial": described["trial"],
        "guarantee": kept_promise(labelled.split.guarantee, twins=int(twins.sum())),
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
            twins=twins,
        ),
    }
    if folder.file(REPORT).exists():
        folder.set_aside((REPORT,))
    write_json(folder.file(REPORT), report)
    return report
