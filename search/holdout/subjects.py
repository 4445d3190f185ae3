"""The people of the hold-out: what the model reaches for each, and for groups."""

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.demographics.groups import (
    LEAST,
    groups,
    groups_of_rows,
    ordered,
)
from data_pipeline.demographics.table import Demographics
from data_pipeline.development import UsableRows
from data_pipeline.targets.targets import Targets
from models.evaluation.subjects import (
    RowGroups,
    group_scores,
    subject_scores,
    summarize_subjects,
)
from search.holdout.disclosure import primary_metric
from search.holdout.scores import HoldOutRows, ScoredRows, interval_seed
from search.inputs.run import Run
from search.study.study import Study

ACCURACY = "emotion.accuracy"
MICRO_F1 = "action_units.micro_f1"
"""Every decision on a unit of a subject counts: few have each unit more than once."""


def people_entry(
    development: SampleTable, used: np.ndarray, held_out: SampleTable
) -> dict[str, Any]:
    """Counts subjects and images of both parts, and the images of a subject.

    ``used`` are the development rows in use. Where an image has no subject, only
    images are counted.
    """
    parts = {"development": development.take(used), "hold_out": held_out}
    names = {part: table.frame["subject"].tolist() for part, table in parts.items()}
    return {"people": {part: count_people(found) for part, found in names.items()}}


def fold_subjects(development: SampleTable, used: UsableRows) -> dict[str, Any]:
    """Counts the subjects that each fold is validated on; empty without subjects."""
    names = development.frame["subject"]
    if not names.notna().all():
        return {}
    counts = [int(names.iloc[fold.validation].nunique()) for fold in used.folds]
    return {"fold_subjects": counts}


def count_people(subjects: Sequence[Any]) -> dict[str, Any]:
    """Counts the subjects of images, one an image, and the images of a subject.

    Example:
        >>> count_people(["a", "b", "a", "c"])["images_of_a_subject"]
        {'least': 1, 'median': 1.0, 'most': 2}
        >>> count_people([None, "a"])
        {'subjects': None, 'images': 2}
    """
    if not subjects or not all(isinstance(name, str) for name in subjects):
        return {"subjects": None, "images": len(subjects)}
    images = Counter(subjects).values()
    counts = {
        "least": min(images),
        "median": float(median(images)),
        "most": max(images),
    }
    return {
        "subjects": len(images),
        "images": len(subjects),
        "images_of_a_subject": counts,
    }


def subject_entry(run: Run, rows: HoldOutRows, scored: ScoredRows) -> dict[str, Any]:
    """Scores each subject by the primary metric, and by a simple one of each head.

    These are the accuracy of emotions and the micro F1 of action units. Empty where an
    image has no subject.
    """
    subjects = rows.table.frame["subject"]
    if not subjects.notna().all():
        return {}
    return score_subjects(run.study, scored, subjects.tolist())


def score_subjects(
    study: Study, scored: ScoredRows, subjects: Sequence[str]
) -> dict[str, Any]:
    """Scores each subject as ``subject_entry`` does; ``subjects`` has one a row."""
    targets = scored.targets
    simple = [ACCURACY] * bool(targets.emotions)
    simple += [MICRO_F1] * bool(targets.action_units)
    metrics = list(dict.fromkeys([primary_metric(study), *simple]))
    found = subject_scores(targets, scored.model.predictions, subjects, metrics)
    if MICRO_F1 in metrics:
        for name in set(subjects) - _with_units(targets, subjects):
            found[name][MICRO_F1] = None
    summary = {metric: summarize_subjects(found, metric) for metric in metrics}
    return {"by_subject": {"subjects": found, "summary": summary}}


def _with_units(targets: Targets, subjects: Sequence[str]) -> set[str]:
    """Lists the subjects who show a unit: of others an F1 is 0 for any prediction."""
    shown = (targets.action_unit_mask & (targets.action_unit > 0)).any(axis=1)
    return {subjects[row] for row in np.flatnonzero(shown).tolist()}


def group_entry(run: Run, rows: HoldOutRows, scored: ScoredRows) -> dict[str, Any]:
    """Scores the groups of the hold-out's subjects; empty without demographics.

    Groups of fewer than ``LEAST`` subjects are withheld, and those that would let
    their sizes be computed.
    """
    everyone = run.data.demographics
    if everyone is None:
        return {}
    subjects = set(rows.table.frame["subject"].dropna())
    people = everyone.only(subjects)
    entry = {"subjects": len(subjects), "missing": len(subjects) - len(people.people)}
    attributes = {
        attribute: _attribute_entry(run, rows, scored, people, attribute)
        for attribute in people.attributes
        if any(person[attribute] for person in people.people.values())
    }
    return {"groups": entry | {"least": LEAST, "attributes": attributes}}


def _attribute_entry(
    run: Run,
    rows: HoldOutRows,
    scored: ScoredRows,
    people: Demographics,
    attribute: str,
) -> dict[str, Any]:
    """Scores the groups of one attribute, if there are two or more to be shown."""
    parted = groups(people, attribute)
    entry: dict[str, Any] = {
        "sizes": {name: parted.sizes[name] for name in ordered(parted)},
        "withheld": list(parted.withheld),
    }
    if len(parted.sizes) < 2:  # noqa: PLR2004 - nothing to compare
        return entry
    found = group_scores(
        scored.targets,
        scored.model,
        RowGroups(
            names=ordered(parted),
            of_row=groups_of_rows(rows.table, people, attribute),
        ),
        subjects=[str(subject) for subject in rows.table.frame["subject"]],
        primary=primary_metric(run.study),
        seed=interval_seed(run),
        own=run.study.own_metrics,
    )
    return entry | found
