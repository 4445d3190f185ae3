"""The front matter: metadata in YAML, as Hugging Face's model cards have them.

Source: Hugging Face, hub-docs, modelcard.md; the class ``EvalResult`` of
``huggingface_hub`` reads ``model-index``.
"""

from collections.abc import Iterator
from typing import Any

import yaml

from search.model_card.data_sets import face_set
from search.model_card.facts import CardFacts, Numbers
from search.reports.metric_texts import (
    COMPARED,
    CONTINUOUS,
    HEADS,
    METRIC_TEXTS,
    number,
)

TASK, REGRESSION = "image-classification", "image-regression"

TAGS: dict[str, str] = {
    "emotion": "facial-expression-recognition",
    "action_units": "facial-action-units",
    "action_unit_intensities": "facial-action-units",
    "valence_arousal": "valence-arousal",
}
"""Head of a model -> a tag to find it by."""

METRIC_IDS: dict[str, str] = {
    "macro_f1": "f1",
    "weighted_f1": "f1",
    "mean_f1": "f1",
    "mean_f1_at_thresholds": "f1",
    "macro_precision": "precision",
    "macro_recall": "recall",
    "mean_auc": "roc_auc",
    "mean_mae": "mae",
    "mean_pcc": "pearsonr",
}
"""Metric -> Hugging Face's name of it, where that differs."""


def front_matter(facts: CardFacts) -> str:
    """Renders the metadata, between its lines of dashes.

    No licence is claimed: it depends on the agreement about the data.
    """
    heads = [head for head in HEADS if head in facts.report]
    results = [_result(facts, head) for head in heads if COMPARED[head]]
    metrics = {each["type"] for found in results for each in found["metrics"]}
    content = {
        "library_name": "keras",
        "license": "unknown",
        "pipeline_tag": TASK,
        "tags": _tags(facts, heads),
        "metrics": sorted(metrics),
        "model-index": [{"name": facts.report["study"], "results": results}],
    }
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=88)
    return f"---\n{text}---"


def _tags(facts: CardFacts, heads: list[str]) -> list[str]:
    drawn = ["synthetic-data"] if facts.report["synthetic"] else []
    found = [TAGS[head] for head in heads if head in TAGS]
    return list(dict.fromkeys([*drawn, "keras", "face", *found]))


def _result(facts: CardFacts, head: str) -> dict[str, Any]:
    """Writes what a head reached on the hold-out."""
    kind = REGRESSION if head in CONTINUOUS else TASK
    return {
        "task": {"type": kind, "name": HEADS[head]},
        "dataset": _data(facts),
        "metrics": list(_metrics(facts.report, head)),
    }


def _data(facts: CardFacts) -> dict[str, Any]:
    report, of = facts.report, facts.sidecar["data"]
    people = report["subjects"]
    who = f"{people} held-out subjects" if people else "held-out images"
    drawn = "SYNTHETIC faces in the layout of " if report["synthetic"] else ""
    return {
        "type": of["dataset"],
        "name": f"{drawn}{face_set(of['dataset']).title}, {who}",
        "split": "hold-out",
        "revision": of["fingerprint"],
    }


def _metrics(report: Numbers, head: str) -> Iterator[dict[str, Any]]:
    """Lists the main metrics that are defined, the primary one first."""
    found = report[head]["metrics"]
    of, _, primary = report["primary"]["metric"].partition(".")
    names = dict.fromkeys([*([primary] if of == head else []), *COMPARED[head]])
    for name in names:
        row = found.get(name)
        if row is not None and row["value"] is not None:
            yield {
                "type": METRIC_IDS.get(name, name),
                "name": _metric_name(name, row),
                "value": round(row["value"], 6),
            }


def _metric_name(name: str, row: Numbers) -> str:
    """Writes a metric with its interval, which the format has no field for."""
    words = METRIC_TEXTS.get(name, name)
    if row["low"] is None or row["high"] is None:
        return words
    return f"{words} (95 % interval {number(row['low'])} to {number(row['high'])})"
