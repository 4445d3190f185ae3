"""Reads a past run: its study, its trials, its report, a configuration to export."""

import glob
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from data_pipeline.files.folder_names import (
    check_folder_name,
    nested_name,
    run_name,
    study_of_run_name,
)
from data_pipeline.system.errors import InputError, RunError, suggest
from search.documents.nested_file import read_nested
from search.final.exported_config import config_text
from search.final.selection import BEST, number_chosen
from search.ledger.reader import read_records
from search.ledger.records import TrialRecord, best_trial
from search.run_files import NESTED, NESTED_STUDY, STUDY
from search.run_folder import RunFolder, write_text
from search.storage.url import chosen_storage
from search.study.study import Study, read_study

if TYPE_CHECKING:  # loads matplotlib
    from search.report_page.material import Material


def find_run(out: Path, name: str, *, option: str = "--study") -> RunFolder:
    """Finds a run in ``out`` by its own name or its study's.

    ``option`` is the one that names it, for messages; empty where it has none.

    Raises:
        InputError: there is no such run, or the name fits two.
    """
    check_folder_name(name, option or "a run")
    place = f"{option} {name}".strip()
    names = [run_name(name, synthetic=synthetic) for synthetic in (False, True)]
    found = [n for n in names if (out / n / STUDY).is_file()]
    if len(found) == 1:
        return RunFolder(out=out, name=found[0])
    if found:
        raise InputError(
            f"{place}: there are two runs, {' and '.join(found)}. Results on "
            f"synthetic and on real faces differ, so name {found[1]}, or move one away"
        )
    parts = sorted(out.glob(f"{glob.escape(name)}/outer-*/{STUDY}"))
    if parts:
        raise InputError(
            f"{place}: is a nested run of {len(parts)} outer parts; name one of "
            f"them: {name}/{parts[0].parent.name}"
        )
    names = sorted(path.parent.name for path in out.glob(f"*/{STUDY}"))
    raise InputError(
        f"{place}: there is no run of it in {out}; "
        f"{suggest(name, names) if names else 'there are no runs yet'}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTrial:
    """The number of an exported trial, and in words why it is this one."""

    number: int
    reason: str


def export_trial(
    out: Path, name: str, to: Path | None, *, trial: int | None, storage: str | None
) -> ExportedTrial:
    """Writes the configuration of a completed trial to the new file ``to``.

    ``trial`` is ``None`` for the one that ``final.choose`` took, ``storage`` is as
    given to ``search.run``.
    """
    if to is None:
        raise InputError("--format toml needs a file; add --to FILE.toml")
    folder = find_run(out, name)
    study, synthetic = study_of_run(folder)
    records = records_of_run(folder, storage=storage)
    record, reason = _exported(study, records, trial, folder)
    if to.exists():
        raise InputError(f"--to {to}: the file exists and is not overwritten")
    if not to.parent.is_dir():
        raise InputError(f"--to {to}: the folder {to.parent} does not exist; create it")
    write_text(to, config_text(study, record, synthetic=synthetic))
    return ExportedTrial(number=record.number, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The page of a report, and the names of the texts that were written again."""

    page: Path
    texts: Sequence[str]


def report_run(
    out: Path,
    name: str,
    *,
    storage: str | None,
    to: Path | None,
    explain: bool = False,
) -> Reported:
    """Writes the report of a run, finished or not.

    ``to`` is a page elsewhere; ``None`` writes it and all texts in the run's folder.
    ``explain`` adds what the model does with invented people.

    Raises:
        InputError: there is no such run, ``to`` is no page, or a nested run, which has
            no model, is to be explained.
        RunError: a file of the run is damaged, or of an older version.
    """
    # Imported late: other commands need no charts.
    from search.documents.nested_texts import write_nested_texts  # noqa: PLC0415
    from search.documents.texts import write_texts  # noqa: PLC0415
    from search.report_page.page import write_page  # noqa: PLC0415

    if to is not None and to.suffix != ".html":
        raise InputError(f"--to {to}: must end in .html, as it is a page")
    if to is not None and not to.parent.is_dir():
        raise InputError(f"--to {to}: the folder {to.parent} does not exist; create it")
    found = _material(out, name, storage)
    if explain:
        _explain(found)
    texts: list[str] = []
    if to is None and found.nested:
        texts = write_nested_texts(found.folder, found.study, found.test or {})
    elif to is None:
        texts = write_texts(found.folder, found.study, found.records, again=True)
    return Reported(page=write_page(found, to), texts=texts)


def _explain(found: "Material") -> None:
    if found.nested:
        raise InputError(
            f"--explain: {found.folder.name} is a nested run, which has no model of "
            f"its own; name a part: --study {found.folder.name}/outer-1"
        )
    from search.documents.explaining import explain_model  # noqa: PLC0415 - loads Keras

    explain_model(found.folder)


def _material(out: Path, name: str, storage: str | None) -> "Material":
    from search.report_page.material import gather  # noqa: PLC0415 - as above

    nested = _find_nested(out, name)
    if nested is not None:
        return _nested_material(nested, storage)
    folder = find_run(out, name)
    study, synthetic = study_of_run(folder)
    url = chosen_storage(storage) or folder.storage
    return gather(folder, study, synthetic=synthetic, storage=url)


def _find_nested(out: Path, name: str) -> RunFolder | None:
    """Finds a nested run by its own name, or its study's if no other run has it."""
    check_folder_name(name, "--study")
    runs = [run_name(name, synthetic=synthetic) for synthetic in (False, True)]
    if any((out / run / STUDY).is_file() for run in runs):
        return None
    names = (name, *map(nested_name, runs))
    found = (RunFolder(out=out, name=n) for n in names if (out / n / NESTED).is_file())
    return next(found, None)


def _nested_material(folder: RunFolder, storage: str | None) -> "Material":
    from search.report_page.material import gather_nested  # noqa: PLC0415 - as above

    test = read_nested(folder)
    study = read_study(str(folder.file(NESTED_STUDY)))
    named = replace(study, name=str(test["study"]))
    return gather_nested(folder, named, test=test, storage=chosen_storage(storage))


def _exported(
    study: Study,
    records: tuple[TrialRecord, ...],
    trial: int | None,
    folder: RunFolder,
) -> tuple[TrialRecord, str]:
    """Picks the trial to export, and says why."""
    record, choose = pick_trial(records, trial, folder), study.final.choose
    if trial is not None:
        return record, "as asked"
    if choose == BEST:
        return record, "the best"
    number = number_chosen(folder, records, choose=choose)
    if number is None:
        return record, f"the best; {choose} is chosen when the search has ended"
    return (
        pick_trial(records, number, folder),
        f"chosen as {choose}; the best is trial {record.number}",
    )


def study_of_run(folder: RunFolder) -> tuple[Study, bool]:
    """Reads the study of a run, under its own name; and whether faces are synthetic."""
    study = read_study(str(folder.file(STUDY)))
    name, synthetic = study_of_run_name(folder.name)
    return replace(study, name=name), synthetic


def searched_keys(folder: RunFolder) -> list[str]:
    """Lists the keys that the study of a run searches."""
    study, _ = study_of_run(folder)
    return [parameter.key for parameter in study.space.parameters]


def records_of_run(
    folder: RunFolder, *, storage: str | None
) -> tuple[TrialRecord, ...]:
    """Reads the trials of a run; ``storage`` is as given to ``search.run``."""
    study = read_study(str(folder.file(STUDY)))
    url = chosen_storage(storage) or folder.storage
    return read_records(study, url=url, name=folder.name)


def pick_trial(
    records: tuple[TrialRecord, ...], trial: int | None, folder: RunFolder
) -> TrialRecord:
    """Finds a completed trial by its number; the best for ``None``."""
    best = best_trial(records)
    if best is None:
        raise RunError(
            f"{folder.path}: no trial has completed yet; continue the search"
        )
    if trial is None:
        return best
    completed = {r.number: r for r in records if r.value is not None}
    if trial not in completed:
        numbers = ", ".join(map(str, completed))
        raise InputError(
            f"--trial {trial}: only a completed trial can be exported; completed: "
            f"{numbers}"
        )
    return completed[trial]
