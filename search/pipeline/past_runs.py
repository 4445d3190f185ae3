"""Reads a run that was begun before: its study, its trials, one configuration."""

from dataclasses import replace
from pathlib import Path

from data_pipeline.files.folder_names import check_folder_name, run_name
from data_pipeline.system.errors import InputError, RunError, suggest
from search.final.exported_config import exported
from search.ledger.reader import read_records
from search.ledger.records import TrialRecord, best_trial
from search.run_folder import RunFolder, write_text
from search.storage.url import chosen_storage
from search.study.study import Study, read_study

STUDY = "study.toml"


def find_run(out: Path, name: str) -> RunFolder:
    """Finds a run by the name of its study or by its own.

    Args:
        out: the folder of all runs.
        name: for example ``ckplus`` or ``ckplus-synthetic``.

    Raises:
        InputError: there is no such run, or the name fits two.
    """
    check_folder_name(name, "--study")
    names = [run_name(name, synthetic=synthetic) for synthetic in (False, True)]
    found = [n for n in names if (out / n / STUDY).is_file()]
    if len(found) == 1:
        return RunFolder(out=out, name=found[0])
    if found:
        raise InputError(
            f"--study {name}: there are two runs, {' and '.join(found)}; a result on "
            f"synthetic faces is not one on real ones, so name {found[1]} or move one "
            "away"
        )
    known = sorted(path.parent.name for path in out.glob(f"*/{STUDY}"))
    raise InputError(
        f"--study {name}: there is no run of it in {out}; "
        f"{suggest(name, known) if known else 'there are no runs yet'}"
    )


def export_trial(
    out: Path, name: str, to: Path, *, trial: int | None, storage: str | None
) -> int:
    """Writes the configuration of a completed trial.

    Args:
        out: the folder of all runs.
        name: of the study or the run.
        to: the file to write; it must not exist.
        trial: its number, or ``None`` for the best.
        storage: ``--storage`` as given to ``search.run``, or ``None``.

    Returns:
        The number of the trial.

    Raises:
        InputError: no such run or trial, or the file exists.
    """
    folder = find_run(out, name)
    study = read_study(str(folder.file(STUDY)))
    url = chosen_storage(storage) or folder.storage
    records = read_records(study, url=url, name=folder.name)
    record = _pick(records, trial, folder)
    if to.exists():
        raise InputError(f"--to {to}: the file exists and is not written over")
    if not to.parent.is_dir():
        raise InputError(f"--to {to}: the folder {to.parent} does not exist; make it")
    synthetic = folder.name.endswith("-synthetic")
    write_text(
        to, exported(_named(study, folder, synthetic), record, synthetic=synthetic)
    )
    return record.number


def _pick(
    records: tuple[TrialRecord, ...], trial: int | None, folder: RunFolder
) -> TrialRecord:
    best = best_trial(records)
    if best is None:
        raise RunError(f"{folder.path}: no trial has completed yet; search on")
    if trial is None:
        return best
    completed = {r.number: r for r in records if r.value is not None}
    if trial not in completed:
        known = ", ".join(map(str, completed))
        raise InputError(
            f"--trial {trial}: only a completed trial can be exported; completed: "
            f"{known}"
        )
    return completed[trial]


def _named(study: Study, folder: RunFolder, synthetic: bool) -> Study:
    """Gives a study that was read from its run's folder its own name again."""
    name = folder.name.removesuffix("-synthetic") if synthetic else folder.name
    return replace(study, name=name)
