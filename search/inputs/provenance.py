"""What a model that a backbone starts from has seen, by what it tells of itself.

The description lies in the model's file, so that every copy has it, and beside it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data_pipeline.dataset.dataset_identity import same_images
from data_pipeline.files.documents import DocumentError, read_json
from data_pipeline.system.errors import StudyError
from models.pretrained.provenance import read_provenance
from search.run_folder import sha256


def seen_by(path: Path) -> list[Mapping[str, Any]]:
    """Lists the data that a model has seen, its own first, then its starts'.

    Args:
        path: of the model; its description lies in the file, beside it, or nowhere.

    Returns:
        ``dataset``, ``synthetic`` and ``hold_out`` of each.
    """
    found: list[Mapping[str, Any]] = []
    for described in _descriptions(path):
        own = {key: described["data"].get(key) for key in ("dataset", "hold_out")}
        earlier = described.get("start", {}).get("seen", [])
        for seen in (own | {"synthetic": described.get("synthetic")}, *earlier):
            if seen not in found:
                found.append(seen)
    return found


def has_seen(path: Path, dataset: str, *, synthetic: bool) -> bool:
    """Tells whether a model, or what it started from, has learned from a data set.

    Args:
        path: of the model.
        dataset: its name, or that of other labels of the same images.
        synthetic: whether its faces are synthetic.
    """
    found = {
        (same_images(seen["dataset"]), seen["synthetic"]) for seen in seen_by(path)
    }
    return (same_images(dataset), synthetic) in found


def is_known(path: Path) -> bool:
    """Tells whether it is known what a model has seen, and what its starts have."""
    told = _descriptions(path)
    starts = [described.get("start", {}) for described in told]
    return bool(told) and not any(start.get("unknown", False) for start in starts)


def check_digest(name: str, path: Path) -> None:
    """Refuses a description that is another model's.

    Args:
        name: how the study names the model.
        path: of the model.

    Raises:
        StudyError: the digest in the description is not the file's, or a description
            lies there that cannot be read.
    """
    beside = path.with_suffix(".json")
    fault = _unreadable(beside)
    if fault is not None:
        raise StudyError(
            f"backbone.weights {name}: {beside} {fault}, so what the model has seen is "
            "not known; copy both files from the run that wrote them, or put the "
            "description away"
        )
    digest = _beside(path).get("sha256")
    if digest is not None and digest != sha256(path):
        raise StudyError(
            f"backbone.weights {name}: {beside} describes another model, so what this "
            "one has seen is not known; copy both files from the run that wrote them, "
            "or put the description away"
        )


def _descriptions(path: Path) -> list[Mapping[str, Any]]:
    """Reads what a model's file says and what lies beside it, where they are ours."""
    return [told for told in (_ours(read_provenance(path)), _beside(path)) if told]


def _beside(path: Path) -> Mapping[str, Any]:
    """Reads the description beside a model; nothing where it is not of this project."""
    try:
        return _ours(read_json(path.with_suffix(".json")))
    except (OSError, DocumentError):
        return {}


def _unreadable(path: Path) -> str | None:
    """Says why a file that is there is no JSON."""
    if not path.is_file():
        return None
    try:
        read_json(path)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except DocumentError as error:
        return str(error)
    return None


def _ours(found: Any) -> Mapping[str, Any]:
    """Keeps a description where it has the shape of this project's."""
    try:
        seen = found.get("start", {"seen": []}).get("seen", [])
        sets = [found["data"]["dataset"], *(one["dataset"] for one in seen)]
        synthetic = [one["synthetic"] for one in seen]
    except (KeyError, TypeError, AttributeError):
        return {}
    ours = isinstance(seen, list) and all(isinstance(name, str) for name in sets)
    return found if ours and all(isinstance(one, bool) for one in synthetic) else {}
