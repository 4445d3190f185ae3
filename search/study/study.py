"""Reads a study file into a validated, frozen ``Study``."""

import itertools
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from data_pipeline.config.data_config import DataConfig, own_keys
from data_pipeline.config.section import read_section, refuse
from data_pipeline.config.split_config import SplitConfig
from data_pipeline.dataset.own_data import OWN_KEYS
from data_pipeline.files.study_files import find_study, load_study
from data_pipeline.system.errors import suggest
from data_pipeline.system.seeds import child_seed
from models.config.hyperparameters import HYPERPARAMETERS, STANDARD
from models.metrics.own.metric import is_own_metric
from search.costs.limits import COSTS, Constraints
from search.study.algorithms import pareto_problems, pruner_problems, sampler_of
from search.study.distributions import Problems
from search.study.enqueued import EnqueuedTrial, read_enqueued
from search.study.finetuning import finetuning_problems
from search.study.objective import (
    WORST_GROUP,
    read_objective,
    read_worst_group,
    value_names,
    with_pareto_defaults,
)
from search.study.overrides import Raw, override
from search.study.sections import SECTIONS, Final, Resources, Search
from search.study.space import SearchSpace
from search.study.space_parser import read_space
from search.study.toml_writer import study_text, value_text

TABLES = (
    "data",
    "split",
    "objective",
    "constraints",
    "search",
    "final",
    "resources",
    "fixed",
    "space",
)
NUMBERS_OF_LOSSES = {
    "loss.label_smoothing": ("emotion",),
    "loss.focal_gamma": ("emotion", "action_units"),
    "loss.ccc_share": ("valence_arousal",),
}
"""Numbers of this project's losses, and the heads that they act on."""

MULTI_TARGET_UNUSED = ("loss.label_smoothing", "loss.focal_gamma")
"""Keys without effect on the loss of images with several correct emotions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A complete study.

    ``objective`` has metric names and weights; a trial's value is their weighted mean,
    to be maximized; with ``worst_group``, an attribute of the subjects, it is that of
    the worst group. ``goals`` are the names of several objectives, metrics before
    costs; empty where the value is the only one. ``raw`` is the study file with all
    overrides. ``enqueued`` trials run first; ``enqueued_outside`` has a message for
    each one that overrides put outside the space. ``place`` is the file, for messages.
    """

    name: str
    data: DataConfig
    split: SplitConfig
    objective: tuple[tuple[str, float], ...]
    search: Search
    resources: Resources
    final: Final
    constraints: Constraints
    space: SearchSpace
    raw: Mapping[str, Any]
    worst_group: str | None = None
    enqueued: tuple[EnqueuedTrial, ...] = ()
    enqueued_outside: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    place: str = field(default="", compare=False)

    @property
    def stride(self) -> int:
        """The maximum number of epochs of a fold, the distance of two folds' steps."""
        default = HYPERPARAMETERS["training.epochs"].default
        return int(self.space.highest("training.epochs", default))

    @property
    def sampler_seed(self) -> int:
        """The sampler's seed, derived from the earlier study after a warm start.

        With the earlier run's seed it would propose that run's first trials again.
        """
        seed, earlier = self.search.seed, self.search.warm_start
        return seed if earlier is None else child_seed(seed, "warm_start", earlier)

    @property
    def value_names(self) -> list[str]:
        """Names of a trial's values: of the one that is maximized, or of its goals."""
        return value_names(self.objective, self.goals, self.worst_group)

    @property
    def own_metrics(self) -> tuple[str, ...]:
        """Names of own metrics; those of weight 0 are only reported."""
        return tuple(filter(is_own_metric, self.raw.get("objective", {})))

    def text(self) -> str:
        """Writes the study as a TOML study file."""
        return study_text(self.raw)

    def identity(self) -> dict[str, Any]:
        """Lists what may not change in a run: not budget, resources, unreadable."""
        flat: dict[str, Any] = {}
        for section in ("data", "split"):
            values = asdict(getattr(self, section))
            flat |= {f"{section}.{key}": value for key, value in values.items()}
        del flat["data.unreadable"], flat["data.demographics"]
        # Their own study has them as its folds and trials.
        del flat["split.inner_folds"]
        for key in ("split.outer_folds", "split.outer_part"):
            if flat[key] is None:  # absent in older runs
                del flat[key]
        # Absent in older runs, whose data are no one's own.
        for key in set(OWN_KEYS) - set(own_keys(self.data)):
            del flat[f"data.{key}"]
        # In a run's identity data.labels is the digest of the labels.
        flat["data.label_rule"] = flat.pop("data.labels")
        for key in ("seed", "sampler", "pruner"):
            flat[f"search.{key}"] = getattr(self.search, key)
        flat |= {f"objective.{metric}": weight for metric, weight in self.objective}
        flat |= {f"objective.{cost}": True for cost in COSTS if cost in self.goals}
        flat |= {"objective.mode": "pareto"} if self.goals else {}
        limits = self.constraints.limits()
        flat |= {f"constraints.{cost}": f"<= {most:g}" for cost, most in limits.items()}
        if self.worst_group is not None:
            flat[f"objective.{WORST_GROUP}"] = self.worst_group
        flat |= {f"fixed.{key}": value for key, value in self.space.fixed}
        for parameter in self.space.parameters:
            flat[f"space.{parameter.key}"] = value_text(parameter.entry())
        return flat


def read_study(
    name: str, *, settings: Sequence[str] = (), seed: int | None = None
) -> Study:
    """Reads a study by its name or by the path of its file.

    Args:
        name: a name in ``studies/`` or a path that ends in ``.toml``.
        settings: ``--set`` texts, applied in order.
        seed: replaces ``search.seed``.

    Raises:
        StudyError: no such study, not TOML, or a wrong key or value; one message
            with every problem, each naming file, key, value and solution.
    """
    path = find_study(name)
    seeded = [] if seed is None else [f"search.seed={seed}"]
    raw = override(load_study(path), [*settings, *seeded])
    place = f"{path} with --set or --seed" if settings or seeded else str(path)
    return check_study(raw, name=path.stem, place=place, changed=bool(settings))


def check_study(raw: Raw, *, name: str, place: str, changed: bool = False) -> Study:
    """Validates the tables of a study file; collects every problem in one error.

    With ``changed`` (by ``--set``), enqueued trials outside the space are skipped
    instead of refused. ``place`` is the file, for messages.
    """
    problems = Problems()
    for table in raw:
        if table not in TABLES:
            problems.append(
                f"[{table}]: unknown section; {suggest(table, list(TABLES))}"
            )
        elif not isinstance(raw[table], dict):
            problems.append(f"{table}: must be a section, found {raw[table]!r}")
    refuse(problems, place)
    raw = with_pareto_defaults(raw)
    sections = {
        key: read_section(key, kind, raw.get(key, {}), problems)
        for key, kind in SECTIONS.items()
    }
    objective = read_objective(raw.get("objective", {}), problems)
    worst_group = read_worst_group(raw.get("objective", {}), problems)
    space, wrong = read_space(raw.get("fixed", {}), raw.get("space", {}))
    problems.extend(wrong)
    refuse(problems, place)
    enqueued = read_enqueued(sections["search"].enqueue, space, problems)
    outside = enqueued.outside.values()
    study = Study(
        name=name,
        objective=objective.metrics,
        goals=objective.goals,
        worst_group=worst_group,
        space=space,
        raw=_without_enqueued(raw, enqueued.outside) if changed else raw,
        enqueued=enqueued.trials,
        enqueued_outside=tuple(why[0] for why in outside) if changed else (),
        place=place,
        **sections,
    )
    problems.extend(() if changed else itertools.chain(*outside))
    problems.extend(_cross_section_problems(study))
    refuse(problems, place)
    return study


def _without_enqueued(raw: Raw, numbers: Container[int]) -> Raw:
    tables = enumerate(raw["search"].get("enqueue", ()), start=1)
    kept = {"enqueue": [table for number, table in tables if number not in numbers]}
    search = raw["search"] | (kept if "enqueue" in raw["search"] else {})
    return raw | {"search": search}


def _cross_section_problems(study: Study) -> Iterator[str]:
    for metric, _ in study.objective:
        target = metric.partition(".")[0]
        if target not in study.data.targets:
            yield (
                f'[objective] "{metric}": scores the target {target}, but [data] '
                f"targets has only {', '.join(study.data.targets)}"
            )
    if study.worst_group is not None and study.goals:
        yield (
            f"[objective] {WORST_GROUP}: makes one value of each group's, and mode = "
            '"pareto" has several; remove one of the two keys'
        )
    if study.worst_group is not None and study.data.demographics is None:
        yield (
            f'[objective] {WORST_GROUP}: "{study.worst_group}" needs a table of the '
            'subjects; name it with [data] demographics = "FILE.csv", or remove the key'
        )
    yield from _multi_target_problems(study)
    yield from _own_loss_problems(study)
    yield from pruner_problems(study.search.pruner, study.split.folds)
    yield from sampler_of(study.search.sampler).problems(study.space)
    if study.goals:
        yield from pareto_problems(study.search.sampler, study.search.pruner)
    yield from finetuning_problems(study.search, study.space)


def _own_loss_problems(study: Study) -> Iterator[str]:
    """Yields numbers of this project's losses that no configuration uses."""
    for key in study.space.changed_keys() & NUMBERS_OF_LOSSES.keys():
        heads = [head for head in NUMBERS_OF_LOSSES[key] if head in study.data.targets]
        losses = [study.space.ends(f"loss.{head}", STANDARD) for head in heads]
        if heads and not any(STANDARD in values for values in losses):
            yield (
                f'"{key}": has no effect on own losses, and "loss.{heads[0]}" has no '
                f'other; remove the key, or add "{STANDARD}" to the losses'
            )


def _multi_target_problems(study: Study) -> Iterator[str]:
    if study.data.labels != "multi_target":
        return
    for key in MULTI_TARGET_UNUSED:
        if study.space.highest(key, 0.0):
            yield (
                f'"{key}": has no effect with labels = "multi_target"; remove the key, '
                "or use other [data] labels"
            )
    mixup = study.space.highest("augmentation.mixup", 0.0)
    if float(mixup) > 0:
        yield (
            '"augmentation.mixup": mixes label shares, but [data] labels = '
            '"multi_target" accepts any label with a share, found up to '
            f'{mixup}; use 0, or labels = "crossentropy"'
        )
