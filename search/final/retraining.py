"""After the search: the winner is exported and retrained."""

from collections.abc import Sequence
from pathlib import Path

from data_pipeline.system.errors import RunError
from models.calibration.calibration import Calibration
from models.pretrained.sources import NONE
from search.final.calibration import calibration_of
from search.final.exported_config import BEST, config_text
from search.final.kept_model import SEEDS, kept_model, sidecar_in
from search.final.seeds import (
    adopt_first_seed,
    is_planned,
    make_model,
    missing_seeds,
    retraining_seed,
    run_of_seed,
)
from search.final.sidecar import MODEL, PARTIAL, SIDECAR, Winner, place_model
from search.inputs.run import Run
from search.ledger.ledger import Ledger
from search.ledger.records import TrialRecord
from search.run_files import PREDICTED, REPORT, RESULTS
from search.run_folder import where, write_text
from search.stopping.search_end import ALL_TRIED, SearchEnd
from search.trial.messages import (
    CONSTRAINT,
    OUT_OF_MEMORY,
    Failed,
    Retrained,
    RetrainRequest,
)

MORE_MEMORY = (
    "Free memory (end other programs, lower [resources] max_concurrent, or use a "
    "larger machine or GPU)"
)
"""What can be done about trials that ran out of memory, whatever the space."""


def require_best(
    ledger: Ledger, log: Path | None = None, traces: Path | None = None
) -> TrialRecord:
    """Returns the best trial; ``RunError`` with all reasons where none completed.

    ``log`` is the file that has more about them, ``traces`` the folder of tracebacks.
    """
    best = ledger.best()
    if best is None:
        end, records = ledger.end(), ledger.records()
        if end is not None and end.failed:
            raise RunError(_all_failed(records, end, log, traces))
        raise RunError(_none_completed(records, end, log))
    return best


def _none_completed(
    records: Sequence[TrialRecord], end: SearchEnd | None, log: Path | None
) -> str:
    reasons = sorted({r.reason for r in records if r.reason})
    ended = f"the search ended: {end.reason}; " if end is not None else ""
    limits = " or the limits of [constraints]" if CONSTRAINT in reasons else ""
    memory = f" {MORE_MEMORY} first." if OUT_OF_MEMORY in reasons else ""
    # Of a grid nothing is left that a larger limit would start.
    more = "Raise search.trials (or the limit that ended it), or copy"
    begin = "Copy" if end == ALL_TRIED else more
    return (
        f"no trial completed, so there is nothing to retrain; {ended}reasons: "
        f"{'; '.join(reasons) or 'none'}.{memory} {begin} the study file under another "
        f"name and widen the space{limits} there, which is another search"
        + (f"; see {log}" if log is not None else "")
    )


def _all_failed(
    records: Sequence[TrialRecord],
    end: SearchEnd,
    log: Path | None,
    traces: Path | None,
) -> str:
    """Names the first error once, its traceback where there is one, and the log."""
    first = next(r for r in records if r.reason and not r.interrupted)
    cause = MORE_MEMORY if first.reason == OUT_OF_MEMORY else "Correct its cause"
    trace = None if traces is None else traces / f"{first.number}.txt"
    see = where(trace=trace if trace is not None and trace.exists() else None, log=log)
    return (
        f"the search ended: {end.reason}. The first error, of "
        f"trial {first.number}: {first.reason}{see}. {cause} and run the same command, "
        "which starts further trials"
    )


def retrain_requests(
    run: Run, best: TrialRecord, *, tested: bool = False
) -> Sequence[RetrainRequest]:
    """Lists what to retrain: nothing, if the folder holds the winner's model.

    A ``tested`` model stays. Of several seeds those that are there stay. Any other
    model is moved to a numbered folder.
    """
    kept = kept_model(run, tested=tested)
    if kept is not None and kept.sidecar["trial"] == best.number:
        if tested or is_planned(run, best, kept.sidecar):
            return ()
        adopt_first_seed(run, best, kept)
    folder = run.folder
    if any(folder.file(name).exists() for name in (MODEL, SIDECAR)):
        folder.archive((MODEL, SIDECAR))
    if run.study.final.seeds == 1:
        return (_request(run, best, None),)
    return [_request(run, best, n) for n in missing_seeds(run, best)]


def _request(run: Run, best: TrialRecord, number: int | None) -> RetrainRequest:
    """Makes the request for one seed; ``number`` is its place among several."""
    folder = run.folder if number is None else run_of_seed(run, number).folder
    fit = calibration_of(run.study, best)
    return RetrainRequest(
        values=dict(best.values),
        seed=retraining_seed(run, number),
        stop_after=int(best.attributes["epoch"]),
        path=str(folder.file(PARTIAL)),
        # Trials of an older version have none.
        rates=tuple(best.attributes.get("learning_rates", ())),
        calibration=Calibration() if fit is None else fit.calibration,
        number=number,
    )


def describe_retraining(
    run: Run, best: TrialRecord, waiting: Sequence[RetrainRequest]
) -> str:
    """Describes what is about to be retrained."""
    text = (
        f"retraining trial {best.number} on all but the hold-out, "
        f"{waiting[0].stop_after} epochs"
    )
    seeds = run.study.final.seeds
    if seeds == 1:
        return text
    there = seeds - len(waiting)
    return f"{text}, {seeds} seeds" + (f" ({there} trained already)" if there else "")


def export_best(run: Run, best: TrialRecord) -> None:
    """Writes the winner's configuration; files of an earlier winner are moved away."""
    sidecar = sidecar_in(run.folder)
    if sidecar is not None and sidecar["trial"] != best.number:
        run.folder.archive((BEST, MODEL, SIDECAR, REPORT, RESULTS, PREDICTED, SEEDS))
    text = config_text(run.study, best, synthetic=run.data.synthetic)
    write_text(run.folder.file(BEST), text)


def keep_model(
    run: Run,
    best: TrialRecord,
    request: RetrainRequest,
    retrained: Retrained | Failed,
    *,
    log: Path | None = None,
    trace: Path | None = None,
) -> None:
    """Puts a retrained model and its sidecar into the run's folder, or its seed's.

    Where the retraining failed, ``trace`` is the file of its traceback; ``log`` is
    the run's.
    """
    number = request.number
    if isinstance(retrained, Failed):
        seed = "" if number is None else f" with seed {number} of final.seeds"
        raise RunError(
            f"{run.folder.path}: retraining trial {best.number}{seed} failed: "
            f"{retrained.reason}; the search is kept, and the same command retrains "
            f"again{where(trace=trace, log=log)}"
        )
    winner = Winner(
        trial=best.number,
        epoch=int(best.attributes["epoch"]),
        thresholds=dict(best.attributes["thresholds"]),
        weights=str(best.values.get("backbone.weights", NONE)),
        calibration=calibration_of(run.study, best),
    )
    if number is None:
        place_model(run, winner, retrained)
    else:
        place_model(run_of_seed(run, number), winner, retrained, seed=number)


def finish_model(run: Run, best: TrialRecord, *, tested: bool) -> None:
    """Makes the model of several seeds, once all are trained; else does nothing."""
    if run.study.final.seeds > 1 and kept_model(run, tested=tested) is None:
        rule = run.study.final.model
        run.print(f"making the model of {run.study.final.seeds} seeds: {rule}")
        make_model(run, best)
