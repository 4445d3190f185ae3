"""What file and folder names say about own images: subject, part, emotion."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from data_pipeline.dataset.own_data import PART, compile_expression
from data_pipeline.readers.fer2013 import PARTS
from data_pipeline.system.errors import DataError, quote_short

PART_NAMES = ", ".join(sorted(PARTS))

Names = dict[str, str]
"""Role -> what one file name says."""


def find_in_names(images: Sequence[str], patterns: Mapping[str, str]) -> list[Names]:
    """Finds roles in each file name, by the first group of their expressions.

    An expression with a slash is searched in the path. A name that does not match, or
    an empty group, says nothing. DataError: an expression matches no name at all, or
    finds no part where a part is wanted.

    Example:
        >>> find_in_names(["calm/p1_03.png", "calm/me.png"], {"subject": "^(p[0-9]+)_"})
        [{'subject': 'p1'}, {}]
    """
    found: list[Names] = [{} for _ in images]
    for role, pattern in patterns.items():
        for names, text in zip(found, _searched(images, pattern), strict=True):
            match = compile_expression(pattern).search(text)
            if match and match[1]:
                names[role] = _part(match[1], text) if role == PART else match[1]
        if images and not any(role in names for names in found):
            raise _useless(f"[data] {role}", pattern, images, f"find the {role} in")
    return found


def included(images: Sequence[str], pattern: str | None) -> list[bool]:
    """Returns which images the study reads; DataError if it is none."""
    if pattern is None:
        return [True] * len(images)
    search = compile_expression(pattern).search
    kept = [search(text) is not None for text in _searched(images, pattern)]
    if images and not any(kept):
        raise _useless("[data] include", pattern, images, "match")
    return kept


def describe_included(kept: Sequence[bool]) -> Iterator[str]:
    """Yields a line if ``include`` leaves images out."""
    if not all(kept):
        yield f"include reads {sum(kept)} of {len(kept)} images"


def part_of(name: str) -> str | None:
    """Returns the part that a name means: train, validation or test.

    Example:
        >>> part_of("Val"), part_of("calm")
        ('validation', None)
    """
    return PARTS.get(name.strip().casefold())


def _searched(images: Sequence[str], pattern: str) -> list[str]:
    """Returns the paths if the expression has a slash, else the file names."""
    if "/" in pattern:
        return list(images)
    return [PurePosixPath(image).name for image in images]


def _part(text: str, name: str) -> str:
    part = part_of(text)
    if part is None:
        raise DataError(
            f"[data] part: a part is one of {PART_NAMES}, found {quote_short(text)} in "
            f"{quote_short(name)}; correct the expression"
        )
    return part


def _useless(key: str, pattern: str, images: Sequence[str], must: str) -> DataError:
    (text,) = _searched(images[:1], pattern)
    where, more = "paths", ""
    if "/" not in pattern:
        where, more = "file names", " (with a slash in it, paths are searched)"
    return DataError(
        f"{key}: {quote_short(pattern)} must {must} {where}, and matches none of "
        f"{len(images)}, such as {quote_short(text)}; correct it{more}, or drop the key"
    )
