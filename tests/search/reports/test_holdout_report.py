"""The report's text states everything that a number depends on."""

import re

import pytest

from models.evaluation.baseline import constants_of
from models.evaluation.comparison import Candidate, compare
from models.evaluation.report import evaluate
from search.reports.holdout_report import (
    BASELINES,
    COMPARED,
    HEADS,
    LEFT_OUT,
    METRIC_TEXTS,
    WIDTH,
    describe_report,
)
from tests.strategies.metrics import drawn, labels, outputs


def report_of(targets, predictions, subjects, **more):
    """Writes a report as ``holdout.json`` has it."""
    parts = evaluate(
        targets,
        predictions,
        subjects=subjects,
        thresholds={},
        constants=constants_of(targets, count=len(targets)),
        seed=1,
    )
    return {
        "guarantee": "subject",
        "subjects": len(set(subjects)),
        "images": len(subjects),
        "opened": 1,
        **parts,
        **more,
    }


def test_exact_text():
    """The text of a small report, whole."""
    report = report_of(labels([0, 1]), outputs([0, 1]), ["a", "a"])
    assert describe_report(report) == (
        "Hold-out: 1 subject, 2 images\n"
        "Guarantee: subject (no subject is in two parts)\n"
        "Opened: once\n"
        "\n"
        "                                        value  95 % interval  constant\n"
        "Emotion (2 images)\n"
        "  accuracy                              1.000              -     0.500\n"
        "  balanced accuracy                     1.000              -     0.500\n"
        "  macro precision                       1.000              -     0.250\n"
        "  macro recall                          1.000              -     0.500\n"
        "  macro F1                              1.000              -     0.333\n"
        "  weighted F1                           1.000              -     0.333\n"
        "  Cohen's kappa                         1.000              -     0.000\n"
        "  calibration error (0.000 calibrated)  0.000              -     0.000\n"
        "\n"
        "Emotion not in the hold-out, left out of means: surprise"
    )


def with_linear(targets, predictions, subjects, *, skill=0.1):
    """Writes a report with two equal linear baselines that are not as good."""
    frozen = {"value": 0.5678, "weights": "shelf:small"}
    fitted = {"linear_pixels": {"value": 0.4321}, "linear_features": frozen}
    report = report_of(targets, predictions, subjects)
    _, worse, _ = drawn(2, skill=skill, rated=True)
    model, linear = (
        Candidate(predictions=each, thresholds={}) for each in (predictions, worse)
    )
    found = compare(targets, model, linear, subjects=subjects, seed=1)
    for head, compared in found.items():
        report[head]["baselines"] = dict.fromkeys(fitted, compared)
    return report | {"baselines": fitted}


def test_a_linear_baseline_has_a_column_and_a_difference():
    """Its values are beside the constant's; some differences have an interval."""
    report = with_linear(*drawn(2, rated=True))
    lines = describe_report(report).splitlines()
    (heads,) = (line.split() for line in lines if "95 %" in line and "value" in line)
    assert heads[-3:] == ["constant", "linear", "frozen"]
    found = report["action_units"]["baselines"]["linear_pixels"]["mean_auc"]
    (line,) = (line for line in lines if line.startswith("  mean AUC"))
    assert line.split()[-3:] == ["0.500", *[f"{found['value']:.3f}"] * 2]
    assert any(
        line.startswith("Linear: ") and line.endswith("validation score 0.432")
        for line in lines
    )
    frozen = "Frozen: the same on frozen features of shelf:small"
    assert f"{frozen}; validation score 0.568" in lines
    text = " ".join(line.strip() for line in lines)
    ends = f"{found['low']:+.3f} to {found['high']:+.3f}"
    assert f"mean AUC {found['difference']:+.3f} ({ends})" in text
    assert max(map(len, lines)) <= WIDTH
    assert "Linear" not in describe_report(report_of(*drawn(2)))


def test_compared_metrics_are_of_the_report():
    """Every metric whose difference is printed has a line of its own."""
    report = report_of(*drawn(1, rated=True))
    for head, names in COMPARED.items():
        assert set(names) <= set(METRIC_TEXTS)
        if head != "votes":
            assert set(names) <= set(report[head]["metrics"])


def test_the_widest_table_fits():
    """All columns together, with negative ends, stay within the width."""
    report = with_linear(*drawn(2, rated=True))
    metrics = ("kl_divergence", "js_divergence", "cross_entropy")
    value = {"value": -0.5, "low": -0.9, "high": -0.1}
    report["votes"] = {
        "images": 3000,
        "metrics": dict.fromkeys(metrics, value),
        "baseline": dict.fromkeys(metrics, -0.5),
        "baselines": dict.fromkeys(
            BASELINES, dict.fromkeys(metrics, value | {"difference": -0.5})
        ),
    }
    parts = {head: report[head] for head in HEADS}
    report["duplicates"] = {"rule": "keep", "images": 1}
    report["duplicates"]["without"] = {"images": 2999, **parts}
    lines = describe_report(report).splitlines()
    assert max(map(len, lines)) <= WIDTH
    (cross,) = (line for line in lines if line.startswith("  cross-entropy"))
    assert cross.split()[-4:] == ["-0.500"] * 4


def test_every_line_is_a_metric():
    """Each main metric of a report has its own line, in words."""
    report = report_of(*drawn(1, rated=True))
    report["votes"] = {
        "images": 3,
        "metrics": {
            name: {"value": 0.5, "low": None, "high": None}
            for name in ("kl_divergence", "js_divergence", "cross_entropy")
        },
        "baseline": {},
    }
    named = {name for head in HEADS for name in report[head]["metrics"]}
    assert set(METRIC_TEXTS) <= named
    text = describe_report(report)
    lines = [re.sub(r" \(.* calibrated\)", " ", line) for line in text.split("\n")]
    for words in METRIC_TEXTS.values():
        assert sum(line.startswith(f"  {words}  ") for line in lines) == 1, words


def test_what_is_left_out_would_mislead():
    """Accuracy is a line of emotions only: of units all zeros would look well."""
    report = report_of(*drawn(1))
    assert {"accuracy", "weighted_f1"} <= set(report["action_units"]["metrics"])
    units = describe_report(report).partition("Action units")[2]
    assert "accuracy" not in units
    assert "weighted F1" not in units
    assert {name.partition(".")[2] for name in LEFT_OUT} <= set(METRIC_TEXTS)


def test_ratings_have_interval_and_baseline():
    """CCC and RMSE are beside those of the mean rating, which has no CCC."""
    report = report_of(*drawn(2, rated=True))
    part = report["valence_arousal"]
    lines = {
        line.strip().split("  ")[0]: line
        for line in describe_report(report).split("\n")
    }
    assert "Valence and arousal (" in describe_report(report)
    for words, name in (
        ("mean CCC", "mean_ccc"),
        ("valence RMSE, 0 is best", "valence_rmse"),
    ):
        found = part["metrics"][name]
        assert lines[words].split()[-5:] == [
            f"{found['value']:.3f}",
            f"{found['low']:.3f}",
            "to",
            f"{found['high']:.3f}",
            f"{part['baseline'][name]:.3f}",
        ]


def test_numbers_are_the_reports():
    """A line shows the value, both ends and the baseline with three decimals."""
    report = report_of(*drawn(2))
    found = report["action_units"]["metrics"]["mean_auc"]
    line = next(
        line for line in describe_report(report).splitlines() if "mean AUC" in line
    )
    assert line.split()[2:] == [
        f"{found['value']:.3f}",
        f"{found['low']:.3f}",
        "to",
        f"{found['high']:.3f}",
        "0.500",
    ]


@pytest.mark.parametrize("drawn_data", [True, False])
def test_drawn_data_are_called_so(drawn_data):
    """Drawn data are announced on the first line, and real data are not."""
    text = describe_report(report_of(*drawn(3), synthetic=drawn_data))
    assert text.startswith("SYNTHETIC DATA") is drawn_data


def test_reopening_is_stated():
    """A hold-out that was opened before is reported as such."""
    text = describe_report(report_of(*drawn(4), opened=3))
    assert "Opened: 3 times; only the first result is unbiased" in text


def test_partition_makes_no_promise():
    """The weaker guarantee states that a subject may be in two parts."""
    text = describe_report(report_of(*drawn(5), guarantee="partition"))
    assert "a subject may be in two parts" in text


def test_width():
    """No line is wider than 100 columns, with long lists of absent units neither."""
    targets = labels([0, 1], [[0] * 30, [0] * 30])
    report = report_of(
        targets, outputs([0, 1], [[0.1] * 30] * 2), ["a", "b"], synthetic=True
    )
    lines = describe_report(report).splitlines()
    assert max(map(len, lines)) <= WIDTH == 100
    assert "AU30" in lines[-1]


def test_subjects_may_be_a_list():
    """Subjects given as a list are counted."""
    report = report_of(*drawn(6))
    names = describe_report({**report, "subjects": [f"S{n}" for n in range(25)]})
    assert "25 subjects" in names


def test_part_and_left_out():
    """A published part is named, and so is how many rows have no readable label."""
    report = report_of(
        labels([0, 1]),
        outputs([0, 1]),
        ["a", "b"],
        guarantee="partition",
        part="validation",
        skipped=3,
    )
    text = describe_report(report | {"subjects": None})
    assert text.startswith("Hold-out: the published validation part, 2 images, no subj")
    assert "\nLeft out: 3 rows without a readable label\n" in text


def test_the_number_of_trials_and_why_no_more():
    """The report says among how many trials the tested one was selected, and why."""
    search = {"trials": 37, "ended": "its time is used up (search.hours = 2)"}
    text = describe_report(report_of(*drawn(3), search=search))
    assert "Selected among: 37 trials; its time is used up (search.hours = 2)\n" in text


def with_groups(report):
    """Adds groups by sex to a report, and a subject without a row."""
    metric = {"value": 0.5, "low": 0.25, "high": None}
    group = {"images": 30, "emotion": {"macro_f1": metric}}
    gap = {"highest": "f", "lowest": "m", "gap": 0.25, "low": -0.125, "high": 0.5}
    sex = {
        "sizes": {"f": 7, "m": 5},
        "withheld": ["x", "y"],
        "groups": {"f": group | {"subjects": 7}, "m": group | {"subjects": 5}},
        "gaps": {"emotion": {"macro_f1": gap}},
        "by_chance": {"metric": "emotion.macro_f1", "gap": 0.3},
    }
    attributes = {"sex": sex, "age": {"sizes": {"18 to 24": 12}, "withheld": []}}
    found = {"subjects": 13, "missing": 1, "least": 5, "attributes": attributes}
    return report | {"primary": {"metric": "emotion.macro_f1"}, "groups": found}


def test_groups_have_a_table_and_gaps():
    """Groups have a line each, then their gap; what is withheld or missing is named."""
    text = describe_report(with_groups(report_of(*drawn(2))))
    block = text.partition("macro F1 of emotion  subjects")[2].splitlines()
    assert [line.split() for line in block[1:4]] == [
        ["Sex"],
        ["f", "7", "30", "0.500", "-"],
        ["m", "5", "30", "0.500", "-"],
    ]
    ends = "0.250 (-0.125 to +0.500)"
    assert block[4:7] == [
        f"Gap by sex: {ends}, f above m; 95 % of random groups < 0.300",
        "Withheld, fewer than 5 subjects or beside such: x, y",
        "Not in the table of demographics: 1 of 13 subjects",
    ]
    assert "Gap" not in describe_report(report_of(*drawn(2)))
