"""Plans a nested run: its parts, checked before the first of them is searched."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from data_pipeline.config.dataset_identity import dataset_name, population
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.dataset.skipped_files import add_skipped_to_error
from data_pipeline.development import read_development, read_table
from data_pipeline.files.folder_names import nested_name, run_name
from data_pipeline.readers.location import find_data
from data_pipeline.split.holdout import HoldOut, overlapping
from data_pipeline.split.outer import count_parts
from data_pipeline.split.receipt import Receipt, same_nested_run
from data_pipeline.split.receipt_file import Receipts
from data_pipeline.split.rules import check_splittable
from data_pipeline.split.split import split
from data_pipeline.system.errors import DataError, SealedError, prefix_errors
from search.callbacks.progress_bar import ProgressBar
from search.inputs.own_code import check_own_code
from search.nested.budget import share_budget
from search.nested.part import Part, part_request, part_study
from search.pipeline.run_study import RunRequest
from search.run_files import REPORT
from search.run_folder import RunFolder, check_study_name
from search.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A nested run: the study as given, its data and folder, and its parts.

    ``population`` identifies the people in the data.
    """

    study: Study
    root: Path
    synthetic: bool
    population: str
    folder: RunFolder
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a nested run is, whose people it divides, and who was tested so far."""

    folder: RunFolder
    population: str
    openings: tuple[Receipt, ...]


def plan_parts(request: RunRequest, study: Study, bar: ProgressBar) -> Plan:
    """Reads the labels and divides the people; checks every part.

    Raises:
        DataError: a part cannot be held out, or what it leaves cannot be searched.
        StudyError: there are fewer trials than parts, or a part's study is not valid.
        SealedError: people were tested before, and ``--reopen`` is not set.
    """
    check_study_name(study.name)
    root, synthetic = find_data(study.data.dataset, request.data, bar.stage)
    run = nested_name(run_name(study.name, synthetic=synthetic))
    folder = RunFolder(out=request.out.resolve(), name=run)
    place = _Place(
        folder=folder,
        population=population(
            dataset_name(study.data, root), root, synthetic=synthetic
        ),
        openings=tuple(Receipts(folder.receipts).read()),
    )
    with prefix_errors(study.place):
        check_own_code(study)
        table = read_table(
            root, study.data, lambda n, of: bar.stage("reading labels", n, of)
        )
        with add_skipped_to_error(table.skipped):
            check_splittable(table, study.split)
            count = count_parts(table, study.split)
        shares = share_budget(study, count)
    parts = []
    for number, share in enumerate(shares, start=1):
        asked = part_request(request, study, number, share)
        parts.append(_part(asked, number, table, place))
        bar.stage("checking outer parts", number, count)
    return Plan(
        study=study,
        root=root,
        synthetic=synthetic,
        population=place.population,
        folder=folder,
        parts=tuple(parts),
    )


def _part(request: RunRequest, number: int, table: SampleTable, place: _Place) -> Part:
    """Splits the table as the part's run will, and checks what it will check."""
    study = part_study(request)
    name = f"{place.folder.name}/outer-{number}"
    folder = RunFolder(out=place.folder.out, name=name)
    with (
        prefix_errors(study.place),
        _named(number),
        add_skipped_to_error(table.skipped),
    ):
        divided = split(table, study.split)
        development = read_development(study.data, divided)
    held = divided.hold_out
    if request.until == "holdout" and not request.reopen:
        _refuse_tested(held, folder, place, divided.division)
    labels = table.fingerprint(intensities=bool(development.targets.intensities))
    return Part(
        number=number,
        study=study,
        request=request,
        folder=folder,
        subjects=len(held.subjects),
        images=held.images,
        of=(labels, held.key, divided.division),
    )


@contextmanager
def _named(number: int) -> Iterator[None]:
    """Adds the part to an error of its data."""
    try:
        yield
    except DataError as error:
        raise DataError(f"outer part {number}: {error}") from error.__cause__


def _refuse_tested(
    held: HoldOut, folder: RunFolder, place: _Place, division: str
) -> None:
    """Refuses people whom another run tested, before their search costs anything."""
    if folder.file(REPORT).exists():
        return
    others = [
        old
        for old in place.openings
        if not same_nested_run(old, place.folder.name, division)
    ]
    before = overlapping(others, held.members(place.population))
    if before:
        last = before[-1]
        run = f"run {last.opener.run}" if last.members else "an unreadable receipt"
        raise SealedError(
            f"{folder.receipts}: people of {folder.name} were tested before, last by "
            f"{run} at {last.time or 'an unknown time'}. Only a first result is "
            "unbiased: use --until retrain, or evaluate again with --reopen (every "
            "evaluation is recorded)"
        )
