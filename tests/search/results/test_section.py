"""The results section: every number is one of ``holdout.json``, or of the study."""

import re

from models.config.config import complete
from models.evaluation.jackknife import describe_method
from search.results.section import results_section
from search.study.study import read_study
from tests.search.reports.test_holdout_report import drawn, report_of

SETTINGS = {"head.dropout": 0.3, "training.learning_rate": 0.00123}


def section(*settings, **more):
    """Writes the section of a small report; returns it and the report.

    ``settings`` change the study.
    """
    targets, predictions, subjects = drawn(2)
    report = report_of(
        targets,
        predictions,
        subjects,
        study="smoke",
        trial=3,
        search={
            "trials": 9,
            "completed": 4,
            "pruned": 5,
            "failed": 0,
            "objective": {"emotion.macro_f1": 1.0, "action_units.mean_auc": 1.0},
        },
        split={
            "imbalance": {"hold-out": 0.1},
            "images": {
                "whole": {"images": 90},
                "hold-out": {"images": 20},
                "fold 1": {"images": 34},
                "fold 2": {"images": 36},
            },
        },
        primary={"metric": "emotion.macro_f1", "rule": "the heaviest"},
        tested={
            "dataset": "synthetic",
            "parameters": 200_000,
            "epochs": 9,
            "trained_on": [],
            "versions": {"keras": "3.15.1"},
        },
        intervals=describe_method(subjects, over="subjects"),
        objective={"metrics": {}, "value": 0.7219, "low": 0.6123, "high": 0.8124},
        **more,
    )
    return results_section(
        read_study("smoke", settings=settings), complete(SETTINGS), report
    ), report


def numbers(found):
    """Yields every number of a report."""
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list | tuple):
        for each in found:
            yield from numbers(each)
    elif isinstance(found, float):
        yield f"{found:.3f}"


def test_every_result_is_in_the_report():
    """A score of the section is the report's, rounded to three decimals."""
    text, report = section()
    results = text.partition("## Results on the hold-out")[2].partition("## Methods")[0]
    shown = re.findall(r"(?<![\d.])\d\.\d{3}(?!\d)", results)
    assert len(shown) > 30
    assert set(shown) <= set(numbers(report))


def test_it_says_what_was_searched_and_chosen():
    """Counts of trials, the space, and each searched value of the tested trial."""
    text, _ = section()
    assert "- Trials: 9, of which 4 completed, 5 were pruned and 0 failed\n" in text
    assert "- Validation: 2 folds of 34 to 36 images; each trial" in text
    assert "| head.dropout | `{low = 0.0, high = 0.4, step = 0.1}` |" in text
    assert "| head.dropout | 0.3 | searched |" in text
    assert "| training.learning_rate | 0.00123 | searched |" in text


def test_selection_is_disclosed():
    """The corrected value, the trials that are as good, and gains have a line each."""
    behind = {"behind": 0.02, "low": -0.01, "high": 0.05}
    selection = {
        "corrected": {"value": 0.81, "low": 0.75, "high": 0.86},
        "source": "Tsamardinos 2018",
        "tied": 3,
        "compared": 4,
        "subjects": 20,
        "resamples": 1000,
        "value": 0.82,
        "known": [{"name": "paper", "score": 0.8, **behind}],
    }
    text, _ = section(selection=selection)
    assert "- Validation value 0.820; corrected for the selection among 4" in text
    assert "trials 0.810 (0.750 to 0.860), by Tsamardinos 2018." in text
    assert "better than 1 of the 3 others that completed (validation value; " in text
    assert "paired bootstrap over 20 subjects" in text
    assert "- Gain over paper: +0.020 (-0.010 to +0.050)" in text


def test_a_front_and_limits_are_disclosed():
    """What models may cost, the objectives, and every trial that none dominates."""
    name = "emotion.macro_f1"
    front = [
        {name: 0.81, "parameters": 5e4, "chosen": False},
        {name: 0.8, "parameters": 8100, "chosen": True},
    ]
    text, _ = section(
        "objective.mode=pareto",
        "objective.parameters=1",
        "search.pruner=none",
        "constraints.model_mb=<= 15",
        selection={"front": front},
    )
    assert "- Models are limited before their training: model_mb at most 15\n" in text
    assert "; parameters, minimized. No other trial dominates 2 of 4; " in text
    assert 'chosen among them by "smallest_tied"' in text
    assert "| 0.81 | 50000 |  |\n| 0.8 | 8100 | tested |" in text
    plain, _ = section()
    assert "## Front" not in plain
    assert "limited before" not in plain


def test_the_test_and_its_model_are_described():
    """The primary metric first, the objective, the model's size, and its software."""
    text, report = section()
    value = report["emotion"]["metrics"]["macro_f1"]["value"]
    assert f"- **Primary: macro F1 of emotion {value:.3f} (" in text
    assert "- Objective of the search: 0.722 (0.612 to 0.812)\n" in text
    assert "for 9 epochs, without early stopping; 200,000 weights" in text
    assert "- Software: keras 3.15.1\n" in text


def test_drawn_faces_are_named():
    """The mark of synthetic faces stands before the numbers."""
    text, _ = section(synthetic=True)
    assert "SYNTHETIC DATA" in text.partition("## Search")[0]


def test_seeds_have_a_part_of_their_own():
    """Only where there are several, with mean, interval and deviation."""
    row = {"each": [0.75, 0.85], "mean": 0.8, "low": 0.7, "high": 0.9}
    row |= {"deviation": 0.071, "model": 0.85}
    seeds = {"model": "median", "seed": 2, "trained": [1, 2]}
    text, _ = section(seeds=seeds | {"heads": {"emotion": {"accuracy": row}}})
    part = text.partition("## Retraining with other seeds\n")[2].partition("\n## ")[0]
    assert "- Seeds: 2, retrained alike; the tested model is seed 2, of the" in part
    assert "- accuracy 0.800 (0.700 to 0.900), 0.071; lowest 0.750" in part
    assert "other seeds" not in section()[0]
