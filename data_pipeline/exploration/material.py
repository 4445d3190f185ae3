"""The material of the page: development rows, and only the size of the hold-out."""

from dataclasses import dataclass
from pathlib import Path

from data_pipeline.config.dataset_identity import dataset_name, population
from data_pipeline.config.study_data import StudyData
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.demographics.table import Demographics, beside, read_demographics
from data_pipeline.development import read_table
from data_pipeline.exploration.image_facts import ImageFacts, read_image_facts
from data_pipeline.pages.page import Progress
from data_pipeline.split.holdout import HoldOut
from data_pipeline.split.holdout_history import RunHistory, split_with_history
from data_pipeline.split.split import Fold


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldOut:
    """The size of the hold-out; ``subjects`` is 0 if the data name none."""

    images: int
    subjects: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """A study's data without its hold-out.

    Attributes:
        data: the data folder, as the user gave it.
        by: what the split guarantees, a value of ``Guarantee``.
        folds: positions in ``table``.
        demographics: those of the development's subjects.
        strangers: subjects of the demographics that the data do not name.
        faces: whether the page may show faces.
    """

    study: str
    data: str
    synthetic: bool
    by: str
    table: SampleTable
    folds: tuple[Fold, ...]
    held_out: HeldOut
    images: ImageFacts
    demographics: Demographics | None
    strangers: int
    faces: bool

    @property
    def subjects(self) -> tuple[str, ...]:
        """The development's subjects, sorted; empty if the data name none."""
        return tuple(sorted(set(self.table.frame["subject"].dropna())))


def gather(  # noqa: PLR0913 - the command's options, one by one
    root: Path,
    keys: StudyData,
    *,
    study: str,
    synthetic: bool,
    demographics: Path | None,
    history: RunHistory,
    progress: Progress,
) -> Material:
    """Reads and splits the data; no file of the hold-out is opened.

    Subjects of ``history``, the earlier openings of the hold-out, stay held out.
    """
    people = None
    if demographics is None and keys.data.demographics is not None:
        demographics = beside(root, keys.data.demographics)
    if demographics is not None:
        people = read_demographics(demographics).joined(keys.data.subjects)
    table = read_table(root, keys.data, lambda n, of: progress("labels", n, of))
    shown = population(dataset_name(keys.data, root), root, synthetic=synthetic)
    parts = split_with_history(table, keys.split, data=shown, history=history).split
    own, strangers = _of_development(people, parts.development, parts.hold_out)
    return Material(
        study=study,
        data=str(root),
        synthetic=synthetic,
        by=str(parts.guarantee),
        table=parts.development,
        folds=parts.folds,
        held_out=HeldOut(
            images=parts.hold_out.images, subjects=len(parts.hold_out.subjects)
        ),
        images=read_image_facts(
            parts.development, lambda n, of: progress("reading images", n, of)
        ),
        demographics=own,
        strangers=strangers,
        faces=False,
    )


def _of_development(
    people: Demographics | None, development: SampleTable, held_out: HoldOut
) -> tuple[Demographics | None, int]:
    """Drops people who are held out or not in the data; counts the latter."""
    if people is None:
        return None, 0
    own = set(development.frame["subject"].dropna())
    strangers = set(people.people) - own - set(held_out.subjects)
    return people.only(own), len(strangers)
