"""The model that a run's folder holds, where it is whole: file and card agree."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data_pipeline.files.safe_open import read_bytes
from data_pipeline.system.errors import HarnessError, ModelError, RunError
from models.inference.model_card import read_description
from models.inference.predictor import Inference
from models.pretrained.provenance import read_provenance
from search.final.model_card import MODEL, SIDECAR
from search.inputs.prepare import Labelled
from search.run_folder import RunFolder, read_json
from search.study.study import Study

COPY = ".tested.keras"
"""The model while it is loaded for its test: nobody else writes to this file."""

_BROKEN = (HarnessError, OSError, ValueError, KeyError, TypeError, AttributeError)
"""What a card raises that was cut short, or that somebody else wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptModel:
    """A model of this very run; ``digest`` is the SHA-256 of its file."""

    card: Mapping[str, Any]
    digest: str


def card_in(folder: RunFolder) -> Mapping[str, Any] | None:
    """Reads the card of a run's model; ``None`` where there is none that is whole."""
    try:
        card = read_json(folder.file(SIDECAR))
        return card if card is not None and isinstance(card["trial"], int) else None
    except (*_BROKEN, RecursionError):
        return None


def kept_model(study: Study, folder: RunFolder, labelled: Labelled) -> KeptModel | None:
    """Finds the model that a run may test.

    Args:
        study: the study.
        folder: of its run.
        labelled: its data.

    Returns:
        The model; ``None`` where it is missing, broken or another one.
    """
    model = whole_model(folder)
    mine = model is not None and _is_of(model.card, study, labelled)
    return model if mine else None


def whole_model(folder: RunFolder) -> KeptModel | None:
    """Finds a model whose file, card and description inside the file agree.

    One of them alone is quickly replaced.

    Args:
        folder: where it lies.

    Returns:
        The model; ``None`` where it is missing or broken.
    """
    card = card_in(folder)
    if card is None:
        return None
    try:
        digest = read_description(folder.file(MODEL)).sha256
    except _BROKEN:
        return None
    inside = read_provenance(folder.file(MODEL))
    agreed = inside == {key: card[key] for key in card if key != "sha256"}
    return KeptModel(card=card, digest=digest) if agreed else None


def is_of_data(card: Mapping[str, Any], labelled: Labelled) -> bool:
    """Tells whether a model learned from these very rows."""
    found = card["data"].get("fingerprint"), card["data"].get("hold_out")
    return found == (labelled.fingerprint, labelled.split.hold_out.key)


def _is_of(card: Mapping[str, Any], study: Study, labelled: Labelled) -> bool:
    """Tells whether a card is of this run's winner: no checkpoint, no further seed."""
    same = (card.get("study"), card.get("synthetic")) == (
        study.name,
        labelled.synthetic,
    )
    return same and is_of_data(card, labelled) and not card.keys() & {"fold", "seed"}


def loaded(folder: RunFolder, model: KeptModel, *, cpus: int) -> Inference:
    """Loads the very bytes that have a model's digest.

    Args:
        folder: of the run.
        model: what was found there.
        cpus: threads it may use.

    Returns:
        The model.

    Raises:
        RunError: the file has changed since, or cannot be copied.
        ModelError: Keras cannot load it.
    """
    path, copy = folder.file(MODEL), folder.file(COPY)
    try:
        content = read_bytes(path)
        if hashlib.sha256(content).hexdigest() != model.digest:
            raise RunError(
                f"{path} was changed while it was to be tested; nothing was opened, "
                "and the same command trains it again"
            )
        copy.write_bytes(content)
        return Inference(copy, cpus=cpus)
    except ModelError as error:
        raise ModelError(str(error).replace(str(copy), str(path))) from error
    except OSError as error:
        raise RunError(
            f"{path} cannot be copied for its test ({error.strerror}); nothing was "
            "opened; make room, and give the same command again"
        ) from error
    finally:
        copy.unlink(missing_ok=True)
