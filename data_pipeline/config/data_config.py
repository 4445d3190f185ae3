"""The section ``[data]`` of a study: which data, which targets, which images."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import ArgsKwargs, PydanticCustomError

from data_pipeline.config.section import STRICT, Positive, one_of
from data_pipeline.dataset.datasets import DATASETS, is_own_data, is_own_reader
from data_pipeline.dataset.own_data import (
    CHANNELS,
    MOST_INTENSE,
    NAMED,
    OWN_KEYS,
    OwnData,
    is_word,
    misplaced_keys,
    own_problems,
)
from data_pipeline.labels.labels import EMOTION_LEVELS, OWN_WORDS, VOTED
from data_pipeline.labels.votes import RULES
from data_pipeline.own_code.named_code import CODE

TARGETS = (
    "emotion",
    "action_units",
    "action_unit_intensities",
    "valence_arousal",
)
"""The kinds of targets a model can predict."""


MIN_CLASSES = 2
"""Emotions that a list of own words has at the least."""

_LEVEL = one_of(EMOTION_LEVELS, VOTED, OWN_WORDS)


def _level_or_words(value: Any) -> Any:
    """Validates the name of a level, or a list of different words."""
    if isinstance(value, str):
        return _LEVEL.func(value)  # type: ignore[call-arg]
    words = value if isinstance(value, list | tuple) else ()
    different = {str(word).casefold() for word in words}
    if len(words) < MIN_CLASSES or len(different) < len(words):
        words = ()
    if not words or not all(map(is_word, words)):
        raise PydanticCustomError(
            "words",
            "Input should be the name of a level, or a list of two or more different "
            "words of at most 60 characters",
        )
    return tuple(words)


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class DataConfig:
    """Which data, which targets, and the size of images in pixels per side.

    ``neutral`` and ``frames`` select frames of a CK+ sequence. ``labels`` is the rule
    that turns votes into emotions. ``crop`` is the method that finds the face to crop,
    ``cropped`` where the pictures are faces. ``subjects`` maps ids to that of the same
    person; an id mapped to itself is a different person. ``demographics`` is a table of
    the subjects, relative to the data.

    ``emotions`` is a level of ``EMOTION_LEVELS``, or the words of own data, which the
    keys of ``OWN_KEYS`` describe (``OwnData``) and ``name`` tells from other own data.
    """

    dataset: Annotated[str, one_of(DATASETS, CODE, also=is_own_reader)]
    targets: Annotated[
        tuple[Annotated[str, one_of(TARGETS)], ...], Field(strict=False, min_length=1)
    ]
    emotions: Annotated[str | tuple[str, ...], PlainValidator(_level_or_words)] = (
        "high_level"
    )
    labels: Annotated[str, one_of(RULES)] | None = None
    image_size: Annotated[int, Field(ge=16, le=1024)]
    unreadable: Literal["error", "quarantine"] = "error"
    neutral: Literal["none", "first"] = "none"
    frames: Positive | None = None
    crop: Literal["none", "cropped", "detect", "landmarks"] = "none"
    subjects: dict[str, str] = Field(default_factory=dict)
    demographics: Annotated[str, Field(min_length=1)] | None = None
    name: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    words: dict[str, str] = Field(default_factory=dict)
    subject: str | None = None
    sequence: str | None = None
    part: str | None = None
    emotion: str | None = None
    include: str | None = None
    table: str | None = None
    separator: str | None = None
    header: bool = True
    missing: Annotated[tuple[str, ...], Field(strict=False)] = ()
    present_from: Annotated[int, Field(ge=1, le=MOST_INTENSE)] | None = None
    channels: Literal[1, 3] | None = None

    @model_validator(mode="before")
    @classmethod
    def _own_words(cls, values: Any) -> Any:
        """Takes the words found in own data where the study names no emotions."""
        keys = values.kwargs if isinstance(values, ArgsKwargs) else None
        if not keys or "emotions" in keys:
            return values
        if not is_own_data(str(keys.get("dataset"))):
            return values
        return ArgsKwargs((), {**keys, "emotions": OWN_WORDS})

    @property
    def level(self) -> str:
        """The level of the emotions; ``OWN_WORDS`` where they are listed."""
        return self.emotions if isinstance(self.emotions, str) else OWN_WORDS

    def own(self) -> OwnData:
        """Returns the description of own data."""
        return OwnData(
            columns=self.columns,
            emotions=() if isinstance(self.emotions, str) else self.emotions,
            words=self.words,
            names={
                role: found
                for role in NAMED
                if (found := getattr(self, role)) is not None
            },
            include=self.include,
            table=self.table,
            separator=self.separator,
            header=self.header,
            missing=self.missing,
            present_from=self.present_from,
            channels=self.channels or CHANNELS,
        )

    def problems(self) -> Iterator[str]:
        """Yields a message for each pair of keys that contradict each other."""
        faces = self.targets == ("emotion",) and self.emotions != "basic_neutral"
        if self.neutral == "first" and faces:
            yield (
                '[data] neutral: "first" adds neutral faces, for which emotions = '
                f'"{self.level}" has no class; use emotions = "basic_neutral"'
            )
        if len(set(self.targets)) < len(self.targets):
            targets = ", ".join(self.targets)
            yield f"[data] targets: names a target twice, found {targets}"
        if self.labels is not None and self.emotions != "ferplus":
            yield (
                "[data] labels: turns votes into labels, which needs emotions = "
                f'"ferplus", found emotions = "{self.level}"; drop the key'
            )
        yield from _own_problems(self)
        for name, person in self.subjects.items():
            last = self.subjects.get(person, person)
            if last != person:
                yield (
                    f'[data] subjects: "{name}" = "{person}", but "{person}" = '
                    f'"{last}"; write "{name}" = "{last}"'
                )


def own_keys(data: DataConfig) -> Iterator[str]:
    """Yields the keys of own data that a study sets."""
    for key in OWN_KEYS:
        default = DataConfig.__dataclass_fields__[key].default
        if getattr(data, key) not in (default, None, {}):
            yield key


def _own_problems(data: DataConfig) -> Iterator[str]:
    """Yields why the keys of own data do not fit the data set, or are wrong."""
    yield from misplaced_keys(data.dataset, data.level, own_keys(data))
    yield from own_problems(data.own())
    if data.name is not None and not is_word(data.name):
        yield (
            "[data] name: must have 1 to 60 characters, and no blank at an end, found "
            f"{data.name!r}; name the data set, or drop the key: it is then named "
            "after its folder"
        )
