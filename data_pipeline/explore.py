"""``python -m data_pipeline.explore``: show what a study's data look like.

    python -m data_pipeline.explore --study NAME|FILE.toml [--data DIR|synthetic]
        [--out DIR] [--demographics FILE.csv] [--show-faces]

It writes one HTML page and a folder of its charts, of the development part alone: the
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

from data_pipeline.dataset.config import read_study_data
from data_pipeline.files.folder_names import folder_name_error
from data_pipeline.system.cli import Parser, nonempty_path, nonempty_text, run_command
from data_pipeline.system.errors import InputError
from data_pipeline.system.progress import stage_bars
from data_pipeline.system.terminal import print_line

_RUNS = Path("runs")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: words of the command line; none reads the process's own.

    Returns:
        The exit code.
    """
    args = _parser().parse_args(arguments)
    return run_command(lambda: _explore(args), stopped="no page was written")


def _parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    parser = Parser(
        "data_pipeline.explore",
        "Show what a study's data look like, without its hold-out.",
    )
    add = parser.add_argument
    add("--study", required=True, help="a name in studies/, or the path of a .toml")
    add(
        "--data",
        type=nonempty_text,
        help="the data folder, or synthetic (default: data/<dataset>)",
    )
    add(
        "--out",
        type=nonempty_path,
        help="folder to write (default: runs/<study>/explore)",
    )
    add(
        "--demographics",
        type=nonempty_path,
        metavar="FILE.csv",
        help="who the subjects are: subject,sex,age,ethnicity",
    )
    add(
        "--show-faces",
        action="store_true",
        help="print some faces too: mind what the data's owners agreed to",
    )
    return parser


def _explore(args: argparse.Namespace) -> None:
    """Writes the page and prints where."""
    keys = read_study_data(args.study)
    study = Path(args.study).stem if args.study.endswith(".toml") else args.study
    if rule := folder_name_error(study):
        raise InputError(
            f"--study: the name of a study names a folder, so it {rule}; found "
            f"{study!r}; rename the study file"
        )
    # Imported late to keep --help and a wrong study fast: pandas.
    from data_pipeline.exploration import output  # noqa: PLC0415
    from data_pipeline.exploration.material import gather  # noqa: PLC0415
    from data_pipeline.readers.location import find_data  # noqa: PLC0415
    from data_pipeline.split.held_out_subjects import read_history  # noqa: PLC0415

    with stage_bars() as progress:
        root, synthetic = find_data(keys.data.dataset, args.data, progress)
        out = (
            args.out
            or _RUNS / (f"{study}-synthetic" if synthetic else study) / "explore"
        )
        output.check_free(out)
        material = gather(
            root,
            keys,
            study=study,
            synthetic=synthetic,
            demographics=args.demographics,
            history=read_history(out.resolve().parent),
            progress=progress,
        )
        # Imported late to report a wrong label fast: matplotlib and SciPy.
        from data_pipeline.exploration.page import render  # noqa: PLC0415

        page, charts = render(replace(material, faces=args.show_faces), progress)
        output.write_folder(out, page, charts)
    print_line(f"the page: {out / output.PAGE}\nits charts: {out / output.CHARTS}")


if __name__ == "__main__":
    sys.exit(main())
