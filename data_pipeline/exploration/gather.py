"""Gathers the material: reads labels, splits, drops the hold-out, looks at files."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from data_pipeline.dataset.config import StudyData
from data_pipeline.dataset.dataset_identity import population
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.development import read_table
from data_pipeline.exploration.demographics import Demographics, read_demographics
from data_pipeline.exploration.image_facts import read_image_facts
from data_pipeline.exploration.material import HeldOut, Material
from data_pipeline.split.held_out_subjects import Past, divide
from data_pipeline.split.holdout import HoldOut

Progress = Callable[[str, int, int], None]


def gather(  # noqa: PLR0913 - what a command was asked, one by one
    root: Path,
    keys: StudyData,
    *,
    study: str,
    synthetic: bool,
    demographics: Path | None,
    past: Past,
    progress: Progress,
) -> Material:
    """Gathers what the page is made of; the hold-out's files are not opened.

    Args:
        root: the data folder.
        keys: the data set and its split.
        study: the study's name.
        synthetic: nobody in the data is real.
        demographics: the CSV of the subjects, if there is one.
        past: openings of the hold-out: who was tested is not counted.
        progress: told of the files that were looked at.

    Returns:
        The material, without faces.

    Raises:
        DataError: the data or the demographics are wrong.
    """
    people = None
    if demographics is not None:
        people = read_demographics(demographics).joined(keys.data.subjects)
    table = read_table(root, keys.data, lambda n, of: progress("labels", n, of))
    shown = population(keys.data.dataset, root, synthetic=synthetic)
    parts = divide(table, keys.split, data=shown, past=past).split
    known, strangers = _developing(people, parts.development, parts.hold_out)
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
            parts.development, lambda n, of: progress("looking at images", n, of)
        ),
        demographics=known,
        strangers=strangers,
        faces=False,
    )


def _developing(
    people: Demographics | None, development: SampleTable, held_out: HoldOut
) -> tuple[Demographics | None, int]:
    """Drops who is held out or unknown; counts the unknown."""
    if people is None:
        return None, 0
    mine = set(development.frame["subject"].dropna())
    strangers = set(people.people) - mine - set(held_out.subjects)
    kept = {who: person for who, person in people.people.items() if who in mine}
    return replace(people, people=kept), len(strangers)
