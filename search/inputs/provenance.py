"""What a model was trained on, by its description in the file and beside it.

The description lies in the model's file, so that every copy has it, and beside it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data_pipeline.config.dataset_identity import OWN_DATA, same_images
from data_pipeline.files.documents import DocumentError, read_json
from data_pipeline.files.safe_open import is_regular, sha256
from data_pipeline.system.errors import StudyError
from models.pretrained.provenance import read_provenance
from models.pretrained.shelf import ShelfRow, row_of_file


def training_data(path: Path) -> list[Mapping[str, Any]]:
    """Lists the data that a model was trained on, its own first, then earlier ones.

    Each has ``dataset``, ``synthetic`` and ``hold_out``; earlier ones are those of the
    models that its backbone was initialized with.
    """
    found: list[Mapping[str, Any]] = []
    for sidecar in _descriptions(path):
        own = {key: sidecar["data"].get(key) for key in ("dataset", "hold_out")}
        earlier = sidecar.get("start", {}).get("trained_on", [])
        for data in (own | {"synthetic": sidecar.get("synthetic")}, *earlier):
            if data not in found:
                found.append(data)
    return found


def training_data_of(row: ShelfRow) -> list[Mapping[str, Any]]:
    """Lists the data that weights of the shelf were trained on.

    The shape is that of ``training_data``; what was held out is not known.
    """
    return [
        {"dataset": name, "hold_out": None, "synthetic": False}
        for name in row.trained_on
    ]


def has_seen(
    found: Sequence[Mapping[str, Any]], dataset: str, *, synthetic: bool
) -> bool:
    """Whether training data are the images of a data set; other labels count too.

    A user's own data count as the set that they are named after.
    """
    images = {(_images(data["dataset"]), data["synthetic"]) for data in found}
    return (_images(dataset), synthetic) in images


def _images(dataset: str) -> str:
    return same_images(dataset.casefold().removeprefix(OWN_DATA))


def trained_on(path: Path, dataset: str, *, synthetic: bool) -> bool:
    """Whether a model, or one before it, was trained on the images of a data set.

    Other labels of the same images count too.
    """
    return has_seen(training_data(path), dataset, synthetic=synthetic)


def has_provenance(path: Path) -> bool:
    """Whether the training data of a model and of those before it are known."""
    sidecars = _descriptions(path)
    starts = [sidecar.get("start", {}) for sidecar in sidecars]
    return bool(sidecars) and not any(start.get("unknown", False) for start in starts)


def check_digest(name: str, path: Path) -> None:
    """Refuses a description beside a model that is broken or another model's.

    ``name`` is the study's name for the model.
    """
    beside = path.with_suffix(".json")
    fault = _unreadable(beside)
    if fault is not None:
        raise StudyError(
            f"backbone.weights {name}: {beside} {fault}, so the training data of the "
            "model are unknown; copy both files from the run that wrote them, or move "
            "the description away"
        )
    digest = _beside(path).get("sha256")
    if digest is not None and digest != sha256(path):
        raise StudyError(
            f"backbone.weights {name}: {beside} describes another model, so the "
            "training data of this one are unknown; copy both files from the run "
            "that wrote them, or move the description away"
        )


def _descriptions(path: Path) -> list[Mapping[str, Any]]:
    """Reads the descriptions in a model's file and beside it, if they are ours.

    A file of the shelf has none; it is known by its digest, under any name.
    """
    row = row_of_file(sha256(path)) if is_regular(path) else None
    if row is not None:
        first, *others = training_data_of(row)
        start = {"trained_on": others, "unknown": bool(row.unnamed)}
        return [{"data": first, "synthetic": False, "start": start}]
    return [
        sidecar for sidecar in (_ours(read_provenance(path)), _beside(path)) if sidecar
    ]


def _beside(path: Path) -> Mapping[str, Any]:
    """Reads the description beside a model; empty where it is not of this project."""
    try:
        return _ours(read_json(path.with_suffix(".json")))
    except (OSError, DocumentError):
        return {}


def _unreadable(path: Path) -> str | None:
    """Returns why a file that exists is not JSON."""
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
    """Keeps a description that has the shape of this project's."""
    try:
        earlier = found.get("start", {"trained_on": []}).get("trained_on", [])
        sets = [found["data"]["dataset"], *(one["dataset"] for one in earlier)]
        synthetic = [one["synthetic"] for one in earlier]
    except (KeyError, TypeError, AttributeError):
        return {}
    ours = isinstance(earlier, list) and all(isinstance(name, str) for name in sets)
    return found if ours and all(isinstance(one, bool) for one in synthetic) else {}
