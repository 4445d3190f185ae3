"""After the search: the winner is exported and retrained."""

from pathlib import Path

from data_pipeline.system.errors import RunError
from data_pipeline.system.seeds import child_seed
from models.calibration.calibration import Calibration
from models.pretrained.sources import NONE
from search.final.calibration import calibration_of
from search.final.exported_config import BEST, config_text
from search.final.kept_model import kept_model, read_card
from search.final.model_card import MODEL, PARTIAL, SIDECAR, Winner, place_model
from search.inputs.run import Run
from search.ledger.ledger import Ledger
from search.ledger.records import TrialRecord
from search.run_files import PREDICTED, REPORT, RESULTS
from search.run_folder import write_text
from search.trial.messages import CALIBRATION, Failed, Retrained, RetrainRequest


def require_best(ledger: Ledger, log: Path | None = None) -> TrialRecord:
    """Returns the best trial; ``RunError`` with all reasons where none completed.

    ``log`` is the file that has more about them.
    """
    best = ledger.best()
    if best is None:
        reasons = sorted({r.reason for r in ledger.records() if r.reason})
        end = ledger.end()
        ended = f"the search ended: {end.reason}; " if end is not None else ""
        raise RunError(
            f"no trial completed, so there is nothing to retrain; {ended}reasons: "
            f"{'; '.join(reasons) or 'none'}. Raise search.trials (or the limit that "
            "ended it), or widen the space"
            + (f"; see {log}" if log is not None else "")
        )
    return best


def retrain_request(
    run: Run, best: TrialRecord, *, tested: bool = False
) -> RetrainRequest | None:
    """Returns what to retrain; ``None`` if the folder holds the winner's model.

    A ``tested`` model stays even if it is calibrated in another way than the study now
    wants. Any other model is moved to a numbered folder.
    """
    kept, fit = kept_model(run), calibration_of(run.study, best)
    if kept is not None and kept.card["trial"] == best.number:
        wanted = None if fit is None else fit.entry()
        if tested or kept.card.get(CALIBRATION) == wanted:
            return None
    folder = run.folder
    if any(folder.file(name).exists() for name in (MODEL, SIDECAR)):
        folder.archive((MODEL, SIDECAR))
    return RetrainRequest(
        values=dict(best.values),
        seed=child_seed(run.study.search.seed, "retrain"),
        stop_after=int(best.attributes["epoch"]),
        path=str(folder.file(PARTIAL)),
        # Trials of an older version have none.
        rates=tuple(best.attributes.get("learning_rates", ())),
        calibration=Calibration() if fit is None else fit.calibration,
    )


def export_best(run: Run, best: TrialRecord) -> None:
    """Writes the winner's configuration; files of an earlier winner are moved away."""
    card = read_card(run.folder)
    if card is not None and card["trial"] != best.number:
        run.folder.archive((BEST, MODEL, SIDECAR, REPORT, RESULTS, PREDICTED))
    text = config_text(run.study, best, synthetic=run.data.synthetic)
    write_text(run.folder.file(BEST), text)


def keep_model(
    run: Run,
    best: TrialRecord,
    retrained: Retrained | Failed | None,
    *,
    trace: Path | None = None,
) -> None:
    """Puts the retrained model and its card into the run's folder.

    ``trace`` is the file of the traceback where the retraining failed.
    """
    if not isinstance(retrained, Retrained):
        reason = retrained.reason if retrained else "no worker answered"
        raise RunError(
            f"{run.folder.path}: retraining trial {best.number} failed: {reason}; the "
            "search is kept, and the same command retrains again"
            + (f"; traceback: {trace}" if trace is not None else "")
        )
    winner = Winner(
        trial=best.number,
        epoch=int(best.attributes["epoch"]),
        thresholds=dict(best.attributes["thresholds"]),
        weights=str(best.values.get("backbone.weights", NONE)),
        calibration=calibration_of(run.study, best),
    )
    place_model(run, winner, retrained)
