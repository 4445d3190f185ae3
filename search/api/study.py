"""A study, read and run from Python."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from data_pipeline.config.study_data import StudyData
from data_pipeline.system.keras_import import check_backend
from search.api.model_file import check_choice
from search.api.paths import AnyPath, data_text, path_or_none
from search.api.study_run import StudyRun
from search.nested.run import run as run_request
from search.pipeline.run_study import EXECUTORS, STAGES, RunRequest
from search.study import study as studies
from search.study.toml_writer import value_text

if TYPE_CHECKING:  # slow to import
    from data_pipeline.checks.dataset_check import CheckResult as Check
    from search.disk.removable import Removable


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

    def run(  # noqa: PLR0913 - by name only, as the options of the command
        self,
        *,
        data: AnyPath | None = None,
        out: AnyPath = "runs",
        executor: str = EXECUTORS[0],
        address: str | None = None,
        storage: str | None = None,
        until: str = STAGES[-1],
        reopen: bool = False,
    ) -> "StudyRun":
        """Runs the study, or what is left of it; see ``python -m search.run --help``.

        Args:
            data: its folder; ``None`` is the data set's own, ``"synthetic"`` is drawn.
            out: the folder of all runs.
            executor: ``ray``, or ``serial`` for one trial at a time in this process.
            address: of a running Ray cluster: ``auto``, ``HOST:PORT`` or
                ``ray://HOST:PORT``; ``None`` is this machine alone.
            storage: an Optuna storage URL.
            until: the last stage: ``search``, ``retrain`` or ``holdout``.
            reopen: evaluates on the hold-out again, which is recorded.

        Returns:
            The finished run.

        Raises:
            InputError: wrong data or a wrong option.
            RunError: the run failed; the same call resumes it.
        """
        check_choice("executor", executor, EXECUTORS)
        check_choice("until", until, STAGES)
        request = RunRequest(
            study=self.source,
            settings=self.settings,
            seed=self.seed,
            data=data_text(data),
            out=Path(out),
            executor=executor,
            address=address,
            storage=storage,
            until=until,
            reopen=reopen,
        )
        return StudyRun(run_request(request), storage)

    def check(self, *, data: AnyPath | None = None, out: AnyPath = "runs") -> "Check":
        """Reads all data and finds problems, as ``python -m data_pipeline.check`` does.

        Args:
            data: as for ``run``; synthetic faces must have been drawn.
            out: the folder of all runs; people who were tested there stay held out.

        Returns:
            What was found; ``problems`` is empty where all is well.

        Raises:
            InputError: there are no such data, or they cannot be split this way.
        """
        from data_pipeline.check import check_data  # noqa: PLC0415

        return check_data(self._keys(), data=data_text(data), out=Path(out))[1]

    def explore(
        self,
        *,
        data: AnyPath | None = None,
        out: AnyPath | None = None,
        demographics: AnyPath | None = None,
        show_faces: bool = False,
    ) -> Path:
        """Writes a page about the data, as ``python -m data_pipeline.explore`` does.

        Args:
            data: as for ``run``.
            out: the page's folder.
            demographics: a table of the subjects.
            show_faces: whether faces are shown.

        Returns:
            The page.

        Raises:
            InputError: the data are wrong, or the folder holds something else.
        """
        from data_pipeline.explore import write_page  # noqa: PLC0415

        return write_page(
            self._keys(),
            data=data_text(data),
            out=path_or_none(out),
            demographics=path_or_none(demographics),
            show_faces=show_faces,
        )

    def _keys(self) -> StudyData:
        study = self._validated()
        return StudyData(
            data=study.data, split=study.split, name=study.name, place=study.place
        )

    def _validated(self) -> studies.Study:
        return studies.read_study(self.source, settings=self.settings, seed=self.seed)


def draft(data: AnyPath, to: AnyPath) -> Study:
    """Writes a study for a folder of faces, as ``python -m data_pipeline.draft`` does.

    Args:
        data: the folder, or a table.
        to: the study file, which must not exist yet; its comments say what was assumed.

    Returns:
        The study.

    Raises:
        InputError: the file exists, or the folder has no faces with labels.
    """
    from data_pipeline.draft import write_draft  # noqa: PLC0415

    write_draft(Path(data), Path(to))
    return Study.read(to)


def compare(
    *names: str,
    data: AnyPath | None = None,
    out: AnyPath = "runs",
    storage: str | None = None,
) -> dict[str, Any]:
    """Compares finished studies, as ``python -m search.compare`` does.

    Args:
        names: of two studies or runs, or more; each other one is compared with the
            first.
        data: the data of the first, to compare out-of-fold predictions too.
        out: the folder of all runs.
        storage: as for ``Study.run``.

    Returns:
        ``runs`` with their settings and metrics, and ``pairs`` with differences.

    Raises:
        InputError: a run is unknown, unfinished, named twice, or has other targets.
    """
    from search.comparison.comparing import compare_runs  # noqa: PLC0415 - loads Optuna

    place = Path(out).resolve()
    found = compare_runs(place, names, data=data_text(data), storage=storage)
    return found.entry()


def clean_cache(*, out: AnyPath = "runs", yes: bool = False) -> "list[Removable]":
    """Lists what the cache can do without, as ``search.clean --cache`` does.

    Args:
        out: the folder of all runs.
        yes: whether it is removed.

    Returns:
        What can go, or has gone: its files, their size, and why.

    Raises:
        RunError: a search works there.
    """
    from search.disk.freeing import free_cache  # noqa: PLC0415 - loads Optuna

    return free_cache(Path(out).resolve(), yes=yes)


def train(
    config: AnyPath,
    *,
    data: AnyPath | None = None,
    out: AnyPath = "runs",
    seeds: int = 1,
    scored: bool = True,
) -> list[Path]:
    """Trains an exported configuration, as ``python -m search.train`` does.

    Args:
        config: ``best.toml`` of a run, or what ``StudyRun.export`` wrote.
        data: as for ``Study.run``.
        out: the folder of all runs.
        seeds: the number of models, each with its own seed.
        scored: whether several seeds are also trained on the folds, which scores them.

    Returns:
        The folder of each seed.

    Raises:
        InputError: the configuration or the data are wrong.
        RunError: a training diverged, or a folder holds another configuration.
    """
    check_backend()
    from search.pipeline.train_seeds import train_seeds  # noqa: PLC0415 - loads pandas

    folder = Path(out).resolve()
    return list(
        train_seeds(Path(config), data_text(data), folder, seeds=seeds, scored=scored)
    )


def _text(value: object) -> str:
    """Writes a value as a ``--set`` text does; nothing for ``None``."""
    return "" if value is None else value_text(value)
