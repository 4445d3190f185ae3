"""Study files, and their sections ``[data]`` and ``[split]``, checked and frozen.

A search and the commands that look at data read them with this module, so that both
accept and refuse the same files.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    model_validator,
)
from pydantic.dataclasses import dataclass
from pydantic_core import ArgsKwargs, PydanticCustomError

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
from data_pipeline.files.study_files import find_study, load_study
from data_pipeline.labels.labels import EMOTION_LEVELS, OWN_WORDS, VOTED
from data_pipeline.labels.votes import RULES
from data_pipeline.own_code.named_code import CODE
from data_pipeline.system.errors import StudyError, shorten, suggest

STRICT = ConfigDict(extra="forbid", strict=True)
Positive = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]

TARGETS = (
    "emotion",
    "action_units",
    "action_unit_intensities",
    "valence_arousal",
)
"""The kinds of targets a model can predict."""


def one_of(
    registry: Iterable[str], *more: str, also: Callable[[str], bool] | None = None
) -> AfterValidator:
    """Validates a registered name, with the message of pydantic's ``Literal``.

    ``also`` accepts other names, which ``more`` describes.
    """

    def check(name: str) -> str:
        *names, last = map(repr, (*registry, *more))
        if also is not None and also(name):
            return name
        if repr(name) not in (*names, last):
            expected = f"{', '.join(names)} or {last}"
            raise PydanticCustomError(
                "literal_error", "Input should be {expected}", {"expected": expected}
            )
        return name

    return AfterValidator(check)


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


MIN_CLASSES = 2
"""Emotions that a list of own words has at the least."""


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


LEAVE_ONE_OUT = "subjects"  # each subject is an outer part


def _outer_folds(value: Any) -> Any:
    """Validates a number of outer parts, or the word for one a subject."""
    if value not in (None, LEAVE_ONE_OUT) and not (type(value) is int and value > 1):
        raise PydanticCustomError(
            "outer_folds", 'Input should be a whole number of at least 2, or "subjects"'
        )
    return value


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class SplitConfig:
    """How the data are split; ``hold_out`` is a share of the subjects.

    By partition, the published test part is held out, whatever ``hold_out`` is. By
    sequence or by image, shares are of those, and a subject may be in two parts.
    ``validation`` is the share of all subjects (or images of a partition) that one
    fold validates on; ``None`` takes the published part, or a fifth of those left.
    ``duplicates`` is whether training keeps images that are also in another part.

    ``outer_folds`` parts are held out in turn, each from a search of its own, with
    ``inner_folds`` folds. Such a search has an ``outer_part``, which is its hold-out.
    """

    by: Literal["subject", "partition", "sequence", "image"] = "subject"
    folds: Annotated[int, Field(ge=1, le=100)] = 5
    hold_out: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.2
    hold_out_seed: Seed = 1
    validation: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    duplicates: Literal["keep", "drop_from_training"] = "keep"
    outer_folds: Annotated[int | str | None, PlainValidator(_outer_folds)] = None
    inner_folds: Annotated[int, Field(ge=1, le=100)] = 1
    outer_part: Positive | None = None

    @property
    def nested(self) -> bool:
        """Whether each outer part is to be held out in turn."""
        return self.outer_folds is not None and self.outer_part is None

    @property
    def held_out_share(self) -> float:
        """The share of the subjects that is held out, about."""
        parts = self.outer_folds
        share = 1 / parts if isinstance(parts, int) else 0.0
        return self.hold_out if parts is None else share

    def problems(self) -> Iterator[str]:
        """Yields a message for each pair of keys that contradict each other."""
        yield from _outer_problems(self)
        if self.validation is None:
            return
        if self.folds > 1:
            yield (
                f"[split] validation: {self.validation} is the share of the one "
                f"validation part of folds = 1, found folds = {self.folds}; use "
                "folds = 1, or drop validation"
            )
        if self.by != "partition" and self.held_out_share + self.validation >= 1:
            held = "hold_out" if self.outer_folds is None else "an outer part"
            yield (
                f"[split] validation: {self.validation} and {held} = "
                f"{self.held_out_share:.3g} leave no {self.by}s to train on; together "
                "they must be below 1"
            )


def _outer_problems(split: SplitConfig) -> Iterator[str]:
    """Yields why outer parts do not fit the rest of the section."""
    outer = split.outer_folds
    if outer is None and split.outer_part is not None:
        yield f"[split] outer_part: {split.outer_part} needs outer_folds"
    if outer is not None and split.by == "partition":
        yield (
            '[split] outer_folds: by = "partition" keeps the published parts, so that '
            "only the published test part is tested; drop outer_folds, or use by = "
            '"subject" where the data name subjects'
        )
    if outer == LEAVE_ONE_OUT and split.by in ("sequence", "image"):
        yield (
            f'[split] outer_folds: "subjects" needs by = "subject", found by = '
            f'"{split.by}"; name a number of parts'
        )


def read_section(
    key: str, kind: type, table: Mapping[str, Any], problems: list[str]
) -> Any:
    """Builds one section of a study file, and adds a message for each wrong key.

    Args:
        key: the name of the section.
        kind: its class.
        table: its keys and values.
        problems: receives the messages.

    Returns:
        The section, or ``None`` if a key is wrong.
    """
    try:
        section = kind(**table)
    except ValidationError as error:
        problems.extend(_describe(key, kind, detail) for detail in error.errors())
        return None
    if isinstance(section, DataConfig | SplitConfig):
        problems.extend(section.problems())
    return section


def refuse(problems: Iterable[str], place: str) -> None:
    """Raises one ``StudyError`` with all problems of the file ``place``, if any."""
    lines = [f"{place}: {shorten(problem)}" for problem in problems]
    if lines:
        raise StudyError("\n".join(lines))


def _describe(section: str, kind: type, error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"]) or "?"
    place = f"[{section}] {where}"
    if error["type"] == "missing":
        return f"{place}: is missing"
    if error["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        fields = list(kind.__dataclass_fields__)  # type: ignore[attr-defined]
        return f"{place}: unknown key; {suggest(where, fields)}"
    rule = error["msg"].removeprefix("Input should be ")
    rule = rule.replace("a valid tuple", "a list")  # the word of TOML
    return f"{place}: must be {rule}, found {error['input']!r}"


DRAFT: dict[str, Any] = {"targets": ["emotion"], "image_size": 48}
"""Values of required keys for looking at the data of an unfinished study."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StudyData:
    """The sections ``[data]`` and ``[split]`` of a study.

    ``has_targets`` is false while the study names none; ``name`` is the study's,
    and ``place`` its file, for messages.
    """

    data: DataConfig
    split: SplitConfig
    has_targets: bool = True
    name: str = ""
    place: str = ""


def read_study_data(study: str) -> StudyData:
    """Reads the sections of the data from a study file, finished or not.

    ``study`` is a name in ``studies/`` or a path that ends in ``.toml``. StudyError:
    one message with every problem that a search would find in the two sections.
    """
    path = find_study(study)
    tables = load_study(path)
    data_table, split_table = (_table(path, key, tables) for key in ("data", "split"))
    problems: list[str] = []
    data = read_section("data", DataConfig, DRAFT | dict(data_table), problems)
    split = read_section("split", SplitConfig, split_table, problems)
    refuse(problems, str(path))
    return StudyData(
        data=data,
        split=split,
        has_targets="targets" in data_table,
        name=path.stem,
        place=str(path),
    )


def _table(path: Path, name: str, tables: Mapping[str, Any]) -> Mapping[str, Any]:
    table = tables.get(name, {})
    if not isinstance(table, dict):
        raise StudyError(f"{path}: {name}: must be a section, found {table!r}")
    return table
