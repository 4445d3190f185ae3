"""Rules of a split: the sizes of its parts, and refusals of what cannot be split."""

from enum import StrEnum

from data_pipeline.dataset.config import SplitConfig
from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.system.errors import DataError

VALIDATION = 0.2
"""Default share of the development rows that validates, with one fold."""

TEST, PUBLISHED = "test", "validation"
"""Published parts: held out, and used for validation with one fold."""

WITHHELD = frozenset({"affectnet", "affectnet_csv"})
"""Readers of sets with unpublished test labels. There the validation part is held out,
and a share of the training part validates. Copies may have a test part."""


class Guarantee(StrEnum):
    """What no two parts of a split have in common."""

    SUBJECT = "subject"
    PARTITION = "partition"


def held_out_part(table: SampleTable) -> str:
    """Returns the published part to hold out: test, or validation if it is withheld."""
    has_test = bool((table.frame["partition"] == TEST).any())
    return PUBLISHED if table.source in WITHHELD and not has_test else TEST


def part_size(count: int, share: float) -> int:
    """Returns the number of subjects, or rows, in a part."""
    return round(count * share)


def validation_subjects(subjects: int, config: SplitConfig) -> int:
    """Returns the number of subjects that validate with one fold.

    Without a ``validation`` share it is a fifth of those left. DataError: the shares
    leave no subject to validate on, or to train on.
    """
    left = subjects - part_size(subjects, config.hold_out)
    if config.validation is None:
        return max(1, part_size(left, VALIDATION))
    size = part_size(subjects, config.validation)
    if not 1 <= size < left:
        raise DataError(
            f"[split] validation = {config.validation} of {subjects} subjects "
            f"validates on {size} of the {left} that hold_out = {config.hold_out} "
            "leaves; at least one must validate and one train: change either"
        )
    return size


def validation_rows(table: SampleTable, left: int, validation: float) -> int:
    """Returns the number of rows of a partition that validate with one fold.

    ``left`` rows are not held out. DataError: the share leaves no row to validate on,
    or to train on.
    """
    size = part_size(len(table), validation)
    if not 1 <= size < left:
        raise DataError(
            f"[split] validation = {validation} of {len(table)} images validates on "
            f"{size} of the {left} that are not held out; at least one must validate "
            "and one train: change it"
        )
    return size


def check_splittable(table: SampleTable, config: SplitConfig) -> None:
    """Raises DataError if a table lacks what it is to be split by."""
    for problem in config.problems():
        raise DataError(problem)
    published = bool(table.frame["partition"].notna().any())
    if config.by == "subject":
        _check_subjects(table, published=published)
    elif not published and table.source in WITHHELD:
        raise DataError(
            f'[split] by = "partition": {table.root} is one folder of {len(table)} '
            "images of an unknown part; name the folder that holds train_set and "
            "val_set, or rename it: val_set is held out, train_set is trained on"
        )
    elif not published:
        raise DataError(
            f'[split] by = "partition": the data in {table.root} (read as '
            f'{table.source}) publish no partition; use by = "subject"'
        )


def _check_subjects(table: SampleTable, *, published: bool) -> None:
    missing = table.frame["subject"].isna()
    if bool(missing.all()) and (published or table.source in WITHHELD):
        raise DataError(
            f'[split] by = "subject": the data in {table.root} (read as '
            f"{table.source}) name no subjects, so one may be in two parts; use "
            'by = "partition", which the report states'
        )
    if bool(missing.any()):
        place = table.frame.loc[missing, "place"].iloc[0]
        raise DataError(
            f'[split] by = "subject" needs a subject in every row; {place} has none, '
            f"nor have {int(missing.sum()) - 1} others of {len(table)} rows; fill the "
            "column subject"
        )


def check_subject_count(subjects: int, config: SplitConfig) -> None:
    """Raises DataError if there are more parts than subjects."""
    held_out = part_size(subjects, config.hold_out)
    left = subjects - held_out
    if held_out < 1 or left < 1:
        raise DataError(
            f"[split] hold_out = {config.hold_out} of {subjects} subjects holds out "
            f"{held_out} and leaves {left}; each part needs at least one subject"
        )
    if left < max(2, config.folds):
        raise DataError(
            f"[split] folds = {config.folds} needs at least {max(2, config.folds)} "
            f"subjects, but hold_out = {config.hold_out} leaves {left} of {subjects}; "
            "lower either"
        )


def check_partition(table: SampleTable, held_out: int, folds: int) -> None:
    """Raises DataError if nothing is held out, or too few rows are left."""
    left = len(table) - held_out
    if not held_out or left < max(2, folds):
        raise DataError(
            '[split] by = "partition" needs images of the part '
            f"{held_out_part(table)} and at least {max(2, folds)} others; {table.root} "
            f"has {held_out} and {left}; add the missing folder"
        )


def check_unpublished(table: SampleTable, validation: float | None) -> None:
    """Raises DataError if a study would mix a published validation part with others."""
    if validation is not None:
        raise DataError(
            f"[split] validation = {validation}: the data in {table.root} (read as "
            f"{table.source}) publish a validation part, which validates with "
            "folds = 1; remove the key, or set folds = 5 to fold both published parts"
        )
