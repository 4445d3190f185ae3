"""``python -m data_pipeline.draw``: write synthetic faces in a real layout.

    python -m data_pipeline.draw --out DIR [--subjects N] [--seed S]
        [--layout coursework|official|ferplus|fer2013|affectnet|table]

The same seed gives the same bytes. Exit codes: 0 done, 1 failed, 2 wrong input,
130 interrupted.
"""

if __name__ == "__main__":  # first, before a local file can hide a package
    import runpy

    runpy.run_path(f"{__file__.rsplit('/', 2)[0]}/data_pipeline/system/import_guard.py")

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from data_pipeline.config.dataset_identity import MARKER
from data_pipeline.synthetic.layouts import LAYOUTS
from data_pipeline.synthetic.population.subjects import DEFAULT_SUBJECTS
from data_pipeline.synthetic.write import write_synthetic
from data_pipeline.system.cli import Parser, nonempty_path, run_command
from data_pipeline.system.progress import stage_bars
from data_pipeline.system.terminal import print_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with these or the process's arguments; returns the exit code."""
    args = _parser().parse_args(arguments)
    return run_command(lambda: _draw(args), stopped="nothing was written")


def _draw(args: argparse.Namespace) -> None:
    """Draws the faces and prints their folder."""
    draw_faces(args.out, layout=args.layout, subjects=args.subjects, seed=args.seed)
    print_line(
        f"synthetic faces ({args.layout}, seed {args.seed}): {args.out}/{MARKER}"
    )


def draw_faces(out: Path, *, layout: str, subjects: int, seed: int) -> None:
    """Writes synthetic faces, and shows how many.

    Args:
        out: the folder, new or empty.
        layout: the data set whose layout is written, a key of ``LAYOUTS``.
        subjects: how many people.
        seed: the same one gives the same bytes.

    Raises:
        DataError: there is no such layout, or the folder holds something else.
    """
    with stage_bars() as stages:
        write_synthetic(
            out,
            layout=layout,
            subjects=subjects,
            seed=seed,
            progress=lambda done, total: stages("rendering faces", done, total),
        )


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        "data_pipeline.draw", "Write synthetic faces in the layout of a real data set."
    )
    parser.add_argument(
        "--out", type=nonempty_path, required=True, help="output folder, new or empty"
    )
    parser.add_argument(
        "--layout",
        choices=tuple(LAYOUTS),
        default="coursework",
        help="data set whose layout is written (default: %(default)s)",
    )
    parser.add_argument(
        "--subjects",
        type=int,
        default=DEFAULT_SUBJECTS,
        help="number of subjects (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="random seed (default: %(default)s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
