"""``python -m models.live``: show a model's predictions of live video in the browser.

    python -m models.live --model runs/NAME/model.keras [--source camera|FILE]
        [--port N] [--smooth S] [--exact] [--record FILE.csv]
        [--crop trained|none|detect]

The page is for this computer only. It shows the browser's camera, or a video file, with
its faces, their emotions and action units. Images are never stored; numbers only with
``--record``, while the page's button is on. Exit codes: 0 stopped, 1 failed, 2 wrong
input.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 3)[0]}/data_pipeline/system/import_guard.py")

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from data_pipeline.media.crop_option import TRAINED, add_crop
from data_pipeline.system.cli import Parser, nonempty_path, run_command
from data_pipeline.system.errors import InputError
from data_pipeline.system.keras_import import check_backend
from data_pipeline.system.terminal import print_line

KERAS = ".keras"
PORT = 8765
SMOOTH = 0.6


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: of the command line; ``None`` for the process's own.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)
    return run_command(lambda: serve_live(**vars(args)), stopped="nothing was stored")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        "models.live", "Show a model's predictions of live video in the browser."
    )
    add = parser.add_argument
    add(
        "--model",
        type=nonempty_path,
        required=True,
        help="model file, such as runs/NAME/model.keras; .onnx and .tflite, too",
    )
    words = "'camera' of the browser, or a video file (default: camera)"
    add("--source", type=nonempty_path, default="camera", help=words)
    parser.add_port(PORT)
    add(
        "--smooth",
        type=_share,
        default=SMOOTH,
        help="smoothing: weight of the previous frame, 0..0.99 (default: %(default)s)",
    )
    add(
        "--exact",
        action="store_true",
        help="detect the face in every frame instead of tracking it (slow)",
    )
    add(
        "--record",
        type=nonempty_path,
        metavar="FILE.csv",
        help="table for the predictions; the page gets a button that records",
    )
    add_crop(parser)
    return parser


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"must be 0 or more, below 1, found {text}")
    return value


def serve_live(  # noqa: PLR0913 - the command's options
    *,
    model: Path,
    source: Path | None = None,
    port: int = PORT,
    smooth: float = SMOOTH,
    exact: bool = False,
    record: Path | None = None,
    crop: str = TRAINED,
) -> None:
    """Serves the page to this computer until it is stopped.

    Args:
        model: the model file.
        source: a video; ``None`` for the camera of the browser.
        port: of the page; 0 for any.
        smooth: weight of the previous frame, from 0 to 0.99.
        exact: detects the face in every frame.
        record: a new table for the predictions.
        crop: how frames are cropped: ``trained``, ``none`` or ``detect``.

    Raises:
        InputError: the model or an option is wrong, or aiohttp is not installed.
    """
    if not 0 <= smooth < 1:
        raise InputError(f"--smooth: must be 0 or more, below 1, found {smooth}")
    if importlib.util.find_spec("aiohttp") is None:
        raise InputError(
            "the live view needs aiohttp, which is not installed; "
            "pip install -e '.[live]'"
        )
    if model.suffix == KERAS:
        check_backend()
    # Imported late to keep `--help` fast.
    from models.live.start import Options, serve  # noqa: PLC0415

    options = Options(
        source=None if str(source) in {"None", "camera", "0"} else source,
        port=port,
        smooth=smooth,
        exact=exact,
        record=record,
        crop=crop,
    )
    serve(model, options, print_line)


if __name__ == "__main__":
    sys.exit(main())
