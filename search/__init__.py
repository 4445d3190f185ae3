"""The search: study files, the ledger of trials, executors, the final test.

``Study`` and ``StudyRun`` are for Python and notebooks; see ``search.api``.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from search.api import HoldoutReport, Study, StudyRun

__all__ = ("HoldoutReport", "Study", "StudyRun")


def __getattr__(name: str) -> Any:
    """Loads a name when it is asked for: commands and workers import this package."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from search import api  # noqa: PLC0415

    return getattr(api, name)
