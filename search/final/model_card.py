"""The card of a model: what goes in, what comes out, where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data_pipeline.images.crop import make_cropper
from models.pretrained.provenance import write_provenance
from models.pretrained.sources import LoadedWeights
from search.inputs.initial_weights import start_card
from search.inputs.prepare import Labelled
from search.inputs.scoring_targets import label_rules
from search.run_folder import RunFolder, sha256, write_json
from search.study.study import Study
from search.trial.messages import Retrained

MODEL, SIDECAR, PARTIAL = "model.keras", "model.json", ".model.part.keras"
PACKAGES = ("keras", "tensorflow", "optuna", "ray", "numpy", "scikit-learn", "pillow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Winner:
    """What a model's description says of the trial it comes from."""

    trial: int
    epoch: int
    thresholds: Mapping[str, float]
    weights: str


def place_model(
    study: Study,
    folder: RunFolder,
    winner: Winner,
    labelled: Labelled,
    retrained: Retrained,
    **more: int,
) -> None:
    """Puts a trained model in its place, and its card beside it.

    Args:
        study: the study.
        folder: of the run; the model lies in it under its partial name.
        winner: the trial that it comes from.
        labelled: the data.
        retrained: how the training ended.
        more: what else the card says.
    """
    card = card_of(
        study,
        labelled,
        winner,
        parameters=retrained.parameters,
        start=retrained.start,
    )
    card["data"] |= {
        "unreadable": retrained.left_out,
        "without_face": retrained.without_face,
    }
    signed = signed_card(folder.file(PARTIAL), card | more)
    folder.file(PARTIAL).replace(folder.file(MODEL))
    write_json(folder.file(SIDECAR), signed)


def signed_card(model: Path, card: Mapping[str, Any]) -> dict[str, Any]:
    """Writes a card into its model's file, where every copy keeps it.

    Args:
        model: the file.
        card: what it is.

    Returns:
        The card with the digest of the file, for beside it.
    """
    write_provenance(model, card)
    return dict(card) | {"sha256": sha256(model)}


def card_of(
    study: Study,
    labelled: Labelled,
    winner: Winner,
    *,
    parameters: int,
    start: LoadedWeights | None,
) -> dict[str, Any]:
    """Describes a model: what goes in, what comes out, where it comes from.

    Args:
        study: the study.
        labelled: the data.
        winner: the trial that it comes from.
        parameters: weights that training could change.
        start: what its backbone started from, where that was not random.

    Returns:
        What ``models.inference.model_card`` reads, and more for people.
    """
    data_spec = labelled.data_spec
    return {
        "study": study.name,
        "synthetic": labelled.synthetic,
        "trial": winner.trial,
        "epochs": winner.epoch,
        "parameters": parameters,
        "input": {
            "size": data_spec.image_size,
            "channels": data_spec.channels,
            "range": [0, 255],
            "crop": make_cropper(study.data.crop).describe(),
        },
        "emotions": list(data_spec.emotions),
        "action_units": list(data_spec.action_units),
        "dimensions": list(data_spec.dimensions),
        **label_rules(study.data),
        "thresholds": dict(winner.thresholds),
        "data": {
            "dataset": study.data.dataset,
            "fingerprint": labelled.fingerprint,
            "hold_out": labelled.split.hold_out.key,
        },
        **start_card(winner.weights, data_spec, start),
        "versions": {name: version(name) for name in PACKAGES},
    }
