"""The sections ``[data]`` and ``[split]`` of a study file, checked and frozen.

A search and the commands that look at data read them by this code alone, so that they
refuse the same.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

from data_pipeline.files.documents import DocumentError, read_toml
from data_pipeline.files.safe_open import is_regular
from data_pipeline.system.errors import StudyError, shorten, suggest

STRICT = ConfigDict(extra="forbid", strict=True)
Positive = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class DataConfig:
    """Which data, which targets, at what size (pixels per side).

    ``neutral`` and ``frames`` choose among the frames of a CK+ sequence. ``labels`` is
    the rule that makes emotions of votes; ``None`` where nobody voted. ``crop`` says
    how the face is found that a picture is cut to. ``subjects`` maps ids of the data to
    the id of the same person; an id that is mapped to itself is a person apart.
    """

    dataset: Literal["ckplus", "synthetic", "fer2013", "ferplus", "affectnet"]
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
    subjects: dict[str, str] = Field(default_factory=dict)


@dataclass(config=STRICT, frozen=True, kw_only=True, slots=True)
class SplitConfig:
    """How the data are parted; ``hold_out`` is a share of the subjects.

    By partition, the published test part is held out, whatever ``hold_out`` says.
    ``validation`` is the share of all subjects (or images of a partition) that one
    fold validates on; ``None`` takes the published part, or a fifth of those left.
    ``duplicates`` says whether training keeps images that are also in another part.
    """

    by: Literal["subject", "partition"] = "subject"
    folds: Annotated[int, Field(ge=1, le=100)] = 5
    hold_out: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.2
    hold_out_seed: Seed = 1
    validation: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    duplicates: Literal["keep", "drop_from_training"] = "keep"


def read_section(
    key: str, kind: type, table: Mapping[str, Any], problems: list[str]
) -> Any:
    """Checks one section of a study file.

    Args:
        key: its name.
        kind: its class.
        table: its keys and values.
        problems: gets a message for each that is wrong.

    Returns:
        The section; ``None`` where something is wrong.
    """
    try:
        return kind(**table)
    except ValidationError as error:
        problems.extend(_said(key, kind, found) for found in error.errors())
        return None


def _said(section: str, kind: type, found: Any) -> str:
    where = ".".join(str(part) for part in found["loc"]) or "?"
    place = f"[{section}] {where}"
    if found["type"] == "missing":
        return f"{place}: is missing"
    if found["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        fields = list(kind.__dataclass_fields__)  # type: ignore[attr-defined]
        return f"{place}: unknown key; {suggest(where, fields)}"
    rule = found["msg"].removeprefix("Input should be ")
    rule = rule.replace("a valid tuple", "a list")  # as TOML has it
    return f"{place}: must be {rule}, found {found['input']!r}"


def data_problems(data: DataConfig) -> Iterator[str]:
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
    for name, person in data.subjects.items():
        onward = data.subjects.get(person, person)
        if onward != person:
            yield (
                f'[data] subjects: "{name}" = "{person}", but "{person}" = "{onward}"; '
                f'say "{name}" = "{onward}"'
            )


def split_problems(split: SplitConfig) -> Iterator[str]:
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


STUDIES = Path(__file__).resolve().parents[2] / "studies"

UNSAID: dict[str, Any] = {"targets": ["emotion"], "image_size": 48}
"""What a study that is still being written may lack: data can be looked at without."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StudyData:
    """The sections ``[data]`` and ``[split]`` of a study.

    ``targets_known`` is false where the study names no targets yet; ``place`` is the
    file, for messages.
    """

    data: DataConfig
    split: SplitConfig
    targets_known: bool = True
    place: str = ""


def read_study_data(study: str) -> StudyData:
    """Reads the data's part of a study file; ``search.run`` judges the whole of it.

    Args:
        study: a name in ``studies/`` or a path that ends in ``.toml``.

    Returns:
        The sections, complete with the defaults that a search takes.

    Raises:
        StudyError: no such file, not TOML, or a key is missing or wrong; one message
            with every problem that a search would find in the two sections.
    """
    path = _find(study)
    try:
        tables = read_toml(path)
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror})") from error
    except DocumentError as error:
        raise StudyError(f"{path}: {error}") from error
    problems: list[str] = []
    named = _section(path, "data", tables)
    data = read_section("data", DataConfig, UNSAID | dict(named), problems)
    split = read_section(
        "split", SplitConfig, _section(path, "split", tables), problems
    )
    problems.extend(data_problems(data) if data else ())
    problems.extend(split_problems(split) if split else ())
    if problems:
        raise StudyError(
            "\n".join(f"{path}: {shorten(problem)}" for problem in problems)
        )
    return StudyData(
        data=data, split=split, targets_known="targets" in named, place=str(path)
    )


def _find(study: str) -> Path:
    path = Path(study) if study.endswith(".toml") else STUDIES / f"{study}.toml"
    if is_regular(path):
        return path
    known = sorted(file.stem for file in STUDIES.glob("*.toml"))
    raise StudyError(
        f"--study {study}: there is no study file {path}; {suggest(study, known)}, "
        "or the path of a .toml file"
    )


def _section(path: Path, name: str, tables: Mapping[str, Any]) -> Mapping[str, Any]:
    found = tables.get(name, {})
    if not isinstance(found, dict):
        raise StudyError(f"{path}: {name}: must be a section, found {found!r}")
    return found
