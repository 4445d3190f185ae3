"""The section ``[split]`` of a study: who is held out, and the folds of the others."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from data_pipeline.config.section import STRICT, Positive, Seed

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
