"""``python -m search.compare``: finished studies side by side.

    python -m search.compare NAME NAME ... [--data DIR|synthetic] [--out DIR]
        [--storage URL] [--to FILE.html|FILE.csv|FILE.json]

Each other study is compared with the first one, on the same people where both were
tested on the same ones. Exit codes: 0 done, 1 failed, 2 wrong input.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence

from data_pipeline.system.cli import Parser, nonempty_path, nonempty_text, run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code.

    Args:
        arguments: of the command line; ``None`` reads ``sys.argv``.
    """
    args = build_parser().parse_args(arguments)

    def work() -> None:
        # Imported late to keep --help fast.
        from search.comparison.comparing import compare_runs  # noqa: PLC0415
        from search.comparison.files import check_target, write_comparison  # noqa: PLC0415
        from search.comparison.text import print_comparison  # noqa: PLC0415

        check_target(args.to)
        out = args.out.resolve()
        found = compare_runs(out, args.names, data=args.data, storage=args.storage)
        print_comparison(found)
        if args.to is not None:
            write_comparison(args.to, found, out=out)

    return run_command(work, stopped="nothing was written", prints=True)


def build_parser() -> argparse.ArgumentParser:
    """Builds the parser of the command line."""
    parser = Parser("search.compare", "Show finished studies side by side.")
    add = parser.add_argument
    add("names", nargs="+", metavar="NAME", help="names of studies or runs")
    add(
        "--data",
        type=nonempty_text,
        help="data of the first study, to compare out-of-fold predictions too",
    )
    parser.add_out()
    parser.add_storage(of="searches")
    add(
        "--to",
        type=nonempty_path,
        metavar="FILE",
        help="also write a page (.html), or all numbers (.csv, .json)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
