"""``python -m models.live``: a page in the browser that shows what a model sees.

    python -m models.live --model runs/NAME/model.keras [--source camera|FILE]
        [--port N] [--smooth S] [--exact] [--record FILE.csv]

The page is on this computer alone. It shows the browser's camera, or a video file, with
the face, emotions and action units. Pictures are stored nowhere; numbers only where
``--record`` asks. Exit codes: 0 stopped, 1 failed, 2 wrong input.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 3)[0]}/data_pipeline/system/import_guard.py")

import argparse
import importlib.util
import sys
from collections.abc import Sequence

from data_pipeline.system.cli import Parser, nonempty_path, port_number, run_command
from data_pipeline.system.errors import InputError
from data_pipeline.system.keras_import import check_backend
from data_pipeline.system.terminal import print_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: words of the command line; none reads the process's own.

    Returns:
        The exit code.
    """
    asked = _parser().parse_args(arguments)
    return run_command(lambda: _live(asked), stopped="nothing was stored")


def _parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    parser = Parser(
        "models.live", "Show in the browser, on this computer, what a model sees."
    )
    add = parser.add_argument
    add("--model", type=nonempty_path, required=True, help="runs/NAME/model.keras")
    words = "camera (of the browser), or a video file"
    add("--source", type=nonempty_path, default="camera", help=words)
    add("--port", type=port_number, default=8765, help="default: 8765; 0: a free one")
    add("--smooth", type=_share, default=0.6, help="kept of the last frame; 0..0.99")
    add("--exact", action="store_true", help="find the face anew in every frame: slow")
    add(
        "--record",
        type=nonempty_path,
        metavar="FILE.csv",
        help="write the numbers down",
    )
    return parser


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"must be 0 or more, below 1, found {text}")
    return value


def _live(asked: argparse.Namespace) -> None:
    """Serves until it is stopped."""
    if importlib.util.find_spec("aiohttp") is None:
        raise InputError(
            "the page is served by aiohttp, which is not installed; "
            "pip install -e '.[live]'"
        )
    check_backend()
    # Loads NumPy and aiohttp, and Keras at last, which --help needs not.
    from models.live.start import Options, serve  # noqa: PLC0415

    options = Options(
        source=None if str(asked.source) in {"camera", "0"} else asked.source,
        port=asked.port,
        smooth=asked.smooth,
        exact=asked.exact,
        record=asked.record,
    )
    serve(asked.model, options, print_line)


if __name__ == "__main__":
    sys.exit(main())
