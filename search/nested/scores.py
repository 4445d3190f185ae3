"""What the pooled predictions of all outer parts score, as ``nested.json`` has it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from data_pipeline.system.seeds import child_seed
from models.evaluation.jackknife import describe_method
from search.holdout.disclosure import primary_entry
from search.holdout.objective import describe_objective
from search.holdout.scores import ScoredRows
from search.holdout.subjects import count_people, score_subjects
from search.inputs.scoring_targets import label_rules
from search.nested.pooling import Pooled, score_pooled
from search.reports.metric_texts import HEADS
from search.study.study import Study
from search.trial.objective import score


def describe_scores(
    study: Study,
    pooled: Pooled,
    tests: Sequence[Mapping[str, Any]],
    validation: Sequence[float],
) -> dict[str, Any]:
    """Scores the pooled predictions, and describes them as a report does.

    ``tests`` are the reports of the parts, ``validation`` the values of their trials.
    """
    over = _units(study, tests)
    by_name = over == "subjects"
    named = pooled.rows.units if by_name else [None] * len(pooled.part)
    return {
        "guarantee": _weakest([str(test["guarantee"]) for test in tests]),
        "subjects": len(set(pooled.rows.units)) if by_name else None,
        "images": len(pooled.part),
        "opened": max(int(test["opened"]) for test in tests),
        "tested_before": sum(int(test["tested_before"]) for test in tests),
        "unreadable": sum(int(test["unreadable"]["hold_out"]) for test in tests),
        "skipped": int(tests[0]["skipped"]),
        "intervals": describe_method(pooled.rows.units, over=over)
        | {"seed": _seed(study)},
        **primary_entry(study),
        "objective": _objective(study, pooled, validation),
        "across_parts": across_parts([metric_values(test) for test in tests]),
        **label_rules(study.data),
        **_baselines(pooled, tests),
        **_pooled_scores(study, pooled),
        **_duplicates(study, pooled),
        **_tested(tests),
        "people": {"all parts": count_people(named)},
        **(score_subjects(study, pooled.rows, pooled.rows.units) if by_name else {}),
    }


def _tested(tests: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Names data and software; empty where a part's report is of an older version."""
    if not all("tested" in test for test in tests):
        return {}
    return {"tested": {key: tests[0]["tested"][key] for key in ("dataset", "versions")}}


def _units(study: Study, tests: Sequence[Mapping[str, Any]]) -> str:
    """Names what intervals leave out."""
    if study.split.by == "sequence":
        return "sequences"
    named = all(test["subjects"] is not None for test in tests)
    return "subjects" if named else "images"


def _seed(study: Study) -> int:
    """Returns the seed that chooses groups for intervals, where there are many."""
    return child_seed(study.split.hold_out_seed, "intervals")


def _pooled_scores(study: Study, pooled: Pooled) -> dict[str, Any]:
    return score_pooled(pooled, seed=_seed(study), own=study.own_metrics)


def _weakest(guarantees: Sequence[str]) -> str:
    """Returns the guarantee of all parts; copies of an image break it in one."""
    return next((one for one in guarantees if one == "subject_ids"), guarantees[0])


def _objective(
    study: Study, pooled: Pooled, validation: Sequence[float]
) -> dict[str, Any]:
    """Compares the objective on outer rows with the value that chose the trial."""
    objective = dict(study.objective)

    def value(rows: ScoredRows) -> float:
        return score(rows.targets, rows.model.predictions, objective)

    parts = [
        value(pooled.rows.take(np.flatnonzero(pooled.part == number)))
        for number in range(1, len(validation) + 1)
    ]
    return {
        **describe_objective(pooled.rows, objective, seed=_seed(study)),
        "parts": parts,
        "mean": float(np.mean(parts)),
        "validation_mean": float(np.mean(validation)),
    }


def across_parts(
    parts: Sequence[Mapping[str, Mapping[str, float | None]]],
) -> dict[str, dict[str, dict[str, Any]]]:
    """Computes mean and standard deviation over parts of each metric.

    ``parts`` counts those where it is defined; one part has no deviation.
    """
    names = {(h, n): None for part in parts for h, found in part.items() for n in found}
    table: dict[str, dict[str, dict[str, Any]]] = {}
    for head, name in names:
        values = [part.get(head, {}).get(name) for part in parts]
        known = [value for value in values if value is not None]
        table.setdefault(head, {})[name] = {
            "parts": len(known),
            "mean": float(np.mean(known)) if known else None,
            "deviation": float(np.std(known, ddof=1)) if len(known) > 1 else None,
        }
    return table


def _baselines(
    pooled: Pooled, tests: Sequence[Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Describes the linear baselines; ``value`` is the mean of the parts' values."""
    found: dict[str, Any] = {}
    for name in pooled.rows.baselines:
        each = [test["baselines"][name] for test in tests]
        weights = sorted({str(one["weights"]) for one in each if "weights" in one})
        found[name] = {"value": float(np.mean([one["value"] for one in each]))}
        if weights:
            found[name]["weights"] = ", ".join(weights)
    return {"baselines": found} if found else {}


def _duplicates(study: Study, pooled: Pooled) -> dict[str, Any]:
    """Scores without rows that their model's development part has, too."""
    count, others = int(pooled.duplicates.sum()), np.flatnonzero(~pooled.duplicates)
    entry: dict[str, Any] = {"rule": study.split.duplicates, "images": count}
    if count:
        entry["without"] = {"images": len(others)}
    if count and len(others):
        entry["without"] |= _pooled_scores(study, pooled.take(others))
    return {"duplicates": entry}


def metric_values(report: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
    """Lists the values of all metrics of a report, by head."""
    return {
        head: {name: found["value"] for name, found in part["metrics"].items()}
        for head in HEADS
        if (part := report.get(head)) is not None
    }
