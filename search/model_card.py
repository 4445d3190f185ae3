"""The card of a model: what goes in, what comes out, where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from data_pipeline.crop import cropper
from search.prepare import Labelled
from search.results import Retrained
from search.run_folder import RunFolder, sha256, write_json
from search.starts import start_card
from search.study import Study
from search.truth import label_rules

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
    folder.file(PARTIAL).replace(folder.file(MODEL))
    card = _card(study, folder, winner, labelled, retrained)
    write_json(folder.file(SIDECAR), card | more)


def _card(
    study: Study,
    folder: RunFolder,
    winner: Winner,
    labelled: Labelled,
    retrained: Retrained,
) -> dict[str, Any]:
    """Describes a model: what goes in, what comes out, where it comes from."""
    frame = labelled.frame
    return {
        "study": study.name,
        "drawn": labelled.drawn,
        "trial": winner.trial,
        "epochs": winner.epoch,
        "parameters": retrained.parameters,
        "input": {
            "size": frame.image_size,
            "channels": frame.channels,
            "range": [0, 255],
            "crop": cropper(study.data.crop).describe(),
        },
        "emotions": list(frame.emotions),
        "action_units": list(frame.action_units),
        "dimensions": list(frame.dimensions),
        **label_rules(study.data),
        "thresholds": dict(winner.thresholds),
        "data": {
            "dataset": study.data.dataset,
            "fingerprint": labelled.fingerprint,
            "hold_out": labelled.split.hold_out.key,
            "unreadable": retrained.left_out,
            "without_face": retrained.without_face,
        },
        **start_card(winner.weights, frame, retrained.start),
        "sha256": sha256(folder.file(MODEL)),
        "versions": {name: version(name) for name in PACKAGES},
    }
