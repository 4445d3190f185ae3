"""A run begins: study, data and labels are read before any engine is loaded.

Optuna, SQLAlchemy, Keras and Ray cost seconds, for which a wrong label need not wait.
"""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console

from data_pipeline.files.folder_names import run_name
from data_pipeline.readers.location import find_data
from data_pipeline.system.errors import prefix_errors
from search.callbacks.progress_bar import ProgressBar
from search.inputs.earlier_run import check_warm_start
from search.inputs.prepare import Labelled, read_labels
from search.reports.holdout_report import told_findings
from search.run_folder import RunFolder, check_study_name
from search.study.algorithms import check_installed
from search.study.study import Study, read_study


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What is known when the labels are read; nothing is written yet."""

    study: Study
    labelled: Labelled
    folder: RunFolder
    progress: ProgressBar


@contextmanager
def begun(asked: argparse.Namespace) -> Iterator[Begun]:
    """Reads the study and the labels of its data.

    Args:
        asked: the options of ``search.run``.

    Yields:
        What was read; its progress ends with the block.

    Raises:
        InputError: the study, the data or a label is wrong.
    """
    study = read_study(asked.study, settings=asked.settings, seed=asked.seed)
    check_study_name(study.name)
    with prefix_errors(study.place):
        check_installed(study.search.sampler)
    if asked.storage or "EXPRESSION_SEARCH_STORAGE" in os.environ:
        _check_storage(asked.storage)
    with ProgressBar(Console()) as progress:
        root, synthetic = find_data(study.data.dataset, asked.data, progress.stage)
        folder = RunFolder(
            out=asked.out.resolve(), name=run_name(study.name, synthetic=synthetic)
        )
        with prefix_errors(study.place):
            check_warm_start(study, folder, synthetic=synthetic)
        labelled = read_labels(
            study, root, synthetic=synthetic, progress=progress.stage, runs=asked.out
        )
        if labelled.understood:
            progress.print("; ".join(labelled.understood))
        findings = told_findings(labelled.skipped, labelled.classes, study.name)
        if findings:
            progress.print(findings)
        for line in labelled.told:
            progress.print(line)
        yield Begun(study=study, labelled=labelled, folder=folder, progress=progress)


def _check_storage(storage: str | None) -> None:
    """Refuses a URL that is none; SQLAlchemy is loaded only where one is given."""
    from search.storage.url import chosen_storage  # noqa: PLC0415

    chosen_storage(storage)
