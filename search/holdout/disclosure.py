"""What a reader must know of a test: how its model was selected, and what counts."""

from collections.abc import Mapping
from typing import Any

from search.study.study import Study

SECONDARY = "secondary: each interval is for itself, none is corrected for their number"
HEAVIEST = "the metric of [objective] with the largest weight, the first of equal ones"


def describe_search(study: Study, search: Mapping[str, Any]) -> dict[str, Any]:
    """Adds to a report's entry about the search what was searched, and how.

    ``space`` and ``fixed`` are the study's tables; ``enqueued`` names configurations
    that were tried first.
    """
    chosen = study.search
    return {
        **search,
        "sampler": chosen.sampler,
        "pruner": chosen.pruner,
        "seed": chosen.seed,
        "objective": dict(study.objective),
        "worst_group": study.worst_group,
        **_costs(study),
        "enqueued": [trial.name for trial in study.enqueued],
        "warm_start": chosen.warm_start,
        "fixed": dict(study.raw.get("fixed", {})),
        "space": dict(study.raw.get("space", {})),
    }


def _costs(study: Study) -> dict[str, Any]:
    """Names several objectives and limits on models, where a study has them."""
    limits = study.constraints.limits()
    several = {"objectives": list(study.goals)} if study.goals else {}
    return several | ({"constraints": limits} if limits else {})


def describe_model(sidecar: Mapping[str, Any]) -> dict[str, Any]:
    """Says what the tested model is: its data, size, training and software.

    ``trained_on`` are the data that its initial weights were trained on.
    """
    trained_on = sidecar.get("start", {}).get("trained_on") or ()
    return {
        "tested": {
            "dataset": sidecar["data"]["dataset"],
            "parameters": sidecar["parameters"],
            "epochs": sidecar["epochs"],
            "trained_on": [found["dataset"] for found in trained_on],
            "versions": sidecar["versions"],
        }
    }


def primary_entry(study: Study) -> dict[str, Any]:
    """Names the one metric that a claim may rest on."""
    return {
        "primary": {
            "metric": primary_metric(study),
            "rule": HEAVIEST,
            "others": SECONDARY,
        }
    }


def primary_metric(study: Study) -> str:
    """Returns the heaviest metric of the objective, the first of equal ones."""
    return max(study.objective, key=lambda entry: entry[1])[0]
