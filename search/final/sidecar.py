"""The sidecar of a model: its inputs, its outputs and where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data_pipeline.config.dataset_identity import dataset_name
from data_pipeline.files.safe_open import sha256
from models.calibration.calibration import CalibrationFit
from models.pretrained.provenance import write_provenance
from models.pretrained.sources import LoadedWeights
from search.inputs.face_template import sidecar_crop
from search.inputs.initial_weights import sidecar_entry
from search.inputs.run import Run
from search.inputs.scoring_targets import label_rules
from search.run_folder import RunFolder, write_json
from search.trial.messages import CALIBRATION, Retrained

MODEL, SIDECAR, PARTIAL = "model.keras", "model.json", ".model.part.keras"
PACKAGES = ("keras", "tensorflow", "optuna", "ray", "numpy", "scikit-learn", "pillow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Winner:
    """The part of a model's sidecar that describes its trial.

    ``thresholds`` are those of probabilities that are not calibrated.
    """

    trial: int
    epoch: int
    thresholds: Mapping[str, float]
    weights: str
    calibration: CalibrationFit | None = None


def place_model(run: Run, winner: Winner, retrained: Retrained, **more: int) -> None:
    """Moves a trained model to its final name and writes its sidecar beside it.

    The model lies in the run's folder under its partial name. ``more`` is added to
    the sidecar, as is the last training loss.
    """
    sidecar = sidecar_of(
        run, winner, parameters=retrained.parameters, start=retrained.start
    )
    sidecar["data"] |= {
        "unreadable": retrained.left_out,
        "without_face": retrained.without_face,
    }
    place_signed(run.folder, sidecar | {"loss": retrained.losses[-1]} | more)


def place_signed(folder: RunFolder, sidecar: Mapping[str, Any]) -> None:
    """Writes a sidecar into the model under its partial name, and gives it its own."""
    signed = signed_sidecar(folder.file(PARTIAL), sidecar)
    folder.file(PARTIAL).replace(folder.file(MODEL))
    write_json(folder.file(SIDECAR), signed)


def thresholds_entry(winner: Winner) -> dict[str, Any]:
    """Writes the thresholds of the model's probabilities, and their calibration."""
    fit = winner.calibration
    if fit is None:
        return {"thresholds": dict(winner.thresholds)}
    moved = fit.calibration.thresholds(winner.thresholds)
    return {"thresholds": moved, CALIBRATION: fit.entry()}


def signed_sidecar(model: Path, sidecar: Mapping[str, Any]) -> dict[str, Any]:
    """Writes a sidecar into its model's file, where every copy keeps it.

    Returns the sidecar with the digest of the file, to be written beside it.
    """
    write_provenance(model, sidecar)
    return dict(sidecar) | {"sha256": sha256(model)}


def sidecar_of(
    run: Run, winner: Winner, *, parameters: int, start: LoadedWeights | None
) -> dict[str, Any]:
    """Describes a model: what ``models.inference.sidecar`` reads, and more.

    ``parameters`` counts trainable weights; ``start`` is what its backbone was
    initialized with, ``None`` where that was random.
    """
    study, data, data_spec = run.study, run.data, run.data.data_spec
    return {
        "study": study.name,
        "synthetic": data.synthetic,
        "trial": winner.trial,
        "epochs": winner.epoch,
        "parameters": parameters,
        "input": {
            "size": data_spec.image_size,
            "channels": data_spec.channels,
            "range": [0, 255],
            "crop": sidecar_crop(run),
        },
        "emotions": list(data_spec.emotions),
        "action_units": list(data_spec.action_units),
        "intensities": list(data_spec.intensities),
        "dimensions": list(data_spec.dimensions),
        **label_rules(study.data),
        **thresholds_entry(winner),
        "data": {
            "dataset": dataset_name(study.data, data.root),
            "fingerprint": data.fingerprint,
            "hold_out": data.split.hold_out.key,
        },
        **sidecar_entry(winner.weights, data_spec, start),
        "versions": {name: version(name) for name in PACKAGES},
    }
