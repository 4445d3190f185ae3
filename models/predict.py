"""``python -m models.predict``: a model's predictions for images and videos.

    python -m models.predict --model runs/NAME/model.keras [--to FILE] [--draw DIR]
        [--format csv|jsonl] [--every K] [--all-faces] [--batch-size N]
        [--crop trained|none|detect] PATH...

A line for each face, or for each failure with its reason, as CSV or JSON. Faces are
detected, cropped and resized as in training, according to model.json, unless --crop
says otherwise. Pictures are stored with --draw alone. Exit codes: 0 done, 1 failed or
nothing could be read, 2 wrong input, 130 interrupted, 141 the output's reader is gone.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from data_pipeline.files.atomic_write import empty_folder
from data_pipeline.media.crop_option import TRAINED, add_crop
from data_pipeline.pages.wording import counted
from data_pipeline.system.cli import Parser, nonempty_path, positive, run_command
from data_pipeline.system.errors import InputError
from data_pipeline.system.keras_import import check_backend
from data_pipeline.system.progress import Stages, stage_bars
from data_pipeline.system.terminal import print_note

if TYPE_CHECKING:
    from data_pipeline.media.media import FoundFiles, MediaFrame
    from models.inference.csv_table import LineCounts

BATCH_HELP = (
    "faces to hold in memory, rounded up to a multiple of 32 (default: 32); "
    "does not change the table"
)
KERAS = ".keras"
CSV, JSON_LINES = "csv", "jsonl"
FORMATS = (CSV, JSON_LINES)
NO_FACES = "--all-faces has no effect: this model detects no faces"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: of the command line; ``None`` for the process's own.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)
    return run_command(
        lambda: predict_files(**vars(args)),
        stopped="no file was written",
        prints=args.to is None,
    )


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        "models.predict",
        "Write a model's predictions for the faces in images and videos.",
    )
    add = parser.add_argument
    add(
        "paths",
        type=nonempty_path,
        nargs="+",
        metavar="PATH",
        help="image, video, or folder of them",
    )
    add(
        "--model",
        type=nonempty_path,
        required=True,
        help="model file, such as runs/NAME/model.keras; .onnx and .tflite, too",
    )
    add(
        "--to",
        type=nonempty_path,
        metavar="FILE",
        help="file to write, .csv or .jsonl; must not exist yet (default: print)",
    )
    add(
        "--format",
        choices=FORMATS,
        help="a table, or an object a line (default: by the ending of --to, else csv)",
    )
    add(
        "--draw",
        type=nonempty_path,
        metavar="DIR",
        help="folder, new or empty, for each picture with a frame around its faces, "
        "their emotion and action units",
    )
    add(
        "--every",
        type=positive,
        default=1,
        metavar="K",
        help="predict every K-th frame of a video (default: 1)",
    )
    add(
        "--all-faces",
        action="store_true",
        help="predict all faces of an image, not only the main one",
    )
    add("--batch-size", type=positive, default=32, metavar="N", help=BATCH_HELP)
    add_crop(parser)
    return parser


def predict_files(  # noqa: PLR0913 - the command's options, late imports
    *,
    model: Path,
    paths: Sequence[Path],
    to: Path | None,
    every: int = 1,
    all_faces: bool = False,
    batch_size: int = 32,
    crop: str = TRAINED,
    format: str | None = None,  # noqa: A002 - the option's name
    draw: Path | None = None,
) -> int:
    """Predicts every face, writes the lines and prints a summary.

    Args:
        model: the model file.
        paths: images, videos, and folders of them.
        to: the file, which must not exist yet; ``None`` prints the lines.
        every: predicts every K-th frame of a video.
        all_faces: predicts all faces of an image, not only the main one.
        batch_size: faces in memory.
        crop: how faces are cropped: ``trained``, ``none`` or ``detect``.
        format: ``csv`` or ``jsonl``; ``None``: by the ending of ``to``.
        draw: a new folder for pictures of what was predicted; ``None`` draws none.

    Returns:
        The exit code: 1 if nothing could be predicted.

    Raises:
        InputError: the model or a path is wrong, or the file exists.
    """
    # Imported late to keep `--help` fast.
    from data_pipeline.media.face_crops import FaceCropper, crop_in_use  # noqa: PLC0415
    from data_pipeline.media.media import find_files, read_media  # noqa: PLC0415
    from data_pipeline.system.workers import usable_cores  # noqa: PLC0415
    from models.inference.csv_table import open_output, write  # noqa: PLC0415
    from models.inference.json_lines import write_json  # noqa: PLC0415
    from models.inference.overlay import LONGEST, drawn  # noqa: PLC0415
    from models.inference.predictor import Predictor  # noqa: PLC0415
    from models.inference.sidecar import model_file, read_sidecar  # noqa: PLC0415
    from models.inference.stream import predict_faces  # noqa: PLC0415

    write_lines = write_json if format_of(to, format) == JSON_LINES else write
    if model.suffix in ("", KERAS):  # a folder, or the file
        check_backend()
    path = model_file(model)
    card = read_sidecar(path)
    found = find_files(paths)
    wanted = card.input
    face_cropper = FaceCropper(
        crop_in_use(wanted.crop, crop), size=wanted.size, channels=wanted.channels
    )
    with open_output(to) as file, stage_bars("files") as progress:
        predictor = Predictor(path, cpus=usable_cores())
        predictor.check(card)
        if draw is not None:
            empty_folder(draw, "--draw")
        frames = read_media(found.files, mode=face_cropper.mode, every=every)
        results = predict_faces(
            _reported(frames, len(found.files), progress),
            face_cropper,
            predictor,
            card,
            every_face=all_faces,
            held=batch_size,
            keep=0 if draw is None else LONGEST,
        )
        counts = write_lines(file, card, drawn(results, card, draw))
    notes = [face_cropper.note]
    if all_faces and not face_cropper.detects_faces:
        notes.append(NO_FACES)
    print_note(_summary(to, draw, counts, found, notes))
    return 0 if counts.predicted else 1


def _reported(
    frames: Iterable["MediaFrame"], files: int, progress: Stages
) -> Iterator["MediaFrame"]:
    """Passes frames on, and shows how many files were read."""
    for frame in frames:
        yield frame
        progress("predicting", files * frame.done, files)


def format_of(to: Path | None, chosen: str | None) -> str:
    """Returns the format that was chosen, or that of the file's ending.

    Raises:
        InputError: both differ.
    """
    ending = "" if to is None else to.suffix.lower().removeprefix(".")
    if chosen is not None and ending in FORMATS and ending != chosen:
        raise InputError(
            f"--to {to}: ends in .{ending}, but --format is {chosen}; omit one of them"
        )
    return chosen or (ending if ending in FORMATS else CSV)


def _summary(
    to: Path | None,
    draw: Path | None,
    counts: "LineCounts",
    found: "FoundFiles",
    notes: Sequence[str],
) -> str:
    """Describes what was written, and what was skipped."""
    parts = counts.describe() or ["no line"]
    if found.others:
        parts.append(f"{counted(found.others, 'file')} of other kinds skipped")
    if found.links:
        parts.append(f"{counted(found.links, 'symlinked folder')} skipped")
    pictures = f"; pictures: {draw}" if draw else ""
    lines = [
        f"{', '.join(parts)}: {to or 'printed'}{pictures}; nothing else was stored"
    ]
    return "\n".join([*lines, *(f"note: {note}" for note in notes if note)])


if __name__ == "__main__":
    sys.exit(main())
