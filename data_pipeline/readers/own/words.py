"""The words of own emotions: those that the study lists, or those found."""

from collections.abc import Iterable, Mapping

from data_pipeline.dataset.own_data import is_word
from data_pipeline.labels.spellings import describe_respellings
from data_pipeline.system.errors import DataError, quote_short

MOST_WORDS = 100
"""More different words are text, and no classes."""

Found = tuple[str, str]
"""A word, and the place where it was found."""


def own_words(found: Iterable[Found], wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the classes in order: ``wanted``, or those found.

    Numbers are in the order of their values, other words in that of the alphabet.
    DataError: a word is not wanted, is spelled in two ways, or is none.

    Example:
        >>> own_words([("tense", "row 2"), ("calm", "row 3")], ())
        ('calm', 'tense')
        >>> own_words([("10", "row 2"), ("9", "row 3")], ())
        ('9', '10')
    """
    first: dict[str, Found] = {}
    for word, place in found:
        _check_word(word, place)
        key = word.casefold()
        before, there = first.setdefault(key, (word, place))
        if before != word and not wanted:
            raise DataError(
                f"{place}: the emotion {quote_short(word)} is also written "
                f"{quote_short(before)} ({there}); write it in one way, or list the "
                "words in [data] emotions"
            )
    if wanted:
        _check_wanted(first, wanted)
        return wanted
    words = [word for word, _ in first.values()]
    if len(words) > MOST_WORDS:
        raise DataError(
            f"the emotions have {len(words)} different words, the first is "
            f"{quote_short(words[0])} ({first[words[0].casefold()][1]}); at most "
            f"{MOST_WORDS} can be classes: map another column, or list the words in "
            "[data] emotions"
        )
    return tuple(sorted(words, key=_order))


def in_words(found: str, words: Mapping[str, str]) -> str:
    """Returns the study's word for an emotion as the data write it, in any case.

    Example:
        >>> in_words("ha", {"HA": "happiness"}), in_words("calm", {})
        ('happiness', 'calm')
    """
    return {key.casefold(): word for key, word in words.items()}.get(
        found.casefold(), found
    )


def describe_words(found: Iterable[str], words: Mapping[str, str]) -> tuple[str, ...]:
    """Describes the emotions that are not written in the study's words."""
    if not words:
        return ()
    return describe_respellings(
        (word, in_words(word, words)) for word in sorted({*found})
    )


def spelling(words: tuple[str, ...]) -> dict[str, str]:
    """Maps the lower-case form of each word to the word."""
    return {word.casefold(): word for word in words}


def _check_word(word: str, place: str) -> None:
    if not is_word(word):
        raise DataError(
            f"{place}: an emotion is a word of at most 60 printable characters, found "
            f"{quote_short(word)}; correct it"
        )


def _check_wanted(first: dict[str, Found], wanted: tuple[str, ...]) -> None:
    known = spelling(wanted)
    for key, (word, place) in first.items():
        if key not in known:
            raise DataError(
                f"{place}: the emotion is one of {', '.join(wanted)}, found "
                f"{quote_short(word)}; correct it, or add it to [data] emotions"
            )


def _order(word: str) -> tuple[bool, int, str]:
    number = word.isascii() and word.isdigit()
    return not number, int(word) if number else 0, word.casefold()
