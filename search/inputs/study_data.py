"""Labels and split of a study's data; no pixel is read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_pipeline.config.dataset_identity import dataset_name, population
from data_pipeline.dataset.problems import Problem
from data_pipeline.dataset.skipped_files import Skipped, add_skipped_to_error
from data_pipeline.demographics.table import Demographics
from data_pipeline.development import (
    Development,
    read_development,
    read_people,
    read_table,
)
from data_pipeline.files.folder_names import run_name
from data_pipeline.split.holdout_history import read_history, split_with_history
from data_pipeline.split.receipt import tested_models
from data_pipeline.split.split import Split
from data_pipeline.system.errors import prefix_errors
from data_pipeline.targets.class_checks import class_problems
from data_pipeline.targets.targets import Targets
from models.config.config import DataSpec
from search.inputs.graphs import shared_graph
from search.inputs.initial_weights import (
    check_buildable,
    check_not_trained_on,
    study_models,
)
from search.inputs.scoring_targets import scoring_groups
from search.study.study import Study

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and its total."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyData:
    """The labels of a study's data, split.

    ``synthetic`` marks rendered faces. ``skipped`` is what the reader left out,
    ``demographics`` are those of the subjects, where the study names a table,
    ``class_problems`` how the study's classes and the labels disagree,
    ``spelling_notes`` which labels are spelled unusually. ``population`` identifies
    the people in the data, whatever their layout and labels; ``hold_out_notes`` is
    what earlier openings of the hold-out mean for this one. ``groups`` numbers those
    that are scored apart, a number for each development row.
    """

    root: Path
    synthetic: bool
    development: Development
    data_spec: DataSpec
    fingerprint: str
    skipped: tuple[Skipped, ...] = ()
    class_problems: tuple[Problem, ...] = ()
    spelling_notes: tuple[str, ...] = ()
    population: str
    hold_out_notes: tuple[str, ...] = ()
    demographics: Demographics | None = None
    groups: np.ndarray | None = None

    @property
    def split(self) -> Split:
        """The parts of the table."""
        return self.development.split

    @property
    def targets(self) -> Targets:
        """What models are trained on."""
        return self.development.targets

    @property
    def scoring_targets(self) -> Targets:
        """What predictions are scored against."""
        return self.development.scoring_targets

    @property
    def unlabelled(self) -> int:
        """How many development rows were left out because they have no label."""
        return self.development.unlabelled


def read_labels(
    study: Study,
    root: Path,
    *,
    synthetic: bool,
    progress: Progress | None = None,
    runs: Path = Path("runs"),
) -> StudyData:
    """Reads and splits the labels in ``root``; checks the initial weights too.

    ``runs`` is the folder of all runs, which holds the models of earlier studies.

    Raises:
        DataError: the data are wrong, or lack a target of the study.
        StudyError: a configuration of the space cannot be built for these data.
    """
    with prefix_errors(study.place):
        models = study_models(
            study.space, runs.resolve(), study.name, synthetic=synthetic
        )
    table = read_table(
        root,
        study.data,
        lambda n, of: progress("reading labels", n, of) if progress else None,
    )
    part = study.split.outer_part
    history = read_history(
        runs, run_name(study.name, synthetic=synthetic, outer_part=part)
    )
    dataset = dataset_name(study.data, root)
    people = population(dataset, root, synthetic=synthetic)
    with prefix_errors(study.place), add_skipped_to_error(table.skipped):
        who = read_people(root, study.data, table)
        divided = split_with_history(table, study.split, data=people, history=history)
        development = read_development(study.data, divided.split)
        groups = scoring_groups(study, development, who)
    targets = development.targets
    data_spec = DataSpec(
        models=models,
        shared=shared_graph(study.space),
        image_size=study.data.image_size,
        channels=table.channels,
        emotions=targets.emotions,
        action_units=targets.action_units,
        intensities=targets.intensities,
        dimensions=targets.dimensions,
        multi_target=targets.learning_mode == "multi_target",
    )
    with prefix_errors(study.place):
        check_buildable(study.space, data_spec)
        check_not_trained_on(
            study.space,
            data_spec,
            dataset=dataset,
            synthetic=synthetic,
            tested=tested_models(history.receipts, people),
        )
    return StudyData(
        root=root,
        synthetic=synthetic,
        development=development,
        data_spec=data_spec,
        fingerprint=table.fingerprint(intensities=bool(targets.intensities)),
        skipped=table.skipped,
        class_problems=class_problems(table, study.data),
        spelling_notes=table.understood,
        population=people,
        hold_out_notes=divided.notes,
        demographics=who,
        groups=groups,
    )
