"""What a model that a backbone starts from has seen, by the description beside it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data_pipeline.errors import StudyError
from data_pipeline.regular import read_text
from search.run_folder import sha256

SAME_IMAGES = {"fer2013": "ferplus", "drawn": "ckplus"}
"""FER+ is other labels of FER2013; drawn faces are laid out as CK+ unless told."""


def seen_by(path: Path) -> list[Mapping[str, Any]]:
    """Lists the data that a model has seen, its own first, then its starts'.

    Args:
        path: of the model; its description lies beside it, if it has one.

    Returns:
        ``dataset``, ``drawn`` and ``hold_out`` of each.
    """
    described = _described(path)
    if not described:
        return []
    own = {key: described["data"].get(key) for key in ("dataset", "hold_out")}
    earlier = described.get("start", {}).get("seen", [])
    return [own | {"drawn": described.get("drawn")}, *earlier]


def has_seen(path: Path, dataset: str, *, drawn: bool) -> bool:
    """Tells whether a model, or what it started from, has learned from a data set.

    Args:
        path: of the model.
        dataset: its name, or that of other labels of the same images.
        drawn: whether its faces are drawn.
    """
    found = {(_images(seen["dataset"]), seen["drawn"]) for seen in seen_by(path)}
    return (_images(dataset), drawn) in found


def is_known(path: Path) -> bool:
    """Tells whether it is known what a model has seen, and what its starts have."""
    described = _described(path)
    return bool(described) and not described.get("start", {}).get("unknown", False)


def check_digest(name: str, path: Path) -> None:
    """Refuses a description that is another model's.

    Args:
        name: how the study names the model.
        path: of the model.

    Raises:
        StudyError: the digest in the description is not the file's.
    """
    digest = _described(path).get("sha256")
    if digest is not None and digest != sha256(path):
        raise StudyError(
            f"backbone.weights {name}: {path.with_suffix('.json')} describes another "
            "model, so what this one has seen is not known; copy both files from the "
            "run that wrote them, or put the description away"
        )


def _images(dataset: str) -> str:
    return SAME_IMAGES.get(dataset, dataset)


def _described(path: Path) -> Mapping[str, Any]:
    """Reads the description beside a model; nothing where it is not of this project."""
    try:
        found = json.loads(read_text(path.with_suffix(".json")))
        start = found.get("start", {"seen": []})
        ours = isinstance(found["data"]["dataset"], str)
        ours = ours and isinstance(start.get("seen", []), list)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return found if ours else {}
