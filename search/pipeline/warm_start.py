"""Warm start: the best trials of an earlier run are enqueued."""

from dataclasses import asdict, replace

from data_pipeline.system.errors import InputError, StudyError
from models.config.config import complete
from search.inputs.earlier_run import earlier_run
from search.inputs.run import Run
from search.ledger.reader import read_identity, read_records
from search.ledger.records import TrialRecord, rank_trials
from search.run_files import STUDY, WARM_START, SavedTrial, SavedTrials, read_saved
from search.run_folder import RunFolder, write_json
from search.storage.url import file_of
from search.study.enqueued import EnqueuedTrial, params_in_space
from search.study.study import Study, read_study

MOST = 5


def add_warm_start(run: Run) -> Study:
    """Returns the study with the best trials of an earlier run enqueued.

    They are read once and kept in the run's folder: the earlier run may continue, or be
    deleted, and a restart still tries the same. Unlike a study's own enqueued trials
    they may be pruned. Prints how many there are, and why others do not fit.

    Raises:
        InputError: there is no such run, or it has no completed trial.
        StudyError: the earlier run was trained on subjects that are held out here.
    """
    name = run.study.search.warm_start
    if name is None:
        return run.study
    trials = []
    for trial in _kept_trials(run, name).trials:
        title = f"{name} trial {trial.number}"
        params, why = params_in_space(trial.values, run.study.space)
        if why:
            run.print(f"{title} is not enqueued: {why[0]}")
        else:
            trials.append(EnqueuedTrial(name=title, params=params, never_prune=False))
    run.print(f"warm start: {len(trials)} of the best trials of {name} are enqueued")
    return replace(run.study, enqueued=(*run.study.enqueued, *trials))


def _kept_trials(run: Run, name: str) -> SavedTrials:
    """Reads the trials kept in the run's folder, or those of the earlier run."""
    hold_out = run.data.split.hold_out.key
    kept = read_saved(run.folder.file(WARM_START), SavedTrials)
    if kept is None or (kept.study, kept.hold_out) != (name, hold_out):
        earlier = earlier_run(run.study, run.folder, name, synthetic=run.data.synthetic)
        kept = SavedTrials(study=name, hold_out=hold_out, trials=_best(run, earlier))
        write_json(run.folder.file(WARM_START), asdict(kept))
    return kept


def _best(run: Run, earlier: RunFolder) -> list[SavedTrial]:
    """Reads the best distinct trials of a run, without changing it."""
    url = _storage_of(run, earlier)
    as_run = read_study(str(earlier.file(STUDY)))
    records = read_records(as_run, url=url, name=earlier.name)
    distinct: dict[str, TrialRecord] = {}
    for record in rank_trials(records):
        distinct.setdefault(repr(sorted(record.values.items())), record)
    if not distinct:
        raise InputError(
            f"[search] warm_start: no trial of {earlier.name} has completed yet; "
            "continue that search first"
        )
    _check_hold_out(run, earlier, url)
    return [
        SavedTrial(number=record.number, values=complete(record.values))
        for record in list(distinct.values())[:MOST]
    ]


def _storage_of(run: Run, earlier: RunFolder) -> str:
    """Returns the earlier run's own storage if it has one, else this run's."""
    own = file_of(earlier.storage)
    alone = run.storage == run.folder.storage or (own is not None and own.is_file())
    return earlier.storage if alone else run.storage


def _check_hold_out(run: Run, earlier: RunFolder, url: str) -> None:
    """Refuses an earlier run on the same data with another hold-out."""
    dataset = run.study.data.dataset
    identity = read_identity(url=url, name=earlier.name)
    own = (dataset, run.study.data.name)
    same = (identity.get("data.dataset", dataset), identity.get("data.name")) == own
    if same and identity.get("data.hold_out") != run.data.split.hold_out.key:
        which = "with another hold-out" if identity else "with an unknown hold-out"
        raise StudyError(
            f"[search] warm_start: {earlier.name} searched {dataset} {which}, so its "
            "trials may be selected on subjects that are held out here; use a run of "
            "the same split, or of another data set"
        )
