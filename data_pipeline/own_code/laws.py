"""Laws of own code: each is a function that raises where it is broken."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from data_pipeline.own_code.named_code import Kind
from data_pipeline.system.errors import InputError, first_line

Law = Callable[[], object]


class ConformanceError(InputError):
    """Own code breaks laws of its kind; ``broken`` has a line for each."""

    def __init__(self, message: str, broken: tuple[str, ...] = ()) -> None:
        """Keeps the lines beside the message."""
        super().__init__(message)
        self.broken = broken

    def __reduce__(self) -> tuple[Any, ...]:
        """Keeps the lines from one process to another."""
        return type(self), (str(self), self.broken)


class BrokenLawError(Exception):
    """A law does not hold; the message is what was found."""


def check_laws(kind: Kind, name: str, laws: Iterable[Law]) -> None:
    """Tries every law.

    Args:
        kind: of the code.
        name: its path, or a short name.
        laws: functions whose docstring begins with the law, in one line.

    Raises:
        ConformanceError: a law is broken, or the code fails.
    """
    broken = tuple(line for law in laws if (line := _tried(law)) is not None)
    if broken:
        lines = "\n".join(f"  {line}" for line in broken)
        raise ConformanceError(
            f"{kind.key}: {name} breaks laws of {kind.group}:\n{lines}\n"
            f"Correct {name}, or name another (see Own code in studies/README.md)",
            broken,
        )


def law_of(case: Callable[..., object], *arguments: Any) -> Law:
    """Makes a law of a function and what it is about; it keeps the docstring.

    Args:
        case: a function whose docstring begins with the law.
        arguments: what it takes.

    Returns:
        A function without arguments.
    """
    law = partial(case, *arguments)
    law.__doc__ = case.__doc__
    return law


def must(holds: object, found: str) -> None:
    """Raises ``BrokenLawError`` with what was found, unless a condition holds."""
    if not holds:
        raise BrokenLawError(found)


def _tried(law: Law) -> str | None:
    text = (law.__doc__ or "").strip().splitlines()[0]
    try:
        law()
    except (BrokenLawError, AssertionError) as error:
        lines = [line.strip() for line in str(error).splitlines()]
        return f"{text} Found: {'; '.join(filter(None, lines))[:300]}"
    except Exception as error:  # noqa: BLE001 - code of others may raise anything
        return f"{text} It raised {type(error).__name__}: {first_line(error)}"
    return None
