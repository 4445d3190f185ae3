"""Scores of the opened hold-out: the model's and the baselines', on the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.development import read_scoring_targets
from data_pipeline.system.seeds import child_seed
from data_pipeline.targets.targets import Targets
from models.evaluation.baseline import Constants, constants_of
from models.evaluation.comparison import Candidate, compare, compare_votes
from models.evaluation.report import evaluate, evaluate_votes
from search.inputs.run import Run
from search.inputs.scoring_targets import clusters, read_votes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HoldOutRows:
    """Rows of the opened hold-out, and what was predicted for them.

    ``baselines`` are by name; the constant one is not among them. ``seeds`` are the
    models that the tested one was made of, by number.
    """

    table: SampleTable
    model: Candidate
    baselines: Mapping[str, Candidate]
    seeds: Mapping[int, Candidate] = field(default_factory=dict)

    def take(self, rows: np.ndarray) -> "HoldOutRows":
        """Selects rows by position."""
        return HoldOutRows(
            table=self.table.take(rows),
            model=self.model.take(rows),
            baselines={name: each.take(rows) for name, each in self.baselines.items()},
            seeds={number: each.take(rows) for number, each in self.seeds.items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoredRows:
    """Labels of rows and what was predicted for them: all that the scores depend on.

    ``units`` are what intervals leave out, one a row. ``votes`` is ``None`` where no
    votes make the labels.
    """

    targets: Targets
    votes: Targets | None
    units: Sequence[str]
    model: Candidate
    constants: Constants
    baselines: Mapping[str, Candidate]
    seeds: Mapping[int, Candidate] = field(default_factory=dict)

    def take(self, rows: np.ndarray) -> "ScoredRows":
        """Selects rows by position."""
        return ScoredRows(
            targets=self.targets.take(rows),
            votes=None if self.votes is None else self.votes.take(rows),
            units=[self.units[row] for row in rows.tolist()],
            model=self.model.take(rows),
            constants=self.constants.take(rows),
            baselines={name: each.take(rows) for name, each in self.baselines.items()},
            seeds={number: each.take(rows) for number, each in self.seeds.items()},
        )


def interval_seed(run: Run) -> int:
    """Returns the seed that chooses groups for intervals, where there are many."""
    return child_seed(run.study.split.hold_out_seed, "intervals")


def scored_rows(run: Run, rows: HoldOutRows) -> ScoredRows:
    """Reads the labels of hold-out rows, and fits the constants to the other rows."""
    data = run.study.data
    return ScoredRows(
        targets=read_scoring_targets(data, rows.table),
        votes=read_votes(data, rows.table),
        units=clusters(rows.table, run.study.split.by),
        model=rows.model,
        constants=constants_of(run.data.scoring_targets, count=len(rows.table)),
        baselines=rows.baselines,
        seeds=rows.seeds,
    )


def score_hold_out(run: Run, rows: HoldOutRows) -> dict[str, Any]:
    """Scores what a model and the baselines predict for rows of the opened hold-out.

    Returns a part for each head, and one for votes where they make the labels.
    """
    return score_rows(
        scored_rows(run, rows), seed=interval_seed(run), own=run.study.own_metrics
    )


def score_rows(
    rows: ScoredRows, *, seed: int, own: Sequence[str] = ()
) -> dict[str, Any]:
    """Scores rows, as ``score_hold_out``; ``own`` are names of own metrics."""
    given: dict[str, Any] = {"subjects": rows.units, "seed": seed}
    predictions, thresholds = rows.model.predictions, rows.model.thresholds
    parts = evaluate(
        rows.targets,
        predictions,
        thresholds=thresholds,
        constants=rows.constants,
        own=own,
        **given,
    )
    if rows.votes is not None:
        parts |= evaluate_votes(
            rows.votes, predictions, constants=rows.constants, **given
        )
    for name, baseline in rows.baselines.items():
        found = compare(rows.targets, rows.model, baseline, own=own, **given)
        if rows.votes is not None:
            found |= compare_votes(rows.votes, rows.model, baseline, **given)
        for head, compared in found.items():
            parts[head].setdefault("baselines", {})[name] = compared
    return parts
