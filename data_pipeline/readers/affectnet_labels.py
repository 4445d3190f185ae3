"""AffectNet's codes of one image, as emotion, valence and arousal."""

from dataclasses import dataclass

from data_pipeline.dataset.sample_table import Sample
from data_pipeline.files.numerals import parse_number
from data_pipeline.labels.labels import (
    AFFECTNET_EMOTIONS,
    AFFECTNET_NO_EMOTION,
    AFFECTNET_NO_RATING,
    AFFECTNET_UNRATED,
)
from data_pipeline.system.errors import quote_short

OBTAIN_AFFECTNET = (
    "AffectNet is given to researchers who sign its licence: request it at "
    "http://mohammadmahoor.com/affectnet/, unpack it there, or name its folder with "
    "--data DIR. Without it the command works on synthetic faces: add --data synthetic"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRef:
    """An image and the place of its labels."""

    path: str
    place: str
    partition: str | None


def to_sample(image: ImageRef, expression: str, valence: str, arousal: str) -> Sample:
    """Parses an expression, 0 to 10, and two ratings, -1 to 1 or -2 for missing.

    An image rated None (8) has no emotion, but valence and arousal; Uncertain (9) and
    No-Face (10) have none of the three, whatever else is written. ValueError: a label
    is out of range.

    Source: Mollahosseini, Hasani and Mahoor (2017), AffectNet, section 3.
    """
    code = _number("expression", expression)
    ratings = [_rating("valence", valence), _rating("arousal", arousal)]
    if code in AFFECTNET_NO_RATING:
        ratings = [None, None]
    return Sample(
        image=image.path,
        emotion=_emotion(code),
        place=image.place,
        partition=image.partition,
        valence=ratings[0],
        arousal=ratings[1],
    )


def _emotion(code: float) -> str | None:
    if code in AFFECTNET_NO_EMOTION:
        return None
    if code not in range(len(AFFECTNET_EMOTIONS)):
        raise ValueError(
            "an expression is 0 (neutral) to 7 (contempt), or 8, 9, 10 for None, "
            f"Uncertain, No-Face; found {code:g}"
        )
    return str(AFFECTNET_EMOTIONS[int(code)])


def _rating(name: str, text: str) -> float | None:
    value = _number(name, text)
    if value == AFFECTNET_UNRATED:
        return None
    if not -1 <= value <= 1:
        raise ValueError(f"{name} is -1 to 1, or -2 for none; found {text.strip()}")
    return value


def _number(name: str, text: str) -> float:
    try:
        return parse_number(text)
    except ValueError:
        raise ValueError(f"{name} is a number, found {quote_short(text, 20)}") from None
