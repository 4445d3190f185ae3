"""What the live page says of its model, of its limits and of what is stored."""

from pathlib import Path
from typing import Any

from data_pipeline.labels.labels import FACS_NAMES
from models.inference.model_card import Description

NOT_FOR = (
    "Not for workplaces or education: there the EU AI Act, Article 5(1)(f), forbids to "
    "infer emotions, medical and safety reasons apart."
)
WHAT_IT_SAYS = (
    "It says how a model labels the look of a face, not what a person feels; it errs, "
    "and not alike for all people."
)
SYNTHETIC = (
    "SYNTHETIC: the model learned from synthetic faces alone. What it says about real "
    "people means nothing."
)
NO_FACE_SOUGHT = (
    "This model was trained on faces already cut out, and looks for none: it judges "
    "what is in the square."
)
BRING_IT = "Bring your face into the square."


def facts(
    description: Description, *, source: Path | None, record: Path | None, note: str
) -> dict[str, Any]:
    """Collects what the page shows beside the frames.

    Args:
        description: of the model.
        source: the video that is played; ``None`` for the camera.
        record: where numbers are written; ``None`` for nowhere.
        note: how faces are cut otherwise than in training; empty for not.

    Returns:
        What JSON can hold.
    """
    crop = description.input.crop
    kind = "none" if isinstance(crop, str) else crop.get("kind")
    return {
        "source": None if source is None else source.name,
        "emotions": description.emotions,
        "units": [
            {"name": name, "called": FACS_NAMES.get(name, "")}
            for name in description.action_units
        ],
        "thresholds": description.thresholds,
        "ratings": description.dimensions,
        "trained": (
            f"Study {description.study}, trained on {description.data.dataset}"
            + (", synthetic faces" if description.synthetic else "")
        ),
        "warning": SYNTHETIC if description.synthetic else "",
        "notes": [
            *(_unsought(source) if kind == "none" else []),
            *([f"Note: {note}."] if note else []),
            WHAT_IT_SAYS,
            NOT_FOR,
        ],
        "stored": _stored(record),
    }


def _unsought(source: Path | None) -> list[str]:
    """Tells that no face is looked for; only who sits before a camera can move."""
    return [f"{NO_FACE_SOUGHT} {BRING_IT}" if source is None else NO_FACE_SOUGHT]


def _stored(record: Path | None) -> str:
    pictures = "Pictures do not leave this computer and are not stored."
    if record is None:
        return f"{pictures} Numbers are not stored either."
    return f"{pictures} Numbers ARE written, a line a frame, to {record}."
