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

from data_pipeline.media.crop_option import add_crop
from data_pipeline.system.cli import Parser, nonempty_path, run_command
from data_pipeline.system.errors import InputError
from data_pipeline.system.keras_import import check_backend
from data_pipeline.system.terminal import print_line

KERAS = ".keras"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: of the command line; ``None`` for the process's own.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)
    return run_command(lambda: _live(args), stopped="nothing was stored")


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
    parser.add_port(8765)
    add(
        "--smooth",
        type=_share,
        default=0.6,
        help="smoothing: weight of the previous frame, 0..0.99 (default: 0.6)",
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


def _live(args: argparse.Namespace) -> None:
    """Serves until it is stopped."""
    if importlib.util.find_spec("aiohttp") is None:
        raise InputError(
            "the live view needs aiohttp, which is not installed; "
            "pip install -e '.[live]'"
        )
    if args.model.suffix == KERAS:
        check_backend()
    # Imported late to keep `--help` fast.
    from models.live.start import Options, serve  # noqa: PLC0415

    options = Options(
        source=None if str(args.source) in {"camera", "0"} else args.source,
        port=args.port,
        smooth=args.smooth,
        exact=args.exact,
        record=args.record,
        crop=args.crop,
    )
    serve(args.model, options, print_line)


if __name__ == "__main__":
    sys.exit(main())
