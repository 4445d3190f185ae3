"""One run of a study, from its labels to the test: what it is asked for, and it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data_pipeline.system.keras_import import check_backend

if TYPE_CHECKING:  # loads pandas
    from search.run_folder import RunFolder

STAGES = ("search", "retrain", "holdout")
EXECUTORS = ("ray", "serial")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What a run is asked for, by the command line or from Python.

    ``study`` is a name or a path, ``settings`` are ``--set`` texts, ``seed`` replaces
    ``search.seed``, ``data`` is a folder or ``synthetic``, ``until`` is the last stage.
    ``address`` is that of a running Ray cluster. ``quiet`` prints nothing, ``json``
    events; ``heading`` is printed first.
    """

    study: str
    settings: Sequence[str] = ()
    seed: int | None = None
    data: str | None = None
    out: Path = Path("runs")
    executor: str = EXECUTORS[0]
    address: str | None = None
    storage: str | None = None
    until: str = STAGES[-1]
    reopen: bool = False
    quiet: bool = False
    json: bool = False
    heading: str = ""


def run_study(request: RunRequest) -> "RunFolder":
    """Runs the stages that are not done yet; returns the folder of the run.

    A study with outer parts is run by ``search.nested``, part by part.
    """
    check_backend()
    # Loads pandas, which --help and a wrong option need not wait for.
    from search.pipeline.opening import open_run, start_early  # noqa: PLC0415

    with open_run(request) as (run, bar), start_early(request, run):
        # Loads Optuna and SQLAlchemy, which a wrong label need not wait for.
        from search.pipeline.stages import run_stages  # noqa: PLC0415

        run_stages(request, run, bar)
    return run.folder
