"""Opens a run: reads study and labels before Optuna, SQLAlchemy, Keras or Ray.

Importing those takes seconds, and an error in a label is reported without it.
"""

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from traceback import format_exc

from data_pipeline.files.folder_names import run_name
from data_pipeline.readers.location import SYNTHETIC, find_data
from data_pipeline.system.errors import HarnessError, InputError, prefix_errors
from data_pipeline.system.gpus import find_gpus
from data_pipeline.system.terminal import listening
from search.callbacks.json_events import JsonEvents
from search.callbacks.progress_bar import ProgressBar, open_console
from search.executors import cluster, early_session
from search.final.exported_config import BEST
from search.inputs.earlier_run import check_warm_start
from search.inputs.gpu_shares import ON_CPUS
from search.inputs.own_code import check_own_code, code_modules
from search.inputs.run import Run
from search.inputs.study_data import StudyData, read_labels
from search.pipeline.run_study import RunRequest
from search.reports.holdout_report import describe_findings
from search.run_files import REPORT
from search.run_folder import RunFolder, check_study_name
from search.study.algorithms import PRUNERS, check_installed, is_sampler
from search.study.study import Study, read_study


@contextmanager
def open_run(request: RunRequest) -> Iterator[tuple[Run, ProgressBar]]:
    """Reads the study and its labels; writes nothing.

    Yields the run, as yet without a storage, and its progress bar, which stops with
    the context.
    """
    check_address(request)
    study = read_study(request.study, settings=request.settings, seed=request.seed)
    if study.split.nested:
        raise ValueError("a nested study is run part by part, by search.nested")
    check_study_name(study.name)
    with prefix_errors(study.place):
        _check_algorithms(study)
        check_own_code(study)
    if request.storage or "EXPRESSION_SEARCH_STORAGE" in os.environ:
        _check_storage(request.storage)
    with output(request) as bar:
        if request.heading:
            bar.print(request.heading)
        root, synthetic = find_data(study.data.dataset, request.data, bar.stage)
        part = study.split.outer_part
        name = run_name(study.name, synthetic=synthetic, outer_part=part)
        folder = RunFolder(out=request.out.resolve(), name=name)
        with prefix_errors(study.place):
            check_warm_start(study, folder, synthetic=synthetic)
        data = read_labels(
            study, root, synthetic=synthetic, progress=bar.stage, runs=request.out
        )
        run = Run(
            study=study, data=data, folder=folder, print=bar.print, progress=bar.stage
        )
        for line in _notes(study.name, data):
            run.print(line)
        yield run, bar


def open_past_run(folder: RunFolder, data: str | None, bar: ProgressBar) -> Run:
    """Reads the study of a past run and its labels, to compute with its images again.

    Args:
        folder: of the run.
        data: as given to ``search.run``; a run on synthetic faces finds them itself.
        bar: shows how far reading is.

    Raises:
        InputError: the data are not there, or are of the other kind.
    """
    from search.pipeline.past_runs import study_of_run  # noqa: PLC0415 - loads Optuna

    study, is_synthetic = study_of_run(folder)
    wanted = SYNTHETIC if is_synthetic and data is None else data
    root, synthetic = find_data(study.data.dataset, wanted, bar.stage)
    # Of a folder that is not there, reading says so.
    if synthetic != is_synthetic and root.exists():
        kinds = {True: "synthetic", False: "real"}
        raise InputError(
            f"--data {root}: has {kinds[synthetic]} faces, but {folder.name} was "
            f"searched on {kinds[is_synthetic]} ones; name the data of the search"
        )
    labels = read_labels(
        study, root, synthetic=synthetic, progress=bar.stage, runs=folder.out
    )
    return Run(
        study=study, data=labels, folder=folder, print=bar.print, progress=bar.stage
    )


@contextmanager
def output(request: RunRequest) -> Iterator[ProgressBar]:
    """Shows lines and a bar, nothing, or JSON events; logs all, and an error too."""
    console = open_console(quiet=request.quiet or request.json)
    events = JsonEvents() if request.json else None
    with ProgressBar(console, events=events) as bar, listening(bar.log.line):
        try:
            yield bar
        except BaseException as error:
            known = isinstance(error, HarnessError | KeyboardInterrupt)
            bar.log.line(f"error: {error}" if known else format_exc())
            if not known and bar.log.path is not None:
                error.add_note(f"the log of the run: {bar.log.path}")
            if events is not None:
                events.write("error", text=str(error) or type(error).__name__)
            raise


def start_early(request: RunRequest, run: Run) -> AbstractContextManager[None]:
    """Starts Ray in a thread where this run will probably train on CPUs with it.

    A run that has a result may be finished: for it, Ray starts when it is needed, and a
    cluster is joined then.
    """
    resources = run.study.resources
    if request.address is not None:
        return cluster(
            request.address,
            cpus=resources.cpus_per_trial,
            most=resources.max_concurrent,
            modules=code_modules(run.study),
        )
    found = any(run.folder.file(name).exists() for name in (REPORT, BEST))
    if request.executor != "ray" or found or _may_use_gpus(resources.gpus_per_trial):
        return nullcontext()
    return early_session(
        cpus=resources.cpus_per_trial, concurrent=resources.max_concurrent or ON_CPUS
    )


def check_address(request: RunRequest) -> None:
    """Refuses an address that Ray would not take, or that nothing would use."""
    address = request.address
    if address is None:
        return
    if request.executor != "ray":
        raise InputError("--address is of a Ray cluster: leave out --executor serial")
    if re.fullmatch(r"auto|(ray://)?[^\s:/@]+:[0-9]{1,5}", address) is None:
        raise InputError(
            f"--address is auto, HOST:PORT or ray://HOST:PORT, found {address!r}"
        )


def _may_use_gpus(share: float | None) -> bool:
    return bool(find_gpus(os.environ).gpus) if share is None else share > 0


def _notes(study: str, data: StudyData) -> Iterator[str]:
    if data.spelling_notes:
        yield "; ".join(data.spelling_notes)
    findings = describe_findings(data.skipped, data.class_problems, study)
    if findings:
        yield findings
    yield from data.hold_out_notes
    people = data.demographics
    if people is not None and people.missing:
        yield f"demographics: {people.missing} subjects of the data have no row"


def _check_algorithms(study: Study) -> None:
    """Loads a sampler or pruner of others, which may fail, before anything else."""
    check_installed(study.search.sampler)
    if is_sampler(study.search.sampler):
        from search.sampling.samplers import build_sampler  # noqa: PLC0415 - slow

        build_sampler(study, ordinal=0)
    if study.search.pruner not in PRUNERS:
        from search.ledger.pruners import build_pruner  # noqa: PLC0415 - slow
        from search.sampling.rungs import steps_of  # noqa: PLC0415 - slow

        build_pruner(study.search.pruner, steps_of(study))


def _check_storage(storage: str | None) -> None:
    """Refuses a malformed URL; SQLAlchemy is loaded only where one is given."""
    from search.storage.url import chosen_storage  # noqa: PLC0415

    chosen_storage(storage)
