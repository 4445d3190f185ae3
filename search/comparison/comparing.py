"""Compares finished runs, each with the first."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from data_pipeline.system.errors import InputError
from search.callbacks.progress_bar import ProgressBar, open_console
from search.comparison.finished_run import (
    FinishedRun,
    check_comparable,
    read_finished,
)
from search.comparison.out_of_fold import pair_out_of_fold, read_folds
from search.comparison.paired import Paired, pair_hold_outs
from search.comparison.side_by_side import Comparison, side_by_side
from search.pipeline.opening import open_past_run


def compare_runs(
    out: Path, names: Sequence[str], *, data: str | None, storage: str | None
) -> Comparison:
    """Compares finished runs in ``out`` with the first of them.

    Args:
        out: the folder of all runs.
        names: of two studies or runs, or more.
        data: where the faces of the first run are, to pair out-of-fold predictions.
        storage: as given to ``search.run``.

    Raises:
        InputError: a run is unknown, unfinished, named twice, or has other targets.
        RunError: a file of a run is damaged.
    """
    if len(names) < 2:  # noqa: PLR2004 - nothing to compare
        raise InputError(f"name two studies or more, found {', '.join(names)}")
    runs = [read_finished(out, name, storage=storage) for name in names]
    return compare_finished(runs, data=data)


def compare_finished(runs: Sequence[FinishedRun], *, data: str | None) -> Comparison:
    """Compares runs with the first one.

    ``data`` are its faces, as given to ``search.run``; without them out-of-fold
    predictions are not compared.

    Raises:
        InputError: a run is named twice, targets differ, or the data are others.
    """
    names = [run.name for run in runs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{', '.join(twice)}: named twice; name each run once")
    heads = check_comparable(runs)
    pairs = [pair_hold_outs(run, runs[0]) for run in runs[1:]]
    return side_by_side(runs, heads, [*pairs, *_out_of_fold(runs, data)])


def _out_of_fold(runs: Sequence[FinishedRun], data: str | None) -> Iterator[Paired]:
    """Compares out-of-fold predictions, where the data are given."""
    first, *others = runs
    opened = job = None
    if data is not None:
        with ProgressBar(open_console()) as bar:
            opened = open_past_run(first.folder, data, bar)
            job = read_folds(opened, first)
    for run in others:
        yield pair_out_of_fold(run, first, opened=opened, job=job)
