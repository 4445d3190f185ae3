"""After the search: the winner is exported and retrained."""

from data_pipeline.system.errors import RunError
from data_pipeline.system.seeds import child_seed
from models.pretrained.sources import NONE
from search.final.exported_config import BEST, exported
from search.final.kept_model import card_in, kept_model
from search.final.model_card import MODEL, PARTIAL, SIDECAR, Winner, place_model
from search.inputs.prepare import Labelled
from search.ledger.ledger import Ledger
from search.ledger.records import TrialRecord
from search.run_files import REPORT
from search.run_folder import RunFolder, write_text
from search.study.study import Study
from search.trial.messages import Failed, Retrained, RetrainOrder


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
        folder.archive((MODEL, SIDECAR))
    return RetrainOrder(
        values=dict(best.values),
        seed=child_seed(study.search.seed, "retrain"),
        stop_after=int(best.attributes["epoch"]),
        path=str(folder.file(PARTIAL)),
        # A run that was begun before they were recorded has none.
        rates=tuple(best.attributes.get("learning_rates", ())),
    )


def write_best(
    study: Study, folder: RunFolder, best: TrialRecord, *, synthetic: bool
) -> None:
    """Writes the winner's configuration; files of an earlier winner are set aside."""
    card = card_in(folder)
    if card is not None and card["trial"] != best.number:
        folder.archive((BEST, MODEL, SIDECAR, REPORT))
    write_text(folder.file(BEST), exported(study, best, synthetic=synthetic))


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
