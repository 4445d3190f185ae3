"""``python -m models.explain``: where a model looks, and what it responds to.

    python -m models.explain --model runs/NAME/model.keras [--to DIR]
        [--method grad-cam|integrated-gradients] [--crop trained|none|detect]
        [--every K] [PATH...] [--dose-response [AU ...]]

For each face of the paths a picture: the face as the model gets it, and a map for each
emotion and action unit. --dose-response varies one action unit at a time on invented
people, and shows the response of every output. Exit codes: 0 done, 1 failed or nothing
could be read, 2 wrong input, 130 interrupted.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data_pipeline.files.atomic_write import empty_folder
from data_pipeline.media.crop_option import TRAINED, add_crop
from data_pipeline.pages.wording import counted
from data_pipeline.system.cli import Parser, nonempty_path, positive, run_command
from data_pipeline.system.errors import InputError
from data_pipeline.system.keras_import import check_backend
from data_pipeline.system.progress import stage_bars
from data_pipeline.system.terminal import print_line, print_note
from models.explanation.methods import GRAD_CAM, METHODS

if TYPE_CHECKING:
    from data_pipeline.media.face_crops import FaceCropper
    from models.explanation.explainer import Explainer
    from models.inference.predictor import Predictor
    from models.inference.sidecar import Sidecar

KERAS = ".keras"
FOLDER = "explanation"
"""Where pictures are written, beside the model."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with these or the process's arguments; returns the exit code."""
    args = _parser().parse_intermixed_args(arguments)
    return run_command(
        lambda: explain_files(**vars(args)), stopped="finished pictures are kept"
    )


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        "models.explain", "Show where a model looks, and what it responds to."
    )
    add = parser.add_argument
    add(
        "paths",
        type=nonempty_path,
        nargs="*",
        metavar="PATH",
        help="image, video, or folder of them; before --dose-response",
    )
    add(
        "--model",
        type=nonempty_path,
        required=True,
        help="model file, such as runs/NAME/model.keras",
    )
    add(
        "--to",
        type=nonempty_path,
        metavar="DIR",
        help="folder to write, new or empty (default: explanation, beside the model)",
    )
    add(
        "--method",
        choices=METHODS,
        default=GRAD_CAM,
        help="how maps are made (default: %(default)s; where the network has no map "
        "of places, integrated-gradients)",
    )
    add(
        "--every",
        type=positive,
        default=1,
        metavar="K",
        help="explain every K-th frame of a video (default: 1)",
    )
    add(
        "--dose-response",
        nargs="*",
        metavar="AU",
        help="vary these action units, such as AU12, on synthetic faces "
        "(default: those of the model)",
    )
    add_crop(parser)
    return parser


def explain_files(  # noqa: PLR0913 - the command's options
    *,
    model: Path,
    paths: Sequence[Path],
    to: Path | None = None,
    method: str = GRAD_CAM,
    every: int = 1,
    dose_response: Sequence[str] | None = None,
    crop: str = TRAINED,
) -> int:
    """Writes pictures of each face, and responses to action units.

    Args:
        model: the model file.
        paths: images, videos, and folders of them.
        to: the folder, new or empty; ``None``: ``explanation``, beside the model.
        method: how maps are made, one of ``METHODS``.
        every: explains every K-th frame of a video.
        dose_response: action units that are varied on invented faces; those of the
            model where it is empty; ``None`` varies none.
        crop: how faces are cropped: ``trained``, ``none`` or ``detect``.

    Returns:
        The exit code: 1 if no image could be read.

    Raises:
        InputError: the model, a path, a unit or the folder is wrong.
    """
    if not paths and dose_response is None:
        raise InputError("PATH or --dose-response: give at least one of them")
    # Imported late to keep `--help` fast.
    from data_pipeline.media.media import find_files  # noqa: PLC0415
    from models.explanation.dose.faces import cropper_of  # noqa: PLC0415
    from models.inference.sidecar import model_file, read_sidecar  # noqa: PLC0415

    path = model_file(model)
    if path.suffix == KERAS:
        check_backend()
    elif paths:
        raise InputError(
            f"--model {path}: maps of faces need gradients, and only a {KERAS} file "
            "has them; name the one that this was written from, or give "
            "--dose-response without a PATH, which needs outputs alone"
        )
    sidecar = read_sidecar(path)
    files = find_files(paths).files
    folder = to or path.parent / FOLDER
    units = dose_response
    predictor = None if units is None else _predictor(path, sidecar, units)
    explainer = _explainer(path, sidecar, method) if files else None
    empty_folder(folder, "--to")
    if predictor is not None and units is not None:
        _respond(predictor, sidecar, units, folder)
    if explainer is None:
        return 0
    cropper = cropper_of(sidecar, crop)
    return _explain_faces(explainer, cropper, files, folder, every)


def _predictor(path: Path, sidecar: "Sidecar", units: Sequence[str]) -> "Predictor":
    """Loads the model, after what is wrong about the units was told."""
    from data_pipeline.system.workers import usable_cores  # noqa: PLC0415
    from models.explanation.dose.faces import varied_units  # noqa: PLC0415
    from models.inference.predictor import Predictor  # noqa: PLC0415

    varied_units(sidecar, units)
    predictor = Predictor(path, cpus=usable_cores())
    predictor.check(sidecar)
    return predictor


def _explainer(path: Path, sidecar: "Sidecar", method: str) -> "Explainer":
    """Loads the model, and says where it needs another method."""
    from data_pipeline.system.workers import usable_cores  # noqa: PLC0415
    from models.engines.keras_engine import load_exported  # noqa: PLC0415

    model = load_exported(path, cpus=usable_cores())
    # After Keras's environment is set.
    from models.explanation.explainer import Explainer  # noqa: PLC0415
    from models.explanation.outputs import outputs_of  # noqa: PLC0415

    explainer = Explainer(model, outputs_of(sidecar), method)
    if explainer.method != method:
        print_note(
            f"note: {method} needs a map of places, which this network lacks: "
            f"{explainer.method} is used"
        )
    return explainer


def _respond(
    predictor: "Predictor", sidecar: "Sidecar", units: Sequence[str], folder: Path
) -> None:
    """Varies action units, and writes charts and a table."""
    from models.explanation.dose.files import write_responses  # noqa: PLC0415
    from models.explanation.synthetic import (  # noqa: PLC0415
        describe_responses,
        dose_responses,
    )

    with stage_bars() as progress:
        found = dose_responses(
            predictor.predict, sidecar, units=units, progress=progress
        )
        responses = list(found)
    write_responses(responses, folder)
    for line in describe_responses(responses):
        print_line(line)
    print_line(f"{counted(len(responses), 'action unit')} varied: {folder}")


def _explain_faces(
    explainer: "Explainer",
    cropper: "FaceCropper",
    files: Sequence[Path],
    folder: Path,
    every: int,
) -> int:
    """Writes a picture of each face."""
    from data_pipeline.media.media import MediaFrame, read_media  # noqa: PLC0415
    from models.explanation.faces import explain_faces  # noqa: PLC0415

    with stage_bars("files") as progress:

        def frames() -> Iterator[MediaFrame]:
            for frame in read_media(files, mode=cropper.mode, every=every):
                yield frame
                progress("explaining", len(files) * frame.done, len(files))

        counts = explain_faces(frames(), cropper, explainer, folder)
    print_line(f"{counts.describe()}: {folder}")
    return 0 if counts.explained else 1


if __name__ == "__main__":
    sys.exit(main())
