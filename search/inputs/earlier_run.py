"""The earlier run that a warm start names: looked for before anything is read."""

from data_pipeline.files.folder_names import check_folder_name, run_name
from data_pipeline.system.errors import InputError, StudyError, suggest
from search.run_files import WARM_START, SavedTrials, read_saved
from search.run_folder import RunFolder, studies_in
from search.study.study import Study


def check_warm_start(study: Study, folder: RunFolder, *, synthetic: bool) -> None:
    """Refuses an earlier run that is not there, before any label is read.

    Args:
        study: the study; ``[search] warm_start`` names the earlier one, if any.
        folder: of the study's run, which may keep what it read at its first start.
        synthetic: whether its data are synthetic; then so are the earlier run's.

    Raises:
        InputError: there is no such run.
    """
    name = study.search.warm_start
    kept = read_saved(folder.file(WARM_START), SavedTrials)
    if name is not None and (kept is None or kept.study != name):
        earlier_run(study, folder, name, synthetic=synthetic)


def earlier_run(
    study: Study, folder: RunFolder, name: str, *, synthetic: bool
) -> RunFolder:
    """Finds the earlier run beside the study's own.

    Args:
        study: the study.
        folder: of its run.
        name: of the earlier study.
        synthetic: whether the data of both are synthetic.

    Returns:
        The folder of the earlier run.

    Raises:
        InputError: there is none, or it is the study's own.
    """
    check_folder_name(name, "[search] warm_start")
    if name == study.name:
        raise StudyError(
            f"[search] warm_start: {name} is this study itself, which goes on by the "
            "same command; name another one"
        )
    runs = studies_in(folder.out, "study.toml", synthetic=synthetic)
    if name not in runs:
        on = " on synthetic faces" if synthetic else ""
        known = suggest(name, runs) if runs else f"there are no runs{on} yet"
        raise InputError(
            f"[search] warm_start: there is no run of a study {name}{on} in "
            f"{folder.out}; {known}"
        )
    return RunFolder(out=folder.out, name=run_name(name, synthetic=synthetic))
