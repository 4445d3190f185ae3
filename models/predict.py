"""``python -m models.predict``: what a model says of pictures and videos, as CSV.

    python -m models.predict --model runs/NAME/model.keras [--to FILE.csv] [--every K]
        [--all-faces] [--batch-size N] PATH...

A line for each face, or for each failure with its reason. Faces are found, cut and
resized as in training, by what model.json says. Nothing but the CSV is stored. Exit
codes: 0 done, 1 failed or nothing could be read, 2 wrong input, 130 interrupted, 141
nobody reads on.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from data_pipeline.system.cli import Parser, nonempty_path, run_command
from data_pipeline.system.keras_import import check_backend
from data_pipeline.system.progress import stage_bars
from data_pipeline.system.terminal import print_note

if TYPE_CHECKING:
    from data_pipeline.media.media import FoundFiles
    from models.inference.csv_table import Counted

HELD = "faces held at once, in 32s (default: 32); it changes no number"
NO_FACES = "--all-faces changes nothing: this model looks for no face"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: words of the command line; none reads the process's own.

    Returns:
        The exit code.
    """
    asked = _parser().parse_args(arguments)
    return run_command(
        lambda: _predict(asked), stopped="no file was written", prints=asked.to is None
    )


def _parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    parser = Parser(
        "models.predict", "Write what a model says of the faces in pictures and videos."
    )
    add = parser.add_argument
    add(
        "paths",
        type=nonempty_path,
        nargs="+",
        metavar="PATH",
        help="picture, video or folder",
    )
    add("--model", type=nonempty_path, required=True, help="runs/NAME/model.keras")
    add(
        "--to",
        type=nonempty_path,
        metavar="FILE.csv",
        help="a new file (default: print)",
    )
    add("--every", type=_positive, default=1, metavar="K", help="each K-th frame only")
    add("--all-faces", action="store_true", help="not only the one that matters most")
    add("--batch-size", type=_positive, default=32, metavar="N", help=HELD)
    return parser


def _positive(text: str) -> int:
    value = int(text) if text.isdigit() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, found {text}")
    return value


def _predict(asked: argparse.Namespace) -> int:
    """Judges what was asked for, and says what came of it."""
    # Load NumPy and Pillow, and Keras at last, which --help needs not.
    from data_pipeline.media.face_crops import FaceCropper  # noqa: PLC0415
    from data_pipeline.media.media import MediaFrame, find_files, read_media  # noqa: PLC0415
    from data_pipeline.system.workers import usable_cores  # noqa: PLC0415
    from models.inference.csv_table import (  # noqa: PLC0415
        table_place,
        write,
    )
    from models.inference.model_card import model_file, read_description  # noqa: PLC0415
    from models.inference.predictor import Inference  # noqa: PLC0415
    from models.inference.stream import judged  # noqa: PLC0415

    check_backend()
    path = model_file(asked.model)
    description = read_description(path)
    paths = find_files(asked.paths)
    wanted = description.input
    face_cropper = FaceCropper(wanted.crop, size=wanted.size, channels=wanted.channels)
    with table_place(asked.to) as file, stage_bars() as progress:
        model = Inference(path, cpus=usable_cores())
        model.check(description)

        def watched() -> Iterator[MediaFrame]:
            for frame in read_media(
                paths.files, mode=face_cropper.mode, every=asked.every
            ):
                yield frame
                progress("judging", round(1000 * frame.done), 1000)

        found = judged(
            watched(),
            face_cropper,
            model,
            description,
            every_face=asked.all_faces,
            held=asked.batch_size,
        )
        counted = write(file, description, found)
    notes = [face_cropper.note]
    if asked.all_faces and not face_cropper.detects_faces:
        notes.append(NO_FACES)
    print_note(_closing(asked, counted, paths, notes))
    return 0 if counted.judged else 1


def _closing(
    asked: argparse.Namespace,
    counted: "Counted",
    found: "FoundFiles",
    notes: Sequence[str],
) -> str:
    """Says what was written, and what was passed over."""
    parts = counted.told() or ["no line"]
    if found.others:
        parts.append(f"{found.others} files of other kinds skipped")
    if found.links:
        parts.append(f"{found.links} linked folders not entered")
    lines = [f"{', '.join(parts)}: {asked.to or 'printed'}; nothing else was stored"]
    return "\n".join(
        [*lines, *(f"note: {print_note}" for print_note in notes if print_note)]
    )


if __name__ == "__main__":
    sys.exit(main())
