"""A study file becomes a Study: checked, frozen, and written again as it was run."""

import itertools
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from data_pipeline.dataset.config import (
    DataConfig,
    SplitConfig,
    data_problems,
    read_section,
    split_problems,
)
from data_pipeline.files.documents import DocumentError, read_toml
from data_pipeline.files.safe_open import is_regular
from data_pipeline.system.errors import StudyError, shorten, suggest
from data_pipeline.system.seeds import child_seed
from models.config.hyperparameters import HYPERPARAMETERS
from search.study.distributions import Problems
from search.study.enqueued import EnqueuedTrial, read_enqueued
from search.study.objective import read_objective
from search.study.overrides import Raw, override
from search.study.sections import (
    LATER,
    RENAMED,
    SECTIONS,
    Resources,
    Search,
)
from search.study.space import SearchSpace, grid_size, largest_grid, numeric_parameters
from search.study.space_parser import read_space
from search.study.toml_writer import study_text

LARGEST_GRID = 100_000


def space_problems(space: SearchSpace, data: DataConfig, sampler: str) -> Iterator[str]:
    """Says what cannot be searched so.

    Args:
        space: every key of it right.
        data: likewise.
        sampler: of the search.

    Yields:
        A message for each problem.
    """
    if sampler == "grid":
        yield from _grid_problems(space)
    if sampler == "cmaes" and space.parameters and not any(numeric_parameters(space)):
        names = ", ".join(parameter.key for parameter in space.parameters)
        yield (
            "[search] sampler: cmaes moves numbers in a range that have no condition, "
            f"and this space has none, found {names}; take sampler tpe"
        )
    mixup = space.highest("augmentation.mixup", 0.0)
    if data.labels == "multi_target" and float(mixup) > 0:
        yield (
            '"augmentation.mixup": mixes shares of labels, but [data] labels = '
            '"multi_target" is content with any label that has a share, found up to '
            f'{mixup}; say 0, or labels = "crossentropy"'
        )


def _grid_problems(space: SearchSpace) -> Iterator[str]:
    for parameter in space.parameters:
        if not grid_size(parameter.domain):
            yield (
                f'[space] "{parameter.key}": sampler grid needs choices or a step, '
                "found a continuous range"
            )
    if largest_grid(space) > LARGEST_GRID:
        yield (
            f"[space]: sampler grid takes at most {LARGEST_GRID} points, found up to "
            f"{largest_grid(space)}; narrow the space or take sampler tpe"
        )


STUDIES = Path(__file__).resolve().parents[2] / "studies"
KNOWN_TABLES = ("data", "split", "objective", "search", "resources", "fixed", "space")
FREE = ("data.unreadable",)
WITHOUT_SEVERAL = ("loss.label_smoothing", "loss.focal_gamma")
"""What the loss of a row with several right emotions has no use for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One study, complete.

    ``objective`` holds metric names and weights; the value of a trial is their
    weighted mean, to be maximized. ``raw`` is the study file with all overrides.
    ``enqueued`` trials run first; ``enqueued_outside`` has a message for each one that
    overrides put outside the space. ``place`` is the file, for messages.
    """

    name: str
    data: DataConfig
    split: SplitConfig
    objective: tuple[tuple[str, float], ...]
    search: Search
    resources: Resources
    space: SearchSpace
    raw: Mapping[str, Any]
    enqueued: tuple[EnqueuedTrial, ...] = ()
    enqueued_outside: tuple[str, ...] = ()
    place: str = field(default="", compare=False)

    @property
    def stride(self) -> int:
        """The most epochs a fold can take: steps of two folds lie this far apart."""
        default = HYPERPARAMETERS["training.epochs"].default
        return int(self.space.highest("training.epochs", default))

    @property
    def sampler_seed(self) -> int:
        """The sampler's seed; beside a warm start it is no study's own.

        With the earlier run's seed it would propose that run's first trials again.
        """
        seed, earlier = self.search.seed, self.search.warm_start
        return seed if earlier is None else child_seed(seed, "warm_start", earlier)

    def text(self) -> str:
        """Writes the study as a TOML study file."""
        return study_text(self.raw)

    def identity(self) -> dict[str, Any]:
        """Lists what may not change in a run: not budget, resources, unreadable."""
        flat: dict[str, Any] = {}
        for section in ("data", "split"):
            for key, value in asdict(getattr(self, section)).items():
                name = f"{section}.{key}"
                if name not in FREE and (name not in LATER or value != LATER[name]):
                    flat[RENAMED.get(name, name)] = value
        for key in ("seed", "sampler", "pruner"):
            flat[f"search.{key}"] = getattr(self.search, key)
        flat |= {f"objective.{metric}": weight for metric, weight in self.objective}
        flat |= {f"fixed.{key}": value for key, value in self.space.fixed}
        for parameter in self.space.parameters:
            flat[f"space.{parameter.key}"] = repr((parameter.domain, parameter.when))
        return flat


def read_study(
    name: str, *, settings: Sequence[str] = (), seed: int | None = None
) -> Study:
    """Reads a study by its name or by the path of its file.

    Args:
        name: a name in ``studies/`` or a path that ends in ``.toml``.
        settings: ``--set`` texts, applied in order.
        seed: replaces ``search.seed`` when given.

    Raises:
        StudyError: no such study, not TOML, or a wrong key or value; one message
            with every problem, each naming file, key, value and the way out.
    """
    path = find_study(name)
    asked = [] if seed is None else [f"search.seed={seed}"]
    raw = override(_load(path), [*settings, *asked])
    place = f"{path} with --set or --seed" if settings or asked else str(path)
    return check_study(raw, name=path.stem, place=place, changed=bool(settings))


def find_study(name: str) -> Path:
    """Finds a study file from any working directory.

    Raises:
        StudyError: there is no such file; the known names are listed.
    """
    path = Path(name) if name.endswith(".toml") else STUDIES / f"{name}.toml"
    if is_regular(path):
        return path
    known = sorted(file.stem for file in STUDIES.glob("*.toml"))
    raise StudyError(
        f"--study {name}: there is no study file {path}; {suggest(name, known)}, "
        "or the path of a .toml file"
    )


def check_study(raw: Raw, *, name: str, place: str, changed: bool = False) -> Study:
    """Checks the tables of a study file and builds the Study.

    Args:
        raw: the parsed tables.
        name: what the study is called.
        place: the file, for messages.
        changed: whether ``--set`` changed the tables: known configurations that are
            no longer in the space are then left out, where otherwise they are wrong.

    Raises:
        StudyError: one message with every problem found.
    """
    problems = Problems()
    for table in raw:
        if table not in KNOWN_TABLES:
            problems.append(
                f"[{table}]: unknown section; {suggest(table, list(KNOWN_TABLES))}"
            )
        elif not isinstance(raw[table], dict):
            problems.append(f"{table}: must be a section, found {raw[table]!r}")
    _stop(problems, place)
    sections = {
        key: read_section(key, kind, raw.get(key, {}), problems)
        for key, kind in SECTIONS.items()
    }
    objective = read_objective(raw.get("objective", {}), problems)
    space, wrong = read_space(raw.get("fixed", {}), raw.get("space", {}))
    problems.extend(wrong)
    _stop(problems, place)
    enqueued = read_enqueued(sections["search"].enqueue, space, problems)
    outside = enqueued.outside.values()
    study = Study(
        name=name,
        objective=objective,
        space=space,
        raw=_without_enqueued(raw, enqueued.outside) if changed else raw,
        enqueued=enqueued.trials,
        enqueued_outside=tuple(why[0] for why in outside) if changed else (),
        place=place,
        **sections,
    )
    problems.extend(() if changed else itertools.chain(*outside))
    _check_together(study, problems)
    _stop(problems, place)
    return study


def _without_enqueued(raw: Raw, numbers: Container[int]) -> Raw:
    tables = enumerate(raw["search"].get("enqueue", ()), start=1)
    kept = {"enqueue": [table for number, table in tables if number not in numbers]}
    search = raw["search"] | (kept if "enqueue" in raw["search"] else {})
    return raw | {"search": search}


def _load(path: Path) -> Raw:
    try:
        return read_toml(path)
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror})") from error
    except DocumentError as error:
        raise StudyError(f"{path}: {error}") from error


def _stop(problems: Problems, place: str) -> None:
    if problems:
        told = (f"{place}: {shorten(problem)}" for problem in problems)
        raise StudyError("\n".join(told))


def _check_together(study: Study, problems: Problems) -> None:
    """Checks what only two sections together can get wrong."""
    for metric, _ in study.objective:
        target = metric.partition(".")[0]
        if target not in study.data.targets:
            problems.append(
                f'[objective] "{metric}": scores the target {target}, but [data] '
                f"targets has only {', '.join(study.data.targets)}"
            )
    problems.extend((*data_problems(study.data), *split_problems(study.split)))
    if study.data.labels == "multi_target":
        problems.extend(
            f'"{key}": labels = "multi_target" is content with any of several emotions '
            "and does not look at it; drop the key, or take other [data] labels"
            for key in WITHOUT_SEVERAL
            if study.space.highest(key, 0.0)
        )
    if study.search.pruner == "wilcoxon" and study.split.folds < 3:  # noqa: PLR2004
        problems.append(
            "[search] pruner: wilcoxon pairs finished folds, two at least, so it needs "
            f"[split] folds of 3 or more, found {study.split.folds}; choose median"
        )
    problems.extend(space_problems(study.space, study.data, study.search.sampler))
