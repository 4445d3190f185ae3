"""The sections of a study file, as checked and frozen values."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", strict=True)
Positive = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Data:
    """Which data, which targets, at what size (pixels per side).

    ``neutral`` and ``frames`` choose among the frames of a CK+ sequence. ``labels`` is
    the rule that makes emotions of votes; ``None`` where nobody voted. ``crop`` says
    how the face is found that a picture is cut to.
    """

    dataset: Literal["ckplus", "drawn", "fer2013", "ferplus", "affectnet"]
    targets: Annotated[
        tuple[Literal["emotion", "action_units", "valence_arousal"], ...],
        Field(strict=False, min_length=1),
    ]
    emotions: Literal[
        "high_level",
        "basic",
        "basic_neutral",
        "fer2013",
        "ferplus",
        "affectnet",
        "affectnet7",
    ] = "high_level"
    labels: (
        Literal[
            "majority",
            "probability",
            "crossentropy",
            "multi_target",
            "argmax",
            "strict",
        ]
        | None
    ) = None
    image_size: Annotated[int, Field(ge=16, le=1024)]
    unreadable: Literal["error", "quarantine"] = "error"
    neutral: Literal["none", "first"] = "none"
    frames: Positive | None = None
    crop: Literal["none", "detect", "landmarks"] = "none"


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Split:
    """How the data are parted; ``hold_out`` is a share of the subjects.

    By partition, the published test part is held out, whatever ``hold_out`` says.
    ``validation`` is the share of all subjects (or images of a partition) that one
    fold validates on; ``None`` takes the published part, or a fifth of those left.
    """

    by: Literal["subject", "partition"] = "subject"
    folds: Annotated[int, Field(ge=1, le=100)] = 5
    hold_out: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.2
    hold_out_seed: Seed = 1
    validation: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Search:
    """How many trials, and who proposes and stops them.

    ``enqueue`` holds known configurations, which are tried first; ``warm_start`` names
    an earlier study, whose best trials come next. ``tensorboard`` writes curves of
    every trial, ``checkpoints`` the models of so many best trials.
    """

    trials: Positive
    seed: Seed = 1
    sampler: Literal["tpe", "random", "gp", "cmaes", "qmc", "grid"] = "tpe"
    pruner: Literal[
        "hyperband", "successive_halving", "median", "patient", "wilcoxon", "none"
    ] = "successive_halving"
    tensorboard: bool = True
    checkpoints: Annotated[int, Field(ge=0)] = 0
    warm_start: Annotated[str, Field(min_length=1)] | None = None
    enqueue: Annotated[tuple[dict[str, Any], ...], Field(strict=False)] = ()


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class Resources:
    """What one trial takes; a fraction of a GPU shares it."""

    cpus_per_trial: Positive = 1
    gpus_per_trial: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = 0.0
    max_concurrent: Positive = 2


LATER: dict[str, object] = {
    "data.neutral": "none",
    "data.frames": None,
    "data.labels": None,
    "data.crop": "none",
    "split.validation": None,
}
"""Keys younger than the first runs -> their defaults, which change nothing of a run."""

RENAMED: dict[str, str] = {"data.labels": "data.label_rule"}
"""Keys whose name in a run's identity is taken: there ``data.labels`` is a digest."""

SECTIONS: dict[str, type] = {
    "data": Data,
    "split": Split,
    "search": Search,
    "resources": Resources,
}


def data_problems(data: Data) -> Iterator[str]:
    """Says what two keys of ``[data]`` have against each other.

    Args:
        data: the section, each key of it right.

    Yields:
        A message for each pair that cannot be.
    """
    faces = data.targets == ("emotion",) and data.emotions != "basic_neutral"
    if data.neutral == "first" and faces:
        yield (
            '[data] neutral: "first" adds neutral faces, for which emotions = '
            f'"{data.emotions}" has no class; say emotions = "basic_neutral"'
        )
    if len(set(data.targets)) < len(data.targets):
        yield f"[data] targets: names a target twice, found {', '.join(data.targets)}"
    if data.labels is not None and data.emotions != "ferplus":
        yield (
            "[data] labels: makes labels of votes, which only emotions = "
            f'"ferplus" has, found emotions = "{data.emotions}"; drop the key'
        )


def split_problems(split: Split) -> Iterator[str]:
    """Says what two keys of ``[split]`` have against each other.

    Args:
        split: the section, each key of it right.

    Yields:
        A message for each pair that cannot be.
    """
    if split.validation is None:
        return
    if split.folds > 1:
        yield (
            f"[split] validation: {split.validation} is the share of the one validation"
            f" part of folds = 1, found folds = {split.folds}; say folds = 1, or drop "
            "validation"
        )
    if split.by == "subject" and split.hold_out + split.validation >= 1:
        yield (
            f"[split] validation: {split.validation} and hold_out = {split.hold_out} "
            "leave nobody to train on; together they must be below 1"
        )
