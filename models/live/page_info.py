"""The page's text about its model, the model's limits, and what is stored."""

from pathlib import Path
from typing import Any

from data_pipeline.labels.labels import FACS_NAMES
from models.inference.sidecar import Sidecar

NOT_FOR = (
    "Not for workplaces or education: the EU AI Act, Article 5(1)(f), prohibits "
    "inferring emotions there, except for medical or safety reasons."
)
LIMITS = (
    "It shows how a model labels the appearance of a face, not what a person feels. It "
    "makes errors, and makes more of them for some people than for others."
)
SYNTHETIC = (
    "SYNTHETIC: the model was trained on synthetic faces only. Its output for real "
    "people is meaningless."
)
NO_DETECTION = "No face is looked for: the model predicts what is in the square."
MOVE_INTO_SQUARE = "Move your face into the square."


def page_info(
    card: Sidecar,
    *,
    source: Path | None,
    record: Path | None,
    note: str,
    detects: bool,
) -> dict[str, Any]:
    """Collects what the page shows beside the frames, as JSON.

    ``source`` is the video (``None``: the camera), ``record`` the table that may be
    written (``None``: none), ``note`` how cropping differs from training (empty: it
    does not), ``detects`` whether faces are looked for.
    """
    return {
        "source": None if source is None else source.name,
        "emotions": card.emotions,
        "units": [
            {"name": name, "called": FACS_NAMES.get(name, "")}
            for name in card.action_units
        ],
        "intensities": [
            {"name": name, "called": FACS_NAMES.get(name, "")}
            for name in card.intensities
        ],
        "thresholds": card.thresholds,
        "ratings": card.dimensions,
        "trained": (
            f"Study {card.study}, trained on {card.data.dataset}"
            + (", synthetic faces" if card.synthetic else "")
        ),
        "warning": SYNTHETIC if card.synthetic else "",
        "notes": [
            *([_no_detection(source)] if not detects else []),
            *([f"Note: {note}."] if note else []),
            LIMITS,
            NOT_FOR,
        ],
        "stored": _stored(record),
        "records": record is not None,
    }


def _no_detection(source: Path | None) -> str:
    """Adds what to do, if there is a camera to move in front of."""
    return f"{NO_DETECTION} {MOVE_INTO_SQUARE}" if source is None else NO_DETECTION


def _stored(record: Path | None) -> str:
    images = "Images do not leave this computer and are not stored."
    if record is None:
        return f"{images} Numbers are not stored either."
    return (
        f"{images} Numbers are stored only while you record, a line for each face and "
        f"frame, in {record}."
    )
