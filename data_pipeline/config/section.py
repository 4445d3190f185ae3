"""Reads a section of a study file into a frozen class; names each wrong key.

A search and the commands that look at data read them with this module, so that both
accept and refuse the same files.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Protocol, runtime_checkable

from pydantic import AfterValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from data_pipeline.system.errors import StudyError, shorten, suggest

STRICT = ConfigDict(extra="forbid", strict=True)
Positive = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


@runtime_checkable
class Contradictable(Protocol):
    """A section whose keys may contradict each other."""

    def problems(self) -> Iterator[str]:
        """Yields a message for each such pair of keys."""


def one_of(
    registry: Iterable[str], *more: str, also: Callable[[str], bool] | None = None
) -> AfterValidator:
    """Validates a registered name, with the message of pydantic's ``Literal``.

    ``also`` accepts other names, which ``more`` describes.
    """

    def check(name: str) -> str:
        *names, last = map(repr, (*registry, *more))
        if also is not None and also(name):
            return name
        if repr(name) not in (*names, last):
            expected = f"{', '.join(names)} or {last}"
            raise PydanticCustomError(
                "literal_error", "Input should be {expected}", {"expected": expected}
            )
        return name

    return AfterValidator(check)


def read_section(
    key: str, kind: type, table: Mapping[str, Any], problems: list[str]
) -> Any:
    """Builds one section of a study file, and adds a message for each wrong key.

    Args:
        key: the name of the section.
        kind: its class.
        table: its keys and values.
        problems: receives the messages.

    Returns:
        The section, or ``None`` if a key is wrong.
    """
    try:
        section = kind(**table)
    except ValidationError as error:
        problems.extend(_describe(key, kind, detail) for detail in error.errors())
        return None
    if isinstance(section, Contradictable):
        problems.extend(section.problems())
    return section


def refuse(problems: Iterable[str], place: str) -> None:
    """Raises one ``StudyError`` with all problems of the file ``place``, if any."""
    lines = [f"{place}: {shorten(problem)}" for problem in problems]
    if lines:
        raise StudyError("\n".join(lines))


def _describe(section: str, kind: type, error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"]) or "?"
    place = f"[{section}] {where}"
    if error["type"] == "missing":
        return f"{place}: is missing"
    if error["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        fields = list(kind.__dataclass_fields__)  # type: ignore[attr-defined]
        return f"{place}: unknown key; {suggest(where, fields)}"
    rule = error["msg"].removeprefix("Input should be ")
    rule = rule.replace("a valid tuple", "a list")  # the word of TOML
    return f"{place}: must be {rule}, found {error['input']!r}"
