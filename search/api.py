"""Studies from Python: what ``python -m search.run`` and ``search.export`` do.

    from search.api import Study

    study = Study.read("ckplus").with_settings({"search.trials": 20})
    run = study.run(data="data/ckplus")
    run.trials()   # a row for each trial
    run.holdout()  # the report of the one test

All errors are those of ``data_pipeline.system.errors``, with the message that the
command prints.
"""

import html
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from data_pipeline.system.errors import InputError, RunError
from data_pipeline.system.workers import usable_cores
from search.pipeline.run_study import EXECUTORS, STAGES, RunRequest, run_study
from search.run_folder import RunFolder
from search.study import study as studies
from search.study.toml_writer import value_text

if TYPE_CHECKING:  # slow to import
    import pandas as pd

    from search.ledger.records import TrialRecord
    from search.reports.replay_report import Replay

AnyPath = str | PathLike[str]


@dataclass(frozen=True, slots=True)
class Study:
    """A study file with changed keys; ``source`` is its name or path."""

    source: str
    settings: tuple[str, ...] = ()
    seed: int | None = None

    def __post_init__(self) -> None:
        """Validates the study."""
        self._validated()

    @classmethod
    def read(cls, source: AnyPath, *, seed: int | None = None) -> Self:
        """Reads and validates a study.

        Args:
            source: a name in ``studies/`` or a path that ends in ``.toml``.
            seed: replaces ``search.seed``.

        Raises:
            StudyError: no such study, or a wrong key or value.
        """
        return cls(str(source), seed=seed)

    def with_settings(self, settings: Mapping[str, Any]) -> Self:
        """Changes keys, as ``--set`` does; ``None`` removes one.

        Args:
            settings: keys to values: a list has the choices of a hyperparameter, a
                mapping its range.

        Example:
            >>> smoke = Study.read("smoke").with_settings({"search.trials": 4})
            >>> "trials = 4" in smoke.text()
            True

        Raises:
            StudyError: a wrong key or value.
        """
        texts = (f"{key}={_text(value)}" for key, value in settings.items())
        return replace(self, settings=(*self.settings, *texts))

    def text(self) -> str:
        """Writes the study as a TOML study file."""
        return self._validated().text()

    def run(
        self,
        *,
        data: AnyPath | None = None,
        out: AnyPath = "runs",
        executor: str = EXECUTORS[0],
        storage: str | None = None,
        until: str = STAGES[-1],
        reopen: bool = False,
    ) -> "StudyRun":
        """Runs the study, or what is left of it; see ``python -m search.run --help``.

        Args:
            data: its folder; ``None`` is the data set's own, ``"synthetic"`` is drawn.
            out: the folder of all runs.
            executor: ``ray``, or ``serial`` for one trial at a time in this process.
            storage: an Optuna storage URL.
            until: the last stage: ``search``, ``retrain`` or ``holdout``.
            reopen: evaluates on the hold-out again, which is recorded.

        Returns:
            The finished run.

        Raises:
            InputError: wrong data or a wrong option.
            RunError: the run failed; the same call resumes it.
        """
        _check_choice("executor", executor, EXECUTORS)
        _check_choice("until", until, STAGES)
        request = RunRequest(
            study=self.source,
            settings=self.settings,
            seed=self.seed,
            data=None if data is None else str(data),
            out=Path(out),
            executor=executor,
            storage=storage,
            until=until,
            reopen=reopen,
        )
        return StudyRun(run_study(request), storage)

    def _validated(self) -> studies.Study:
        return studies.read_study(self.source, settings=self.settings, seed=self.seed)


@dataclass(frozen=True, slots=True)
class StudyRun:
    """A run of a study, in its folder; made by ``Study.run`` or ``StudyRun.find``."""

    folder: RunFolder
    storage: str | None = None

    @classmethod
    def find(
        cls, name: str, *, out: AnyPath = "runs", storage: str | None = None
    ) -> Self:
        """Finds an earlier run by its own name or its study's.

        Raises:
            InputError: there is no such run, or the name fits two.
        """
        from search.pipeline.past_runs import find_run  # noqa: PLC0415 - loads Optuna

        return cls(find_run(Path(out).resolve(), name), storage)

    @property
    def path(self) -> Path:
        """The folder of the run's files."""
        return self.folder.path

    def trials(self, *, full: bool = False) -> "pd.DataFrame":
        """Reads a row for each trial, with the columns of ``trials.csv``.

        Args:
            full: has every setting, with the columns of ``trials_full.csv``.
        """
        import pandas as pd  # noqa: PLC0415 - slow

        from search.callbacks.trials_csv import trials_csv  # noqa: PLC0415 - loads Optuna
        from search.pipeline.past_runs import searched_keys  # noqa: PLC0415

        searched = None if full else searched_keys(self.folder)
        return pd.read_csv(io.StringIO(trials_csv(self._records(), searched)))

    @property
    def best(self) -> "TrialRecord":
        """The completed trial with the highest value.

        Raises:
            RunError: no trial has completed.
        """
        from search.pipeline.past_runs import pick_trial  # noqa: PLC0415 - loads Optuna

        return pick_trial(self._records(), None, self.folder)

    def export(self, to: AnyPath, *, trial: int | None = None) -> int:
        """Writes the configuration of a trial, the best by default, for final training.

        Args:
            to: the file, which must not exist yet.
            trial: the number of a completed trial.

        Returns:
            The trial's number.

        Raises:
            InputError: the file exists, or the trial has not completed.
        """
        from search.pipeline.past_runs import export_trial  # noqa: PLC0415 - loads Optuna

        return export_trial(
            self.folder.out,
            self.folder.name,
            Path(to),
            trial=trial,
            storage=self.storage,
        )

    def replay(
        self,
        trial: int,
        *,
        data: AnyPath | None = None,
        tolerance: float | None = None,
    ) -> "Replay":
        """Trains a trial again from its record and compares each epoch.

        Args:
            trial: its number; without a value it is trained up to its last epoch.
            data: as for ``Study.run``; synthetic faces are found without it.
            tolerance: largest difference that counts as equal; by default none on the
                same processor with the same versions, else 0.01.

        Returns:
            Whether it is ``equal``, and its ``values``; printed, a table.

        Raises:
            InputError: there is no such trial, it has no epoch, or no data.
        """
        from search.pipeline.replay import replay_trial  # noqa: PLC0415 - loads Optuna

        return replay_trial(
            self.folder,
            trial,
            data=None if data is None else str(data),
            storage=self.storage,
            tolerance=tolerance,
        )

    def holdout(self) -> "HoldoutReport":
        """Reads the report of the test on the hold-out; opens nothing.

        Raises:
            RunError: the run has not been tested.
        """
        from search.run_files import REPORT, read_report  # noqa: PLC0415 - loads pydantic

        report = read_report(self.folder.file(REPORT))
        if report is None:
            raise RunError(
                f"{self.path}: this run has not been tested on its hold-out; run the "
                'study until "holdout"'
            )
        return HoldoutReport(report)

    def model(self) -> Any:
        """Loads the retrained Keras model.

        Returns:
            A model from raw pixels (B, S, S, C) in [0, 255] to probabilities by name.

        Raises:
            ModelError: there is none, or Keras cannot load it.
        """
        from models.inference.predictor import load_exported  # noqa: PLC0415 - slow
        from search.final.model_card import MODEL  # noqa: PLC0415 - loads Optuna

        return load_exported(self.folder.file(MODEL), cpus=usable_cores())

    def _records(self) -> tuple["TrialRecord", ...]:
        from search.pipeline.past_runs import records_of_run  # noqa: PLC0415 - loads Optuna

        return records_of_run(self.folder, storage=self.storage)


class HoldoutReport(Mapping[str, Any]):
    """The content of ``holdout.json``: shown as a table by a notebook and ``print``."""

    def __init__(self, report: Mapping[str, Any]) -> None:
        """Wraps a report that was read and validated."""
        self._report = report

    def __getitem__(self, key: str) -> Any:
        """Returns a part of the report."""
        return self._report[key]

    def __iter__(self) -> Iterator[str]:
        """Goes through the names of its parts."""
        return iter(self._report)

    def __len__(self) -> int:
        """Counts its parts."""
        return len(self._report)

    def __str__(self) -> str:
        """Renders it as the command prints it."""
        from search.reports.holdout_report import describe_report  # noqa: PLC0415

        return describe_report(self._report)

    def _repr_html_(self) -> str:
        """Renders it for a notebook."""
        return f"<pre>{html.escape(str(self))}</pre>"


def _text(value: object) -> str:
    """Writes a value as a ``--set`` text does; nothing for ``None``."""
    return "" if value is None else value_text(value)


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f"{name} must be one of {', '.join(choices)}, found {value!r}")
