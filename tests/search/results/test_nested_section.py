"""The section of a nested run: every number is one of ``nested.json``."""

import re

import pytest

from models.config.config import complete
from models.evaluation.jackknife import describe_method
from search.nested.scores import across_parts, metric_values
from search.nested.stability import stability
from search.results.nested_section import nested_section
from search.study.study import read_study
from tests.search.reports.test_holdout_report import drawn, report_of
from tests.search.results.test_section import MACHINE, numbers

LEARNED = {"regularization.l2": 1e-4, "augmentation.strength": 0.2}
CHOSEN = [complete(LEARNED | {"head.dropout": rate}) for rate in (0.1, 0.3)]

OBJECTIVE = {"objective": {"metrics": {"emotion.macro_f1": 1.0}, "value": 0.5}}
"""A part of each test's report that is no head, though it names metrics."""


def nested(*settings, **more):
    """Writes the section of a nested run of two parts; returns it and the report."""
    study = read_study("smoke", settings=("split.outer_folds=2", *settings))
    targets, predictions, subjects = drawn(2)
    scores = report_of(targets, predictions, subjects)
    part = {"subjects": 6, "images": 30, "trial": 1, "validation": 0.75, "budget": 4}
    report = scores | {
        "study": "smoke",
        "synthetic": True,
        "inner_folds": 1,
        "tested_before": 0,
        "search": {"trials": 8, "completed": 5, "pruned": 2, "failed": 1}
        | {"machines": [MACHINE]},
        "parts": [{"part": number} | part for number in (1, 2)],
        "choices": stability(study.space, CHOSEN),
        "primary": {"metric": "emotion.macro_f1", "rule": "the heaviest"},
        "objective": {
            "metrics": dict(study.objective),
            "value": 0.7,
            "low": 0.6,
            "high": 0.8,
            "parts": [0.5, 0.625],
            "mean": 0.5625,
            "validation_mean": 0.75,
        },
        "across_parts": across_parts([metric_values(scores | OBJECTIVE)] * 2),
        "intervals": describe_method(subjects, over="subjects"),
        "tested": {"dataset": "ckplus", "versions": {"keras": "3.15.1"}},
        "people": {"all parts": {"subjects": 12, "images": 60}},
        **more,
    }
    return nested_section(study, CHOSEN, report), report


def test_every_result_is_in_the_report():
    """A score of the section is the report's, rounded to three decimals."""
    text, report = nested()
    results = text.partition("## Results, pooled")[2].partition("## Methods")[0]
    shown = re.findall(r"(?<![\d.])\d\.\d{3}(?!\d)", results)
    assert len(shown) > 30
    assert set(shown) <= {*numbers(report)}


def test_the_protocol_is_told():
    """Who is held out from what, each part, and that the data are drawn."""
    text, _ = nested()
    part = text.partition("## Protocol\n")[2].partition("\n## ")[0]
    assert "SYNTHETIC DATA" in part
    assert "- Tested: 12 subjects, 60 images, each once, by a model" in part
    assert "- Outer parts: 2, by subject; of 2000 random divisions" in part
    assert "(Cawley and Talbot 2010; Varma and Simon 2006)" in part
    assert "| all parts | 12 | 60 | - |" in part
    assert "| 2 | 6 | 30 | 1 | 0.750 | 0.625 |" in part


def test_the_budget_is_told():
    """What each part searched, what all did, and of what it is a share."""
    text, _ = nested()
    part = text.partition("## Search\n")[2].partition("\n## ")[0]
    assert (
        "- Budget of a part: 4 trials; trials of all parts: 8; completed 5, pr" in part
    )
    assert "trials train on 1 inner fold" in part
    assert "on one training part" in part
    assert "- Sampler bohb (Bergstra et al. 2011; Falkner et al. 2018)" in part


@pytest.mark.parametrize("heading", ["From part to part", "Stability of the choice"])
def test_parts_are_compared(heading):
    """Metrics over parts, and what was chosen of each key, have a table."""
    text, _ = nested()
    part = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    expected = {
        "From part to part": "| accuracy of emotion | 0.630 | 0.630 | 0.000 | 2 |",
        "Stability of the choice": "| head.dropout | 0.1 to 0.3, median 0.2: 50 % of",
    }
    assert expected[heading] in part


def test_what_the_parts_did_is_counted():
    """Fine-tuned and pruned trials, and the people of the inner folds, are counted."""
    part = {"subjects": 6, "images": 30, "trial": 1, "validation": 0.75, "budget": 4}
    parts = [
        {"part": n, **part, "search": {"finetuned": n}, "fold_subjects": [7 + n]}
        for n in (1, 2)
    ]
    pruned = {"pruned_after": [{"step": 2, "trials": 3}, {"step": 5, "trials": 1}]}
    search = {"trials": 8, "completed": 3, "pruned": 4, "failed": 1} | pruned
    text, _ = nested(parts=parts, search=search | {"machines": [MACHINE]})
    assert "- 3 of the trials, 1 to 2 in each part, repeat the best ones" in text
    assert "- Validation inside a part: 1 inner fold, of 8 to 9 subjects each" in text
    assert "It stopped 4 trials: 3 after epoch 2 of fold 1, 1 after epoch 5" in text


def test_leaving_out_one_subject():
    """Each subject is then a part, and no division is drawn."""
    text, _ = nested("split.outer_folds=subjects")
    assert "- Outer parts: each of 2 subjects is one\n" in text
    assert "random divisions" not in text
