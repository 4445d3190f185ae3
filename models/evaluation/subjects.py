"""Scores of single subjects and of their groups.

A mean over all images hides the people who are missed.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_pipeline.system.seeds import child_seed, random_orders
from data_pipeline.targets.targets import Targets
from models.evaluation.comparison import Candidate
from models.evaluation.jackknife import DIFFERENCE, intervals
from models.evaluation.report import Score, interval_ends, scored_heads
from models.evaluation.tables import plain
from models.metrics.predictions import Predictions
from models.metrics.scores import weighted_scores

AT_ONCE = 200
"""Subjects whose rows are weighted together."""

PERMUTATIONS = 200
"""Random exchanges of groups between subjects."""

WORST = 0.1
"""The share of subjects whose mean is that of the worst."""


def subject_scores(
    targets: Targets,
    predictions: Predictions,
    subjects: Sequence[str],
    metrics: Sequence[str],
) -> dict[str, dict[str, Any]]:
    """Scores each subject's rows by themselves.

    Args:
        targets: the labels, row by row.
        predictions: the outputs for the same rows.
        subjects: the subject of each row.
        metrics: names of ``METRIC_NAMES`` and own metrics.

    Returns:
        For each subject ``images`` and the metrics; ``None`` where one is undefined.
    """
    names, place = np.unique(np.asarray(subjects, dtype=str), return_inverse=True)
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(names), AT_ONCE):
        part = np.arange(start, min(start + AT_ONCE, len(names)))
        weights = (place == part[:, None]).astype(np.float64)
        table = weighted_scores(targets, predictions, weights, own=metrics)
        for row, subject in enumerate(part.tolist()):
            found[str(names[subject])] = {
                "images": int(weights[row].sum()),
                **{metric: plain(table[metric][row]) for metric in metrics},
            }
    return found


def summarize_subjects(
    found: Mapping[str, Mapping[str, Any]], metric: str
) -> dict[str, Any]:
    """Sums up a metric over the subjects for whom it is defined.

    ``worst_decile`` is the mean of the tenth with the lowest values, at least one.
    """
    values = np.sort([x for row in found.values() if (x := row[metric]) is not None])
    if not len(values):
        return {"subjects": 0}
    worst = values[: int(np.ceil(WORST * len(values)))]
    return {
        "subjects": len(values),
        "mean": float(values.mean()),
        "deviation": float(values.std(ddof=1)) if len(values) > 1 else None,
        "median": float(np.median(values)),
        "lowest": float(values[0]),
        "highest": float(values[-1]),
        "worst_decile": float(worst.mean()),
        "of_worst_decile": len(worst),
    }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowGroups:
    """Groups of subjects, and the group of each row; ``""``: in none of them."""

    names: Sequence[str]
    of_row: np.ndarray

    def weights(self, rows: np.ndarray) -> np.ndarray:
        """Weighs the rows of each group by 1; (groups, rows)."""
        names = np.asarray(self.names, dtype=object)
        return np.asarray(self.of_row[rows] == names[:, None], dtype=np.float64)


def group_scores(  # noqa: PLR0913 - what is scored and how, by name
    targets: Targets,
    model: Candidate,
    groups: RowGroups,
    *,
    subjects: Sequence[str],
    primary: str,
    seed: int,
    own: Sequence[str] = (),
) -> dict[str, Any]:
    """Scores the rows of each group, and how far apart the groups are.

    Args:
        targets: the labels, row by row.
        model: what was predicted for the same rows.
        groups: two or more groups of subjects.
        subjects: the subject of each row.
        primary: a metric of ``METRIC_NAMES`` or an own one.
        seed: chooses groups for intervals, and random exchanges.
        own: names of own metrics.

    Returns:
        ``groups``: of each its ``subjects``, ``images``, and for each head every metric
        with its interval. ``gaps``: for each head and metric the ``highest`` and the
        ``lowest`` group, their difference and its interval, which allows for the choice
        of the two among all pairs. ``by_chance``: the gap of the primary metric that
        95 % of random exchanges of groups between subjects stay below.
    """
    everyone = np.asarray(subjects, dtype=str)
    found: dict[str, Any] = {
        name: {
            "subjects": len(np.unique(everyone[groups.of_row == name])),
            "images": int((groups.of_row == name).sum()),
        }
        for name in groups.names
    }
    gaps: dict[str, Any] = {}
    chance = None
    heads = scored_heads(targets, model.predictions, model.thresholds, own)
    for head, (labelled, score) in heads.items():
        inside = np.isin(groups.of_row.astype(str), list(groups.names))
        scored = _Scored.of(targets, model, score, groups, labelled & inside, everyone)
        for name, part in scored.by_group(seed=seed):
            found[name][head] = part
        gaps[head] = dict(scored.gaps(seed=seed))
        if primary.startswith(f"{head}."):
            chance = scored.gap_by_chance(primary.partition(".")[2], seed=seed)
    return {
        "groups": found,
        "gaps": gaps,
        "by_chance": {"metric": primary, "gap": chance},
    }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scored:
    """The labelled rows of a head that are in a group."""

    targets: Targets
    predictions: Predictions
    score: Score
    names: Sequence[str]
    members: np.ndarray
    """Weights of each group's rows; (groups, rows)."""
    subjects: np.ndarray

    @staticmethod
    def of(
        targets: Targets,
        model: Candidate,
        score: Score,
        groups: RowGroups,
        chosen: np.ndarray,
        subjects: np.ndarray,
    ) -> "_Scored":
        """Takes the chosen rows."""
        rows = np.flatnonzero(chosen)
        return _Scored(
            targets=targets.take(rows),
            predictions=model.predictions.take(rows),
            score=score,
            names=groups.names,
            members=groups.weights(rows),
            subjects=subjects[rows],
        )

    def values(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Scores weighted rows."""
        return self.score(self.targets, self.predictions, weights)

    def by_group(self, *, seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yields each group's metrics with intervals."""
        for name, weights in zip(self.names, self.members, strict=True):
            rows = np.flatnonzero(weights)
            targets, predictions = self.targets.take(rows), self.predictions.take(rows)

            def values(
                weights: np.ndarray,
                targets: Targets = targets,
                predictions: Predictions = predictions,
            ) -> dict[str, np.ndarray]:
                return self.score(targets, predictions, weights)

            ends = intervals(values, self.subjects[rows].tolist(), seed=seed)
            table = values(np.ones((1, len(rows))))
            yield (
                name,
                {
                    metric: {
                        "value": plain(value[0]),
                        **dict(
                            zip(
                                ("low", "high"),
                                interval_ends(metric, ends),
                                strict=True,
                            )
                        ),
                    }
                    for metric, value in table.items()
                },
            )

    def gaps(self, *, seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yields the gap of each metric, between the two groups that are furthest."""
        table = self.values(self.members)
        pairs: dict[tuple[int, int], list[str]] = {}
        for metric, values in table.items():
            if np.isfinite(values).sum() > 1:
                ends = int(np.nanargmax(values)), int(np.nanargmin(values))
                pairs.setdefault(ends, []).append(metric)
        for pair, metrics in pairs.items():
            found = self._ends_of_gap(pair, seed=seed)
            for metric in metrics:
                equal = pair[0] == pair[1]
                low, high = (None, None) if equal else interval_ends(metric, found)
                yield (
                    metric,
                    {
                        "highest": self.names[pair[0]],
                        "lowest": self.names[pair[1]],
                        "gap": float(table[metric][pair[0]] - table[metric][pair[1]]),
                        "low": low,
                        "high": high,
                    },
                )

    def _ends_of_gap(self, pair: tuple[int, int], *, seed: int) -> dict[str, Any]:
        """Computes the interval of the difference of two groups, in each metric."""
        first, second = self.members[list(pair)]
        rows = np.flatnonzero(first + second)
        targets, predictions = self.targets.take(rows), self.predictions.take(rows)

        def difference(weights: np.ndarray) -> dict[str, np.ndarray]:
            high = self.score(targets, predictions, weights * first[rows])
            low = self.score(targets, predictions, weights * second[rows])
            return {name: high[name] - low[name] for name in high}

        people = self.subjects[rows].tolist()
        return intervals(
            difference,
            people,
            seed=seed,
            scale=lambda _: DIFFERENCE,
            pairs=math.comb(len(self.names), 2),
        )

    def gap_by_chance(self, metric: str, *, seed: int) -> float | None:
        """Computes the gap that 95 % of exchanges of groups stay below."""
        _, first, place = np.unique(
            self.subjects, return_index=True, return_inverse=True
        )
        group = self.members.argmax(axis=0)[first]
        orders = random_orders(child_seed(seed, "groups"), PERMUTATIONS, len(group))
        apart = []
        for order in orders:
            member = group[order][place] == np.arange(len(self.names))[:, None]
            values = self.values(member.astype(np.float64))[metric]
            if np.isfinite(values).sum() > 1:
                apart.append(np.nanmax(values) - np.nanmin(values))
        return float(np.percentile(apart, 95)) if apart else None
