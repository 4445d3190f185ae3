"""Scores of each seed on the opened hold-out: mean, deviation, and their interval."""

from collections.abc import Mapping, Sequence
from statistics import stdev
from typing import Any

import numpy as np

from data_pipeline.targets.targets import Targets
from models.evaluation.comparison import Candidate
from models.evaluation.crossed import SOURCE, crossed_interval
from models.evaluation.jackknife import LEVEL, leave_out_weights, scale_of
from models.evaluation.report import Score, scored_heads
from models.evaluation.tables import NO_INTERVAL, plain
from models.metrics.emotion import vote_metrics
from search.final.kept_model import SEEDS
from search.holdout.scores import ScoredRows, interval_seed
from search.inputs.run import Run

EACH = "each"
"""Key of the values of all seeds, in their order."""

Scored = dict[str, tuple[Targets, np.ndarray, Score]]
"""Heads to their labels, the rows that have one, and what scores them."""


def score_seeds(
    run: Run, sidecar: Mapping[str, Any], rows: ScoredRows
) -> dict[str, Any]:
    """Scores the models that the tested one was made of, on the same rows.

    Returns the ``seeds`` of a report, empty for a model of one seed: which ``model`` of
    them was tested, what was ``trained``, and for each head by metric the value of
    ``each`` seed, their ``mean`` with its interval over subjects and seeds, their
    ``deviation``, and the value of the tested ``model``.
    """
    if not rows.seeds:
        return {}
    heads = seed_heads(rows, seed=interval_seed(run), own=run.study.own_metrics)
    interval = {"level": LEVEL, "over": "subjects and seeds", "source": SOURCE}
    made = sidecar[SEEDS]
    # Digests of files that equal searches write differ.
    trained = [{key: row[key] for key in ("seed", "loss")} for row in made["trained"]]
    return {SEEDS: {**made, "trained": trained, "interval": interval, "heads": heads}}


def seed_heads(
    rows: ScoredRows, *, seed: int, own: Sequence[str] = ()
) -> dict[str, Any]:
    """Scores each head by the model and its seeds; ``own`` are names of own metrics."""
    models = [rows.model, *rows.seeds.values()]
    return {
        head: _score_head(scored, models, rows.units, seed)
        for head, scored in _scored(rows, own).items()
    }


def _scored(rows: ScoredRows, own: Sequence[str]) -> Scored:
    """Lists the heads to score, that of votes too."""
    model, targets = rows.model, rows.targets
    heads = scored_heads(targets, model.predictions, model.thresholds, own)
    found: Scored = {
        head: (targets, np.flatnonzero(labelled), score)
        for head, (labelled, score) in heads.items()
    }
    if rows.votes is not None:
        labelled = np.flatnonzero(rows.votes.emotion_mask)
        found["votes"] = rows.votes, labelled, vote_metrics
    return found


def _score_head(
    scored: tuple[Targets, np.ndarray, Score],
    models: Sequence[Candidate],
    subjects: Sequence[str],
    seed: int,
) -> dict[str, Any]:
    """Scores a head: the tested model first, then the seeds."""
    targets, rows, score = scored
    people = [subjects[row] for row in rows.tolist()]
    labels, weights = targets.take(rows), leave_out_weights(people, seed=seed)
    tables = [score(labels, m.predictions.take(rows), weights) for m in models]
    count = len(set(people))
    return {
        name: _entry(name, np.stack([table[name] for table in tables]), count)
        for name in tables[0]
    }


def _entry(name: str, values: np.ndarray, subjects: int) -> dict[str, Any]:
    """Writes a metric's entry; ``values`` (1 + K, 1 + G) has the tested model first."""
    model, seeds = values[0], values[1:]
    each = [plain(value) for value in seeds[:, 0]]
    known = [value for value in each if value is not None]
    whole = len(known) == len(each)
    ends = None
    if name not in NO_INTERVAL:
        ends = crossed_interval(seeds, scale_of(name), subjects=subjects)
    low, high = ends or (None, None)
    return {
        EACH: each,
        "mean": float(np.mean(known)) if whole else None,
        "low": low,
        "high": high,
        "deviation": stdev(known) if whole else None,
        "model": plain(model[0]),
    }
