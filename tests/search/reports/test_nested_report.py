"""The text of a nested report says who was tested, by what, and how choices agree."""

from search.reports.nested_report import MOST_PARTS, describe_nested
from tests.search.reports.test_holdout_report import report_of
from tests.strategies.metrics import labels, outputs

PART = {"subjects": 1, "images": 1, "trial": 3, "validation": 0.75}
CHOICES = {
    "training.optimizer": {"parts": 2, "counts": {"adam": 1, "sgd": 1}, "agree": 1},
    "training.momentum": {"parts": 0},
}


def nested(count=2, **more):
    """Writes a report of so many parts as ``nested.json`` has it."""
    return {
        "synthetic": False,
        "inner_folds": 1,
        "parts": [{"part": number + 1} | PART for number in range(count)],
        "choices": CHOICES,
        **more,
    }


def test_before_the_test():
    """Without a test there are the parts and what they chose, whole."""
    assert describe_nested(nested()) == (
        "Nested evaluation: 2 outer parts, each held out from its own search\n"
        "Not tested yet: 1 inner fold\n"
        "\n"
        "part  subjects  images  trial  validation\n"
        "1            1       1      3       0.750\n"
        "2            1       1      3       0.750\n"
        "\n"
        "Chosen in the 2 parts:\n"
        "  training.optimizer  adam 1, sgd 1\n"
        "  training.momentum   active in no part"
    )


def scored(**more):
    """Writes a report of two parts after their test."""
    scores = report_of(labels([0, 1]), outputs([0, 1]), ["a", "b"])
    objective = {
        "metrics": {"emotion.accuracy": 1.0},
        "value": 1.0,
        "low": None,
        "high": None,
        "parts": [0.5, 0.75],
        "mean": 0.625,
    }
    return nested(
        **scores,
        search={"trials": 7},
        objective=objective | {"validation_mean": 0.75},
        **more,
    )


def test_after_the_test():
    """It says that each person was tested once, and what the choice promised."""
    lines = describe_nested(scored()).splitlines()
    assert lines[1] == (
        "Tested: 2 subjects, 2 images, each once, by a model that was not chosen or "
        "trained on it"
    )
    text = " ".join(line.strip() for line in lines)
    assert "Searched: 7 trials in all, 1 inner fold" in text
    assert (
        "1.000 pooled, 0.625 on average of the parts; on validation rows, where it "
        "was chosen, 0.750 (+0.125)"
    ) in text
    assert "part  subjects  images  trial  validation  outer" in text
    assert "accuracy                              1.000" in text
    assert "Opened" not in text


def test_people_who_were_tested_before():
    """A second test of people is said, with their number."""
    text = describe_nested(scored() | {"opened": 3, "tested_before": 2})
    assert (
        "Opened: up to 3 times; 2 subjects were tested before; only a first result is "
        "unbiased"
    ) in text


def test_many_parts_are_not_listed():
    """Leaving one subject out lists the first parts only."""
    lines = describe_nested(nested(MOST_PARTS + 3)).splitlines()
    assert "and 3 more parts" in lines
