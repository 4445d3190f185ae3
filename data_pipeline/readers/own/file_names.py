"""What file and folder names say about own images: the subject, and the part."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from data_pipeline.dataset.own_data import compile_subject
from data_pipeline.readers.fer2013 import PARTS
from data_pipeline.system.errors import DataError, quote_short

PART_NAMES = ", ".join(sorted(PARTS))


def file_subjects(images: Sequence[str], pattern: str | None) -> list[str | None]:
    """Finds the subject in each file name, by the first group of a pattern.

    A name that does not match, or an empty group, gives none. DataError: the pattern
    matches no name at all.

    Example:
        >>> file_subjects(["calm/p1_03.png", "calm/me.png"], "^(p[0-9]+)_")
        ['p1', None]
    """
    if pattern is None:
        return [None] * len(images)
    search = compile_subject(pattern).search
    matches = [search(PurePosixPath(image).name) for image in images]
    found = [(match[1] or None) if match else None for match in matches]
    if images and not any(found):
        name = PurePosixPath(images[0]).name
        raise DataError(
            f"[data] subject: {quote_short(pattern)} must find the subject in file "
            f"names, and matches none of {len(images)}, such as {quote_short(name)}; "
            "correct it, or drop the key"
        )
    return found


def part_of(name: str) -> str | None:
    """Returns the part that a name means: train, validation or test.

    Example:
        >>> part_of("Val"), part_of("calm")
        ('validation', None)
    """
    return PARTS.get(name.strip().casefold())
