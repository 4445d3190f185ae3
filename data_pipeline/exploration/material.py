"""What the sections of the page are made of: development rows, and nothing else.

Of the hold-out there are two numbers. A section cannot look at its rows: they are not
in here.
"""

from dataclasses import dataclass

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.exploration.demographics import Demographics
from data_pipeline.exploration.image_facts import ImageFacts
from data_pipeline.split.split import Fold


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldOut:
    """How much is held out: ``subjects`` is 0 where the data name none."""

    images: int
    subjects: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """What is known of a study's data.

    Attributes:
        study: its name.
        data: the data folder, as it was named.
        synthetic: nobody in the data is real.
        by: what the split guarantees: ``subject`` or ``partition``.
        table: the development rows.
        folds: positions in that table.
        held_out: how much is not here.
        images: what the development's files are like.
        demographics: who the development's subjects are, if somebody said.
        strangers: subjects of the demographics that the data do not name at all.
        faces: whether faces may be printed.
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
        """The development's subjects, sorted; empty where the data name none."""
        return tuple(sorted(set(self.table.frame["subject"].dropna())))
