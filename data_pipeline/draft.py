"""``python -m data_pipeline.draft``: write a study file for a folder of faces.

    python -m data_pipeline.draft --data DIR --to FILE.toml

It reads labels and the headers of some images, and says in comments what it found and
what it assumed. Exit codes: 0 done, 1 failed, 2 wrong input, 130 interrupted.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from data_pipeline.system.cli import Parser, nonempty_path, run_command
from data_pipeline.system.errors import StudyError
from data_pipeline.system.terminal import print_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with these or the process's arguments; returns the exit code."""
    args = _parser().parse_args(arguments)
    return run_command(lambda: _draft(args), stopped="nothing was written")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        "data_pipeline.draft", "Write a study file for a folder of faces, or a table."
    )
    add = parser.add_argument
    add("--data", type=nonempty_path, required=True, help="the folder, or a table")
    add("--to", type=nonempty_path, required=True, help="the study file, FILE.toml")
    return parser


def _draft(args: argparse.Namespace) -> None:
    """Writes the study and prints what to do next."""
    for line in write_draft(args.data, args.to):
        print_line(line)
    print_line(f"the study: {args.to}; check what it assumes, then run")
    words = ("--study", str(args.to), "--data", str(args.data))
    print_line(f"  {shlex.join(('python', '-m', 'data_pipeline.check', *words))}")


def write_draft(data: Path, to: Path) -> list[str]:
    """Writes a study file for a folder of faces.

    Args:
        data: the folder, or a table.
        to: the study file, which must not exist yet.

    Returns:
        What was found and assumed, a line each.

    Raises:
        InputError: the file exists, or the folder has no faces with labels.
    """
    if to.suffix != ".toml" or to.exists():
        found = "a file that is there" if to.exists() else to.name
        raise StudyError(f"--to: must be a new file FILE.toml, found {found}: {to}")
    # Imported late to keep --help fast.
    from data_pipeline.drafting.draft import draft  # noqa: PLC0415
    from data_pipeline.drafting.study_file import study_text  # noqa: PLC0415
    from data_pipeline.files.atomic_write import atomic_write  # noqa: PLC0415

    drafted = draft(data)
    text = study_text(drafted, data=str(data), study=str(to))
    with atomic_write(to) as part:
        part.write_text(text, encoding="utf-8")
    return [*drafted.found, *(f"assumed: {line}" for line in drafted.assumed)]


if __name__ == "__main__":
    sys.exit(main())
