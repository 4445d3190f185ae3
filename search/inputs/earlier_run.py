"""Finds the earlier run that ``[search] warm_start`` names, before data are read."""

from data_pipeline.files.folder_names import check_folder_name, run_name
from data_pipeline.system.errors import InputError, StudyError, suggest
from search.run_files import STUDY, WARM_START, SavedTrials, read_saved
from search.run_folder import RunFolder, studies_in
from search.study.study import Study


def check_warm_start(study: Study, folder: RunFolder, *, synthetic: bool) -> None:
    """Refuses an earlier run that is not there.

    A run keeps the trials that it read at its first start, and needs no earlier run
    from then on.
    """
    name = study.search.warm_start
    kept = read_saved(folder.file(WARM_START), SavedTrials)
    if name is not None and (kept is None or kept.study != name):
        earlier_run(study, folder, name, synthetic=synthetic)


def earlier_run(
    study: Study, folder: RunFolder, name: str, *, synthetic: bool
) -> RunFolder:
    """Finds the run of the study ``name`` beside the one in ``folder``.

    Both must be on synthetic faces, or both on real ones.
    """
    check_folder_name(name, "[search] warm_start")
    if name == study.name:
        raise StudyError(
            f"[search] warm_start: {name} is this study itself, and the same command "
            "resumes it; name another study"
        )
    runs = studies_in(folder.out, STUDY, synthetic=synthetic)
    if name not in runs:
        on = " on synthetic faces" if synthetic else ""
        others = suggest(name, runs) if runs else f"there are no runs{on} yet"
        raise InputError(
            f"[search] warm_start: there is no run of a study {name}{on} in "
            f"{folder.out}; {others}"
        )
    return RunFolder(out=folder.out, name=run_name(name, synthetic=synthetic))
