"""Exports the model of a run in a format."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_pipeline.system.errors import InputError, RunError
from data_pipeline.system.keras_import import use_tensorflow
from models.conversion.convert import CALIBRATED_ON, Conversion, Converted, convert
from models.conversion.formats import FORMATS
from search.callbacks.progress_bar import ProgressBar, open_console
from search.exports.images import CheckImages, check_images
from search.exports.target import model_target
from search.final.kept_model import intact_model
from search.final.sidecar import MODEL
from search.run_folder import RunFolder

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedModel:
    """A written model.

    ``trial`` is the number of its trial, ``lines`` say what was written and how far it
    is from the Keras model.
    """

    trial: int
    to: Path
    lines: tuple[str, ...]


def export_model(
    folder: RunFolder,
    name: str,
    to: Path | None,
    *,
    trial: int | None = None,
    data: str | None = None,
) -> ExportedModel:
    """Writes the model of a run in the format ``name`` and checks it against Keras.

    ``to`` is the new file or folder, by default in a folder of the run. ``trial`` may
    only be the model's own, ``data`` is as given to ``search.run``.

    Raises:
        RunError: the run has no model, or the written one differs too much.
        InputError: the target exists, a package is missing, or the data are.
    """
    form = FORMATS[name]
    form.require()
    use_tensorflow()
    target = model_target(folder.path, name, to)
    sidecar = _sidecar(folder, trial)
    with ProgressBar(open_console()) as bar:
        images = check_images(folder, sidecar, bar, data=data, scored=form.quantized)
    found = convert(
        Conversion(
            source=folder.file(MODEL),
            sidecar=sidecar,
            form=form,
            to=target,
            pixels=images.pixels,
            images=images.words,
            score=images.score,
        )
    )
    heading = (
        f"trial {sidecar['trial']} of {sidecar['study']}: {target} ({_size(target)})"
    )
    lines = (heading, *_findings(found, images, quantized=form.quantized))
    return ExportedModel(trial=sidecar["trial"], to=target, lines=lines)


def _sidecar(folder: RunFolder, trial: int | None) -> dict[str, Any]:
    """Returns the sidecar of the run's model, without the digest."""
    model = intact_model(folder)
    if model is None:
        raise RunError(
            f"{folder.file(MODEL)}: there is no model, or it and its sidecar do not "
            "agree; run the study to its end (the same command continues)"
        )
    number = model.sidecar["trial"]
    if trial not in (None, number):
        raise InputError(
            f"--trial {trial}: the run's model is that of trial {number}; other trials "
            "have only a configuration: --format toml, and python -m search.train"
        )
    return {key: model.sidecar[key] for key in model.sidecar if key != "sha256"}


def _size(path: Path) -> str:
    files = path.rglob("*") if path.is_dir() else [path]
    total = sum(file.stat().st_size for file in files if file.is_file())
    return f"{total / MEGABYTE:.3g} MB"


def _findings(
    found: Converted, images: CheckImages, *, quantized: bool
) -> Iterator[str]:
    """Says how the model was checked, and what a quantized one lost."""
    count = len(images.pixels)
    if images.note is not None:
        yield f"no development images: {images.note}"
    if quantized:
        yield f"calibrated on {min(CALIBRATED_ON, count)} {images.words}"
    yield (
        f"largest difference from the Keras model on {count} {images.words}: "
        f"{found.difference:.1e}"
    )
    if found.scores:
        yield (
            "scores before and after; the model was trained on these images, so only "
            "the differences count:"
        )
    for name, (before, after) in found.scores.items():
        yield f"  {name}: {before:.4f} -> {after:.4f} ({after - before:+.4f})"
