"""A run of a study, opened from Python."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from data_pipeline.media.crop_option import TRAINED
from data_pipeline.system.errors import RunError
from data_pipeline.system.workers import usable_cores
from models.explanation.methods import GRAD_CAM
from search.api import model_file
from search.api.model_file import SMOOTH
from search.api.paths import AnyPath, data_text, path_or_none
from search.reports.holdout_html import HoldoutReport
from search.run_folder import RunFolder, read_json

if TYPE_CHECKING:  # slow to import
    import pandas as pd

    from search.disk.removable import Removable
    from search.holdout.rescore import Rescored
    from search.ledger.records import TrialRecord
    from search.reports.replay_report import Replay

LOCAL = "127.0.0.1"
"""Curves are shown to this machine only."""


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
        from search.run_files import NESTED  # noqa: PLC0415 - loads pydantic

        place = Path(out).resolve()
        if (place / name / NESTED).is_file():
            return cls(RunFolder(out=place, name=name), storage)
        return cls(find_run(place, name), storage)

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

    def export(
        self,
        to: AnyPath | None = None,
        *,
        format: str | None = None,  # noqa: A002 - the command's word
        trial: int | None = None,
        data: AnyPath | None = None,
    ) -> int:
        """Writes the model in a format, or the configuration of a trial.

        Args:
            to: the file, which must not exist yet; by default in the run's folder.
            format: ``toml`` for a configuration, or a format of models; by default
                that of the file's ending.
            trial: for ``toml`` the number of a completed trial; by default the one
                that ``final.choose`` took.
            data: as for ``Study.run``: images to check the model on.

        Returns:
            The trial's number.

        Raises:
            InputError: the file exists, or the trial has not completed.
            RunError: there is no model, or the written one differs from it.
        """
        from search.exports.export_model import export_model  # noqa: PLC0415 - Optuna
        from search.exports.target import TOML, chosen_format  # noqa: PLC0415
        from search.pipeline.past_runs import export_trial  # noqa: PLC0415 - loads Optuna

        path = path_or_none(to)
        chosen = chosen_format(format, path)
        if chosen != TOML:
            return export_model(
                self.folder, chosen, path, trial=trial, data=data_text(data)
            ).trial
        return export_trial(
            self.folder.out,
            self.folder.name,
            path,
            trial=trial,
            storage=self.storage,
        ).number

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
            data=data_text(data),
            storage=self.storage,
            tolerance=tolerance,
        )

    def holdout(self) -> HoldoutReport:
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

    def rescore(self) -> "Rescored":
        """Computes the scores of the report again, from its predictions alone.

        Returns:
            Whether they are ``equal``, and what was ``different``.

        Raises:
            RunError: the run has not been tested, or its predictions are damaged.
        """
        from search.holdout.rescore import rescore  # noqa: PLC0415 - loads pandas

        return rescore(self.folder)

    def report(self, to: AnyPath | None = None, *, explain: bool = False) -> Path:
        """Writes the report, one page, of a run that is finished or not.

        Args:
            to: the page's file, ``.html``; by default in the run's folder, where
                ``results.md`` and ``model_card.md`` are written again, too.
            explain: add what the model does with invented faces.

        Returns:
            The page.

        Raises:
            RunError: a file of the run is damaged.
        """
        from search.pipeline.past_runs import report_run  # noqa: PLC0415 - as above

        return report_run(
            self.folder.out,
            self.folder.name,
            storage=self.storage,
            to=path_or_none(to),
            explain=explain,
        ).page

    def nested(self) -> dict[str, Any]:
        """Reads the report of a nested run, ``nested.json``.

        Raises:
            RunError: the run has none: not every outer part has run.
        """
        from search.run_files import NESTED  # noqa: PLC0415 - loads pydantic

        report = read_json(self.folder.file(NESTED))
        if report is None:
            raise RunError(
                f"{self.path}: there is no {NESTED}: run a study with [split] "
                "outer_folds, or what is left of it"
            )
        return report

    @property
    def parts(self) -> list[Self]:
        """The runs of the outer parts of a nested run."""
        names = [part["run"] for part in self.nested()["parts"]]
        return [
            replace(self, folder=RunFolder(out=self.folder.out, name=name))
            for name in names
        ]

    def model(self) -> Any:
        """Loads the retrained Keras model.

        Returns:
            A model from raw pixels (B, S, S, C) in [0, 255] to probabilities by name.

        Raises:
            ModelError: there is none, or Keras cannot load it.
        """
        from models.engines.keras_engine import load_exported  # noqa: PLC0415 - slow
        from search.final.sidecar import MODEL  # noqa: PLC0415 - loads Optuna

        return load_exported(self.folder.file(MODEL), cpus=usable_cores())

    def predict(  # noqa: PLR0913 - by name only, as the options of the command
        self,
        *paths: AnyPath,
        to: AnyPath | None = None,
        format: str | None = None,  # noqa: A002 - the command's word
        draw: AnyPath | None = None,
        every: int = 1,
        all_faces: bool = False,
        batch_size: int = 32,
        crop: str = TRAINED,
    ) -> "pd.DataFrame":
        """Predicts with the run's model; the rest is as for ``search.api.predict``."""
        return model_file.predict(
            self._model_path,
            *paths,
            to=to,
            format=format,
            draw=draw,
            every=every,
            all_faces=all_faces,
            batch_size=batch_size,
            crop=crop,
        )

    def explain(
        self,
        *paths: AnyPath,
        to: AnyPath | None = None,
        method: str = GRAD_CAM,
        every: int = 1,
        dose_response: Sequence[str] | None = None,
        crop: str = TRAINED,
    ) -> Path:
        """Shows where the model looks; the rest is as for ``search.api.explain``."""
        return model_file.explain(
            self._model_path,
            *paths,
            to=to,
            method=method,
            every=every,
            dose_response=dose_response,
            crop=crop,
        )

    def live(
        self,
        *,
        source: AnyPath | None = None,
        port: int = 0,
        smooth: float = SMOOTH,
        exact: bool = False,
        record: AnyPath | None = None,
        crop: str = TRAINED,
    ) -> None:
        """Serves the live view; the rest is as for ``search.api.live``."""
        model_file.live(
            self._model_path,
            source=source,
            port=port,
            smooth=smooth,
            exact=exact,
            record=record,
            crop=crop,
        )

    def clean(self, *, yes: bool = False) -> "list[Removable]":
        """Lists what the run can do without, as ``search.clean --study`` does.

        Args:
            yes: whether it is removed.

        Returns:
            What can go, or has gone: its files, their size, and why.

        Raises:
            RunError: a search works on this run.
        """
        from search.disk.freeing import free_run  # noqa: PLC0415 - loads Optuna

        return free_run(self.folder, storage=self.storage, yes=yes)

    def tensorboard(self, *, port: int = 0) -> None:
        """Serves the curves to this machine until it is interrupted; 0: a free port."""
        from search.pipeline.tensorboard_server import serve_curves  # noqa: PLC0415

        serve_curves(self.folder.out, self.folder.name, LOCAL, port)

    def dashboard(self, *, port: int = 0) -> None:
        """Serves the trials in optuna-dashboard likewise; needs its extra."""
        from search.dashboards.server import serve_trials  # noqa: PLC0415

        serve_trials(self.folder, self.storage, LOCAL, port)

    @property
    def _model_path(self) -> Path:
        from search.final.sidecar import MODEL  # noqa: PLC0415 - loads Optuna

        return self.folder.file(MODEL)

    def _records(self) -> tuple["TrialRecord", ...]:
        from search.pipeline.past_runs import records_of_run  # noqa: PLC0415 - loads Optuna

        return records_of_run(self.folder, storage=self.storage)
