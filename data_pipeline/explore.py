"""``python -m data_pipeline.explore``: describe a study's data on one page.

    python -m data_pipeline.explore --study NAME|FILE.toml [--data DIR|synthetic]
        [--out DIR] [--demographics FILE.csv] [--show-faces]

It writes an HTML page and a folder of charts of the development part only: the
hold-out is neither opened nor counted. Exit codes: 0 done, 1 failed, 2 wrong input,
130 interrupted.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from data_pipeline.config.study_data import StudyData, read_study_data
from data_pipeline.files.folder_names import check_folder_name, run_name
from data_pipeline.system.cli import Parser, nonempty_path, run_command
from data_pipeline.system.progress import stage_bars
from data_pipeline.system.terminal import print_line

_RUNS = Path("runs")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with these or the process's arguments; returns the exit code."""
    args = _parser().parse_args(arguments)
    return run_command(lambda: _explore(args), stopped="no page was written")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        "data_pipeline.explore",
        "Describe a study's data on one page, without its hold-out.",
    )
    parser.add_study()
    add = parser.add_argument
    add(
        "--out",
        type=nonempty_path,
        help="output folder (default: runs/<study>/explore)",
    )
    add(
        "--demographics",
        type=nonempty_path,
        metavar="FILE.csv",
        help="table with the columns subject,sex,age,ethnicity",
    )
    add(
        "--show-faces",
        action="store_true",
        help="show example faces; check first that the licence of the data allows it",
    )
    return parser


def _explore(args: argparse.Namespace) -> None:
    """Writes the page and prints its path."""
    keys = read_study_data(args.study)
    check_folder_name(keys.name, "--study")
    page = write_page(
        keys,
        data=args.data,
        out=args.out,
        demographics=args.demographics,
        show_faces=args.show_faces,
    )
    from data_pipeline.exploration import output  # noqa: PLC0415

    print_line(f"the page: {page}\nits charts: {page.parent / output.CHARTS}")


def write_page(
    keys: StudyData,
    *,
    data: str | None,
    out: Path | None = None,
    demographics: Path | None = None,
    show_faces: bool = False,
) -> Path:
    """Describes a study's development data on a page.

    Args:
        keys: the study's sections.
        data: as ``--data``.
        out: the page's folder; by default below ``runs``.
        demographics: a table of the subjects.
        show_faces: whether faces are shown.

    Returns:
        The page.

    Raises:
        InputError: the data are wrong, or the folder holds something else.
    """
    # Imported late to keep --help and study errors fast.
    from data_pipeline.exploration import output  # noqa: PLC0415
    from data_pipeline.exploration.material import gather  # noqa: PLC0415
    from data_pipeline.readers.location import find_data  # noqa: PLC0415
    from data_pipeline.readers.own.code import check_importable  # noqa: PLC0415
    from data_pipeline.split.holdout_history import read_history  # noqa: PLC0415

    check_importable(keys.data.dataset, keys.place)
    with stage_bars() as progress:
        root, synthetic = find_data(keys.data.dataset, data, progress)
        out = out or _RUNS / run_name(keys.name, synthetic=synthetic) / "explore"
        output.check_free(out)
        run = out.resolve().parent
        material = gather(
            root,
            keys,
            study=keys.name,
            synthetic=synthetic,
            demographics=demographics,
            history=read_history(run.parent, run.name),
            progress=progress,
        )
        # Imported late to keep label errors fast.
        from data_pipeline.exploration.page import render  # noqa: PLC0415

        page, charts = render(replace(material, faces=show_faces), progress)
        output.write_folder(out, page, charts)
    return out / output.PAGE


if __name__ == "__main__":
    sys.exit(main())
