"""Rules of a split: the sizes of its parts, and refusals of what cannot be split."""

from enum import StrEnum

from data_pipeline.config.split_config import SplitConfig
from data_pipeline.dataset.datasets import OWN
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
    SUBJECT_PARTITION = "subject_partition"
    SEQUENCE = "sequence"
    IMAGE = "image"


LEAKY: dict[Guarantee, str] = {
    by: (
        f"Warning: split by {by}. One person may be in training, validation and "
        "hold-out. A model then recognizes faces that it has seen, and scores too "
        "high: these numbers do not apply to new people"
    )
    for by in (Guarantee.SEQUENCE, Guarantee.IMAGE)
}
"""Guarantees that a user must not overlook -> the warning."""


def held_out_part(table: SampleTable) -> str:
    """Returns the published part to hold out: test, or validation if it is withheld."""
    has_test = bool((table.frame["partition"] == TEST).any())
    return PUBLISHED if table.source in WITHHELD and not has_test else TEST


def part_size(count: int, share: float) -> int:
    """Returns the number of subjects, or rows, in a part."""
    return round(count * share)


def held_out_size(count: int, config: SplitConfig) -> int:
    """Returns how many of ``count`` subjects, or rows, are held out.

    Outer parts may differ by one: it is the size of the largest.
    """
    if config.outer_part is None:
        return part_size(count, config.hold_out)
    parts = config.outer_folds if isinstance(config.outer_folds, int) else count
    return -(-count // parts)


def validation_subjects(subjects: int, config: SplitConfig) -> int:
    """Returns the number of subjects that validate with one fold.

    Without a ``validation`` share it is a fifth of those left. DataError: the shares
    leave no subject to validate on, or to train on.
    """
    left = subjects - held_out_size(subjects, config)
    if config.validation is None:
        return max(1, part_size(left, VALIDATION))
    size = part_size(subjects, config.validation)
    if not 1 <= size < left:
        raise DataError(
            f"[split] validation = {config.validation} of {subjects} subjects "
            f"validates on {size} of the {left} that {_holder(config)} "
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
    elif config.by in ("sequence", "image"):
        _check_leaky(table, config.by)
    elif not published and table.source in OWN:
        raise DataError(
            f'[split] by = "partition": the data in {table.root} (read as '
            f"{table.source}) give no parts; map a column of train, validation, test "
            'in [data.columns] part = "COLUMN", put the classes into folders train and '
            'test, or use by = "subject"'
        )
    elif table.source in OWN:
        _check_parts(table)
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
    if bool(missing.any()) and table.source in OWN:
        raise DataError(_without_subjects(table, int(missing.sum())))
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


def _without_subjects(table: SampleTable, missing: int) -> str:
    """Describes own data whose people are not all named, and the ways out."""
    place = table.frame.loc[table.frame["subject"].isna(), "place"].iloc[0]
    parts, sequences = (table.frame[c].notna() for c in ("partition", "sequence"))
    column = 'name the column in [data.columns] subject = "COLUMN"'
    ways = [f"{column}, or [data] subject = 'REGEX' for file names"]
    if bool(parts.all()):
        ways.append('use by = "partition", the given parts')
    if bool(sequences.all()):
        ways.append('use by = "sequence", where a person may be in two parts')
    ways.append('use by = "image", where a person may be in two parts')
    return (
        f'[split] by = "subject": the data in {table.root} (read as {table.source}) '
        f"name no subject in {missing} of {len(table)} rows, the first is {place}, so "
        f"one person may be in two parts: {'; or '.join(ways)}"
    )


def _check_leaky(table: SampleTable, by: str) -> None:
    """Raises DataError if a stronger split than by sequence or image is possible."""
    if bool(table.frame["subject"].notna().all()):
        raise DataError(
            f'[split] by = "{by}": the data in {table.root} (read as {table.source}) '
            "name the subject of every image, and one would be in two parts; use by = "
            '"subject"'
        )
    if table.source not in OWN:
        raise DataError(
            f'[split] by = "{by}" is for own data (dataset = {", ".join(OWN)}), found '
            f'{table.source}; use by = "partition"'
        )
    missing = table.frame["sequence"].isna()
    if by == "sequence" and bool(missing.any()):
        place = table.frame.loc[missing, "place"].iloc[0]
        raise DataError(
            f'[split] by = "sequence" needs a sequence in every row; {place} has none, '
            f"nor have {int(missing.sum()) - 1} others of {len(table)} rows; map its "
            'column in [data.columns] sequence = "COLUMN", or use by = "image"'
        )


def _check_parts(table: SampleTable) -> None:
    """Raises DataError if a row of own data has no part, or none is the test part."""
    missing = table.frame["partition"].isna()
    if bool(missing.any()):
        place = table.frame.loc[missing, "place"].iloc[0]
        raise DataError(
            f'[split] by = "partition" needs a part in every row; {place} has none; '
            'fill it with train, validation or test, or use by = "subject"'
        )
    parts = sorted(table.frame["partition"].unique())
    if TEST not in parts:
        raise DataError(
            f'[split] by = "partition" holds the part test out; {table.root} has only '
            f'{", ".join(parts)}; name a part test, or use by = "subject"'
        )


def check_disjoint(table: SampleTable) -> None:
    """Raises DataError if a subject is in two given parts."""
    frame = table.frame[["subject", "partition", "place"]]
    first: dict[str, tuple[str, str]] = {}
    for subject, part, place in frame.itertuples(index=False, name=None):
        before, there = first.setdefault(subject, (part, place))
        if before != part:
            raise DataError(
                f'[split] by = "partition": subject {subject} is in two given parts, '
                f"{before} ({there}) and {part} ({place}); correct one, or use by = "
                '"subject", which ignores the given parts'
            )


def check_subject_count(
    subjects: int, config: SplitConfig, unit: str = "subject"
) -> None:
    """Raises DataError if there are more parts than subjects (or other units)."""
    held_out = held_out_size(subjects, config)
    left = subjects - held_out
    if held_out < 1 or left < 1:
        raise DataError(
            f"[split] {_holder(config)} of {subjects} {unit}s holds out "
            f"{held_out} and leaves {left}; each part needs at least one {unit}"
        )
    if left < max(2, config.folds):
        raise DataError(
            f"[split] folds = {config.folds} needs at least {max(2, config.folds)} "
            f"{unit}s, but {_holder(config)} leaves {left} of {subjects}; "
            "lower either"
        )


def _holder(config: SplitConfig) -> str:
    """Names the key that decides how many are held out."""
    if config.outer_part is None:
        return f"hold_out = {config.hold_out}"
    return f"outer_folds = {config.outer_folds}"


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
