"""Words that several sections use."""

from collections.abc import Mapping
from typing import Any

from models.config.hyperparameters import HYPERPARAMETERS, Value
from search.ledger.records import TrialRecord
from search.report_page.material import Material
from search.reports.metric_texts import metric_words
from search.study.study import Study

BACKBONE = "backbone.name"

UNTESTED = "the model has not been tested on the hold-out"


def significance(found: Mapping[str, Any]) -> str:
    """Says whether an interval of a difference has 0.

    Example:
        >>> significance({"low": 0.01, "high": 0.2})
        'significantly better'
        >>> significance({"low": -0.01, "high": 0.2})
        'no significant difference'
    """
    low, high = found["low"], found["high"]
    if low is None or high is None:
        return "without an interval"
    if low > 0:
        return "significantly better"
    return "significantly worse" if high < 0 else "no significant difference"


def settings(record: TrialRecord) -> Mapping[str, Value]:
    """Returns the configuration of a trial."""
    return record.values


def value_words(study: Study) -> str:
    """Writes what the value of a trial is made of."""
    total = sum(weight for _, weight in study.objective)
    return " + ".join(
        f"{weight / total:.2g} x {metric_words(name)}"
        for name, weight in study.objective
    )


def backbone(record: TrialRecord) -> str:
    """Names the backbone of a trial."""
    return str(settings(record).get(BACKBONE, HYPERPARAMETERS[BACKBONE].default))


def backbone_of(material: Material, number: int) -> str:
    """Names the backbone of a trial in brackets; empty for an unknown trial."""
    found = (r for r in material.records if r.number == number)
    return next((f" ({backbone(record)})" for record in found), "")
