"""``python -m search.export``: write a run's model, or a trial's configuration.

    python -m search.export --study NAME [--to FILE] [--trial N] [--out DIR]
        [--format toml|keras|onnx|litert|litert-int8|savedmodel] [--data DIR]
        [--storage URL]

A model is compared with the Keras model on images before it gets its name. Of
configurations (toml) the default is the trial that ``[final] choose`` took: the best,
unless the study says otherwise. Exit codes: 0 done, 1 failed, or the model differs, 2
wrong input.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from data_pipeline.system.cli import Parser, nonempty_path, nonempty_text, run_command
from data_pipeline.system.terminal import print_line

FORMATS = ("toml", "keras", "onnx", "litert", "litert-int8", "savedmodel")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code.

    Args:
        arguments: of the command line; ``None`` reads ``sys.argv``.
    """
    args = build_parser().parse_args(arguments)

    return run_command(lambda: _export(args), stopped="nothing was written")


def _export(args: argparse.Namespace) -> None:
    """Writes what was asked for, and says what."""
    from search.exports.target import TOML, chosen_format  # noqa: PLC0415 - fast --help

    out, chosen = args.out.resolve(), chosen_format(args.format, args.to)
    if chosen == TOML:
        _export_trial(args, out)
        return
    from search.exports.export_model import export_model  # noqa: PLC0415 - loads Optuna
    from search.pipeline.past_runs import find_run  # noqa: PLC0415 - loads Optuna

    folder = find_run(out, args.study)
    exported = export_model(folder, chosen, args.to, trial=args.trial, data=args.data)
    for line in exported.lines:
        print_line(line)


def _export_trial(args: argparse.Namespace, out: Path) -> None:
    """Writes the configuration of a trial."""
    from search.pipeline.past_runs import export_trial  # noqa: PLC0415 - loads Optuna

    exported = export_trial(
        out, args.study, args.to, trial=args.trial, storage=args.storage
    )
    print_line(
        f"trial {exported.number} of {args.study} ({exported.reason}): {args.to}"
    )


def build_parser() -> argparse.ArgumentParser:
    """Builds the parser of the command line."""
    parser = Parser(
        "search.export",
        "Write a run's model in a format, or a trial's configuration.",
    )
    add = parser.add_argument
    parser.add_run()
    add(
        "--to",
        type=nonempty_path,
        metavar="FILE",
        help="new file (savedmodel: folder); its ending must fit the format "
        "(default: runs/<study>/<format>/model.*)",
    )
    add(
        "--format",
        choices=FORMATS,
        help="what to write (default: by the ending of --to): toml is a trial's "
        "configuration, all others are the model",
    )
    add(
        "--data",
        type=nonempty_text,
        help="data folder of the search, for images to check the model on",
    )
    add(
        "--trial",
        type=int,
        help="toml: number of a completed trial (default: what [final] choose took)",
    )
    parser.add_storage()
    return parser


if __name__ == "__main__":
    sys.exit(main())
