"""What the stages of one run share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from search.inputs.study_data import Progress, StudyData
from search.run_folder import RunFolder
from search.study.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a study on its data.

    ``storage`` is the URL of Optuna's storage, empty where nothing is searched.
    ``print`` prints a line, ``progress`` shows how far a step is, and ``check`` raises
    where another driver has taken over the run; ``fence`` does so for a database
    connection that is about to commit.
    """

    study: Study
    data: StudyData
    folder: RunFolder
    storage: str = ""
    print: Callable[[str], None] = lambda _: None
    progress: Progress = lambda *_: None
    check: Callable[[], None] = lambda: None
    fence: Callable[[Any], None] = lambda _: None
