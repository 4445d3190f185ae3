"""A search that tries the best trials of an earlier one first."""

from collections.abc import Callable
from dataclasses import asdict, replace

from data_pipeline.system.errors import InputError, StudyError
from models.config.config import complete
from search.inputs.earlier_run import earlier_run
from search.inputs.prepare import Labelled
from search.ledger.reader import read_identity, read_records
from search.ledger.records import TrialRecord, rank_trials
from search.run_files import WARM_START, SavedTrial, SavedTrials, read_saved
from search.run_folder import (
    RunFolder,
    write_json,
)
from search.storage.url import file_of
from search.study.enqueued import EnqueuedTrial, params_in_space
from search.study.study import Study, read_study

MOST = 5


def warm_started(
    study: Study,
    folder: RunFolder,
    labelled: Labelled,
    storage: str,
    say: Callable[[str], None],
) -> Study:
    """Adds the best trials of an earlier run to what a study tries first.

    They are read once and kept in the run's folder: the earlier run may go on, or be
    deleted, and a start after a kill still tries the same.

    Args:
        study: the study; ``[search] warm_start`` names the earlier one, if any.
        folder: of the study's run.
        labelled: its data; where they are synthetic, so are the earlier run's.
        storage: the URL of its storage, where an earlier run without one of its own
            is looked for too.
        say: told how many are tried, and why others are not.

    Returns:
        The study, with more known configurations; unlike its own they may be pruned.

    Raises:
        InputError: there is no such run, or it has no completed trial.
        StudyError: the earlier run learned from subjects that are held out here.
    """
    name = study.search.warm_start
    if name is None:
        return study
    hold_out = labelled.split.hold_out.key
    kept = read_saved(folder.file(WARM_START), SavedTrials)
    if kept is None or (kept.study, kept.hold_out) != (name, hold_out):
        earlier = earlier_run(study, folder, name, synthetic=labelled.synthetic)
        url = _storage_of(earlier, folder, storage)
        best = _best(study, earlier, url, hold_out)
        kept = SavedTrials(study=name, hold_out=hold_out, trials=best)
        write_json(folder.file(WARM_START), asdict(kept))
    known = []
    for trial in kept.trials:
        title = f"{name} trial {trial.number}"
        params, why = params_in_space(trial.values, study.space)
        if why:
            say(f"{title} is not tried first: {why[0]}")
        else:
            known.append(EnqueuedTrial(name=title, params=params, never_prune=False))
    say(f"warm start: {len(known)} of the best trials of {name} are tried first")
    return replace(study, enqueued=(*study.enqueued, *known))


def _storage_of(earlier: RunFolder, folder: RunFolder, storage: str) -> str:
    """Tells where an earlier run has its trials: by itself, or where this one has."""
    own = file_of(earlier.storage)
    alone = storage == folder.storage or (own is not None and own.is_file())
    return earlier.storage if alone else storage


def _best(
    study: Study, earlier: RunFolder, url: str, hold_out: str
) -> list[SavedTrial]:
    """Reads the best distinct trials of a run, without working on it."""
    as_run = read_study(str(earlier.file("study.toml")))
    records = read_records(as_run, url=url, name=earlier.name)
    distinct: dict[str, TrialRecord] = {}
    for record in rank_trials(records):
        distinct.setdefault(repr(sorted(record.values.items())), record)
    if not distinct:
        raise InputError(
            f"[search] warm_start: no trial of {earlier.name} has completed yet; "
            "search on there first"
        )
    begun = read_identity(url=url, name=earlier.name)
    same = begun.get("data.dataset", study.data.dataset) == study.data.dataset
    if same and begun.get("data.hold_out") != hold_out:
        told = "with another hold-out" if begun else "and lost with which hold-out"
        raise StudyError(
            f"[search] warm_start: {earlier.name} searched {study.data.dataset} {told}"
            ", so its trials may be chosen on subjects that are held out here; take a "
            "run of the same split, or of another data set"
        )
    return [
        SavedTrial(number=record.number, values=complete(record.values))
        for record in list(distinct.values())[:MOST]
    ]
