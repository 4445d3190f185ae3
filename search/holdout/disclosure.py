"""What a reader must know of a test: how its model was selected, and what counts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from search.final.kept_model import SEEDS
from search.final.seeds import SEED, retraining_seed
from search.inputs.run import Run
from search.ledger.records import TrialRecord
from search.sampling.parameter_sets import FINETUNE_OF
from search.study.study import Study

SECONDARY = "secondary: each interval is for itself, none is corrected for their number"
HEAVIEST = "the metric of [objective] with the largest weight, the first of equal ones"
EPOCHS_RULE = (
    "the epoch at which the pooled validation value, averaged over three neighbouring "
    "epochs, is highest"
)
"""How the epochs of the retraining follow from those of the trial."""

BY_PRUNER = "pruner"
"""The reason of a trial that the pruner stopped, and not a limit or a fault."""


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


def describe_trials(records: Sequence[TrialRecord]) -> dict[str, Any]:
    """Says after which step the pruner stopped trials, and which were fine-tuned.

    Steps count epochs over the folds, a full training each. Numbers of trials, which
    count lost ones too, are there only where trials were fine-tuned.
    """
    ended = [record for record in records if not record.interrupted]
    stopped = [one for one in ended if one.reason == BY_PRUNER and one.curve]
    steps = Counter(max(one.curve) for one in stopped)
    tuned = [one for one in ended if FINETUNE_OF in one.attributes]
    found: dict[str, Any] = {}
    if steps:
        found["pruned_after"] = [
            {"step": step, "trials": count} for step, count in sorted(steps.items())
        ]
    if tuned:
        completed = {one.number for one in ended if one.value is not None}
        pairs = [(one.number, int(one.attributes[FINETUNE_OF])) for one in tuned]
        found["finetuned"] = [
            {"trial": number, "of": of, "of_completed": of in completed}
            for number, of in pairs
        ]
    return found


def _costs(study: Study) -> dict[str, Any]:
    """Names several objectives and limits on models, where a study has them."""
    limits = study.constraints.limits()
    several = {"objectives": list(study.goals)} if study.goals else {}
    return several | ({"constraints": limits} if limits else {})


def describe_model(run: Run, sidecar: Mapping[str, Any]) -> dict[str, Any]:
    """Says what the tested model is: its data, size, training and software.

    ``trained_on`` are the data that its initial weights were trained on, and
    ``training_seeds`` those of its training, or of each of several.
    """
    trained = sidecar.get(SEEDS, {}).get("trained", ())
    numbers: list[int | None] = [int(row[SEED]) for row in trained]
    trained_on = sidecar.get("start", {}).get("trained_on") or ()
    return {
        "tested": {
            "dataset": sidecar["data"]["dataset"],
            "parameters": sidecar["parameters"],
            "epochs": sidecar["epochs"],
            "epochs_rule": EPOCHS_RULE,
            "training_seeds": [
                retraining_seed(run, number) for number in numbers or [None]
            ],
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
