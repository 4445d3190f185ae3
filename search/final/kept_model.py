"""The model in a run's folder, accepted only where file and sidecar agree."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data_pipeline.files.safe_open import read_bytes
from data_pipeline.system.errors import HarnessError, ModelError, RunError
from models.inference.predictor import Predictor
from models.inference.sidecar import read_sidecar
from models.pretrained.provenance import read_provenance
from search.final.sidecar import MODEL, SIDECAR
from search.inputs.run import Run
from search.inputs.study_data import StudyData
from search.run_folder import RunFolder, read_json

COPY = ".tested.keras"
"""Copy of the model while it is loaded for its test; only this process writes it."""

SEEDS = "seeds"
"""Folder of the models of several seeds, and the key of their list in a sidecar."""

_BROKEN = (HarnessError, OSError, ValueError, KeyError, TypeError, AttributeError)
"""Errors raised by a sidecar that is truncated or not of this project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptModel:
    """A model and its sidecar; ``digest`` is the SHA-256 of its file."""

    sidecar: Mapping[str, Any]
    digest: str


def sidecar_in(folder: RunFolder) -> Mapping[str, Any] | None:
    """Reads the sidecar of a folder's model; ``None`` where it is missing or broken."""
    try:
        sidecar = read_json(folder.file(SIDECAR))
        return (
            sidecar
            if sidecar is not None and isinstance(sidecar["trial"], int)
            else None
        )
    except (*_BROKEN, RecursionError):
        return None


def kept_model(run: Run, *, tested: bool = False) -> KeptModel | None:
    """Finds the model that a run may test; ``None`` where it is missing or foreign.

    So it is where one of its seeds is, unless it was ``tested`` before.
    """
    model = intact_model(run.folder)
    if model is None or not _is_of(model.sidecar, run):
        return None
    return model if tested or seeds_of(run.folder, model.sidecar) is not None else None


def seed_folder(folder: RunFolder, number: int) -> RunFolder:
    """Names the folder of one of several seeds, numbered from 1."""
    return RunFolder(out=folder.file(SEEDS), name=f"seed-{number}")


def seeds_of(
    folder: RunFolder, sidecar: Mapping[str, Any]
) -> Mapping[int, KeptModel] | None:
    """Finds the models of the seeds that a model was made of, by their digests.

    Empty for a model of one seed; ``None`` where one is missing or was changed.
    """
    found = {}
    for row in sidecar.get(SEEDS, {}).get("trained", ()):
        model = intact_model(seed_folder(folder, int(row["seed"])))
        if model is None or model.digest != row["sha256"]:
            return None
        found[int(row["seed"])] = model
    return found


def intact_model(folder: RunFolder) -> KeptModel | None:
    """Finds a model whose file, sidecar and description inside the file agree.

    Any one of them alone could have been replaced.
    """
    sidecar = sidecar_in(folder)
    if sidecar is None:
        return None
    try:
        digest = read_sidecar(folder.file(MODEL)).sha256
    except _BROKEN:
        return None
    inside = read_provenance(folder.file(MODEL))
    agreed = inside == {key: sidecar[key] for key in sidecar if key != "sha256"}
    return KeptModel(sidecar=sidecar, digest=digest) if agreed else None


def is_of_data(sidecar: Mapping[str, Any], data: StudyData) -> bool:
    """Whether a model was trained on these rows."""
    found = sidecar["data"].get("fingerprint"), sidecar["data"].get("hold_out")
    return found == (data.fingerprint, data.split.hold_out.key)


def _is_of(sidecar: Mapping[str, Any], run: Run) -> bool:
    """Whether a sidecar is of this run's winner: no checkpoint, no further seed."""
    return is_of_run(sidecar, run) and not sidecar.keys() & {"fold", "seed"}


def is_of_run(sidecar: Mapping[str, Any], run: Run) -> bool:
    """Whether a model is one of this run's study, trained on its rows."""
    same = (sidecar.get("study"), sidecar.get("synthetic")) == (
        run.study.name,
        run.data.synthetic,
    )
    return same and is_of_data(sidecar, run.data)


def load_model(folder: RunFolder, model: KeptModel, *, cpus: int) -> Predictor:
    """Loads exactly the bytes that have the model's digest.

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
        return Predictor(copy, cpus=cpus)
    except ModelError as error:
        raise ModelError(str(error).replace(str(copy), str(path))) from error
    except OSError as error:
        raise RunError(
            f"{path} cannot be copied for its test ({error.strerror}); nothing was "
            "opened; make room, and run the same command again"
        ) from error
    finally:
        copy.unlink(missing_ok=True)
