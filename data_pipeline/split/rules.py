"""Whether a table can be divided as asked: the sizes of parts, refused with numbers."""

from enum import StrEnum

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.system.errors import DataError

VALIDATION = 0.2
"""Part of the development that validates where there is one fold and no wish."""

TEST, PUBLISHED = "test", "validation"
"""The published parts that are held out, and that validate where there is one fold."""

WITHHELD = frozenset({"affectnet", "affectnet_csv"})
"""Readers of sets whose test labels were never published: there the validation part is
held out, and a share of the training part validates. Copies may have a test part."""


class Guarantee(StrEnum):
    """What a split promises about its parts."""

    SUBJECT = "subject"
    PARTITION = "partition"


def held_part(table: SampleTable) -> str:
    """Names the published part that is held out.

    Args:
        table: the whole table, with a partition.

    Returns:
        ``"test"``, or ``"validation"`` where no test part is published.
    """
    tested = bool((table.frame["partition"] == TEST).any())
    return PUBLISHED if table.source in WITHHELD and not tested else TEST


def part_size(things: int, share: float) -> int:
    """Counts the subjects, or rows, of a part."""
    return round(things * share)


def subjects_validating(
    subjects: int, hold_out: float, validation: float | None
) -> int:
    """Counts the subjects that validate where there is one fold.

    Args:
        subjects: all of them.
        hold_out: their share that is held out.
        validation: the share that validates; none takes a fifth of those left.

    Returns:
        Their number; one at least validates, and one at least trains.

    Raises:
        DataError: the shares leave nobody to validate on, or to train on.
    """
    left = subjects - part_size(subjects, hold_out)
    if validation is None:
        return max(1, part_size(left, VALIDATION))
    size = part_size(subjects, validation)
    if not 1 <= size < left:
        raise DataError(
            f"[split] validation = {validation} of {subjects} subjects validates on "
            f"{size} of the {left} that hold_out = {hold_out} leaves; at least one "
            "must validate and one train: change either"
        )
    return size


def rows_validating(table: SampleTable, left: int, validation: float) -> int:
    """Counts the rows that validate where nobody is named and there is one fold.

    Args:
        table: the whole table.
        left: rows that are not held out.
        validation: the share of all rows that validates.

    Returns:
        Their number; one at least validates, and one at least trains.

    Raises:
        DataError: the share leaves no row to validate on, or to train on.
    """
    size = part_size(len(table), validation)
    if not 1 <= size < left:
        raise DataError(
            f"[split] validation = {validation} of {len(table)} images validates on "
            f"{size} of the {left} that are not held out; at least one must validate "
            "and one train: change it"
        )
    return size


def check_division(table: SampleTable, by: str, folds: int, hold_out: float) -> None:
    """Refuses what no split can be, whatever the sizes.

    Args:
        table: the whole table.
        by: ``"subject"`` or ``"partition"``.
        folds: their number.
        hold_out: share of the subjects.

    Raises:
        DataError: a value is wrong, or the table lacks what it is to be divided by.
    """
    published = bool(table.frame["partition"].notna().any())
    if by == Guarantee.PARTITION and not published and table.source in WITHHELD:
        raise DataError(
            f'[split] by = "partition": {table.root} is one folder of {len(table)} '
            "images, of no known part; name the folder that holds train_set and "
            "val_set, or rename: val_set is held out, train_set is learned from"
        )
    if by == Guarantee.PARTITION and not published:
        raise DataError(
            f'[split] by = "partition": the data in {table.root} (read as '
            f'{table.source}) publish no partition; use by = "subject"'
        )
    if by not in list(Guarantee):
        raise DataError(f'[split] by is "subject" or "partition", found {by!r}')
    if not 0.0 < hold_out < 1.0:
        raise DataError(
            f"[split] hold_out is a part between 0 and 1, both excluded, such as 0.2; "
            f"found {hold_out}"
        )
    if folds < 1:
        raise DataError(f"[split] folds is at least 1, found {folds}")
    if by == Guarantee.SUBJECT:
        _check_subjects(table, published=published)


def _check_subjects(table: SampleTable, *, published: bool) -> None:
    missing = table.frame["subject"].isna()
    if bool(missing.all()) and (published or table.source in WITHHELD):
        raise DataError(
            f'[split] by = "subject": the data in {table.root} (read as '
            f"{table.source}) name no subjects, so that nothing can keep one out of "
            'two parts; use by = "partition", and the report will say so'
        )
    if bool(missing.any()):
        place = table.frame.loc[missing, "place"].iloc[0]
        raise DataError(
            f'[split] by = "subject" needs a subject in every row; {place} has none, '
            f"nor have {int(missing.sum()) - 1} others of {len(table)} rows; fill the "
            "column subject"
        )


def check_enough(subjects: int, folds: int, hold_out: float) -> None:
    """Refuses more parts than there are subjects.

    Args:
        subjects: all of them.
        folds: number of folds.
        hold_out: share of the subjects.

    Raises:
        DataError: a part would be empty.
    """
    held = part_size(subjects, hold_out)
    left = subjects - held
    if held < 1 or left < 1:
        raise DataError(
            f"[split] hold_out = {hold_out} of {subjects} subjects holds out {held} "
            f"and leaves {left}; each part needs at least one subject"
        )
    if left < max(2, folds):
        raise DataError(
            f"[split] folds = {folds} needs at least {max(2, folds)} subjects, but "
            f"hold_out = {hold_out} leaves {left} of {subjects}; lower either"
        )


def check_validation(folds: int, validation: float | None) -> None:
    """Refuses a share of validation that cannot be, or that folds do not have.

    Args:
        folds: number of folds.
        validation: the share; none is always right.

    Raises:
        DataError: it is no part of a whole, or there are several folds.
    """
    if validation is None:
        return
    if not 0.0 < validation < 1.0:
        raise DataError(
            f"[split] validation is a part between 0 and 1, both excluded, such as "
            f"0.15; found {validation}"
        )
    if folds > 1:
        raise DataError(
            f"[split] validation = {validation} is the share of the one validation "
            f"part of folds = 1, found folds = {folds}; drop one of the two keys"
        )


def check_partition(table: SampleTable, held: int, folds: int) -> None:
    """Refuses a published partition that lacks a part.

    Args:
        table: the whole table.
        held: rows of the part that is held out.
        folds: number of folds.

    Raises:
        DataError: nothing is held out, or too little is left.
    """
    left = len(table) - held
    if not held or left < max(2, folds):
        raise DataError(
            f'[split] by = "partition" needs images of the part {held_part(table)} and '
            "at least "
            f"{max(2, folds)} others; {table.root} has {held} and {left}; add the "
            "missing folder"
        )


def check_unpublished(table: SampleTable, validation: float | None) -> None:
    """Refuses to mix a published validation part with other rows.

    Args:
        table: the whole table.
        validation: the share that a study asks for.

    Raises:
        DataError: it asks for one.
    """
    if validation is not None:
        raise DataError(
            f"[split] validation = {validation}: the data in {table.root} (read as "
            f"{table.source}) publish a validation part, which validates where "
            "folds = 1; drop the key, or say folds = 5 to fold both published parts"
        )
