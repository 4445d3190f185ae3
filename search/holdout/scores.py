"""Scores of the opened hold-out: the model's and the baselines', on the same rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.development import read_scoring_targets
from data_pipeline.system.seeds import child_seed
from models.evaluation.comparison import Candidate, compare, compare_votes
from models.evaluation.report import evaluate, evaluate_votes
from search.inputs.run import Run
from search.inputs.scoring_targets import clusters, read_votes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HoldOutRows:
    """Rows of the opened hold-out, and what was predicted for them.

    ``baselines`` are by name; the constant one is not among them.
    """

    table: SampleTable
    model: Candidate
    baselines: Mapping[str, Candidate]

    def take(self, rows: np.ndarray) -> "HoldOutRows":
        """Selects rows by position."""
        return HoldOutRows(
            table=self.table.take(rows),
            model=self.model.take(rows),
            baselines={name: each.take(rows) for name, each in self.baselines.items()},
        )


def score_hold_out(run: Run, rows: HoldOutRows) -> dict[str, Any]:
    """Scores what a model and the baselines predict for rows of the opened hold-out.

    The constant baseline is fitted to the development rows. Returns a part for each
    head, and one for votes where they make the labels.
    """
    study, development = run.study, run.data.scoring_targets
    subjects = clusters(rows.table, study.split.by)
    seed = child_seed(study.split.hold_out_seed, "intervals")
    targets = read_scoring_targets(study.data, rows.table)
    votes = read_votes(study.data, rows.table)
    parts = evaluate(
        targets,
        rows.model.predictions,
        subjects=subjects,
        thresholds=rows.model.thresholds,
        development=development,
        seed=seed,
        own=study.own_metrics,
    )
    if votes is not None:
        parts |= evaluate_votes(
            votes,
            rows.model.predictions,
            subjects=subjects,
            development=development,
            seed=seed,
        )
    for name, baseline in rows.baselines.items():
        found = compare(
            targets,
            rows.model,
            baseline,
            subjects=subjects,
            seed=seed,
            own=study.own_metrics,
        )
        if votes is not None:
            found |= compare_votes(
                votes, rows.model, baseline, subjects=subjects, seed=seed
            )
        for head, compared in found.items():
            parts[head].setdefault("baselines", {})[name] = compared
    return parts
