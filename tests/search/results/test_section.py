"""The results section: every number is one of ``holdout.json``, or of the study."""

import re
from dataclasses import replace

import pytest

from models.config.config import complete
from models.evaluation.crossed import SOURCE
from models.evaluation.jackknife import describe_method
from search.results.section import results_section
from search.study.study import read_study
from tests.search.reports.test_holdout_report import drawn, report_of

SETTINGS = {"head.dropout": 0.3, "training.learning_rate": 0.00123}


MACHINE = {
    "backend": "tensorflow",
    "python": "3.12.3",
    "device": "cpu",
    "processor": "Some CPU",
    "cores": "8",
    "threads": "1",
    "code": "abc123",
}


REPORT = {
    "study": "smoke",
    "objective": {
        "metrics": {"emotion.macro_f1": 1.0},
        "value": 0.7219,
        "low": 0.6123,
        "high": 0.8124,
    },
    "trial": 3,
    "search": {
        "trials": 9,
        "completed": 4,
        "pruned": 5,
        "failed": 0,
        "epochs": 321,
        "machines": [MACHINE],
        "objective": {"emotion.macro_f1": 1.0, "action_units.mean_auc": 1.0},
    },
    "split": {
        "imbalance": {"hold-out": 0.1},
        "images": {
            "whole": {"images": 90},
            "hold-out": {"images": 20},
            "fold 1": {"images": 34},
            "fold 2": {"images": 36},
        },
    },
    "primary": {"metric": "emotion.macro_f1", "rule": "the heaviest"},
    "tested": {
        "dataset": "synthetic",
        "parameters": 200_000,
        "epochs": 9,
        "trained_on": [],
        "versions": {"keras": "3.15.1"},
    },
}


BEHIND = {"behind": 0.02, "low": -0.01, "high": 0.05}
SELECTION = {
    "corrected": {"value": 0.81, "low": 0.75, "high": 0.86},
    "source": "Tsamardinos 2018",
    "intervals": "jackknife over subjects, around the corrected value",
    "tied": 3,
    "compared": 4,
    "subjects": 20,
    "resamples": 1000,
    "value": 0.82,
    "score": 0.815,
    "known": [{"name": "paper", "score": 0.8, **BEHIND}],
}
UNITS_AND_EMOTION = ("emotion", "action_units")


def section(*settings, **more):
    """Writes the section of a small report; returns it and the report.

    ``settings`` change the study, and ``more`` the report.
    """
    targets, predictions, subjects = drawn(2)
    method = {"intervals": describe_method(subjects, over="subjects")}
    report = report_of(targets, predictions, subjects, **(REPORT | method | more))
    study = read_study("smoke", settings=settings)
    return results_section(study, complete(SETTINGS), report), report


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
    assert "- Trials: 9; completed 4, pruned 5, failed 0\n" in text
    assert "- Validation: 2 folds of 34 to 36 images; each trial" in text
    dropout = "| head.dropout (Srivastava et al. 2014) |"
    assert f"{dropout} `{{low = 0.0, high = 0.4, step = 0.1}}` |" in text
    assert "- The trials trained 321 epochs, over all folds;" in text
    assert f"{dropout} 0.3 | searched |" in text
    assert "| training.learning_rate | 0.00123 | searched |" in text


def test_selection_is_disclosed():
    """The corrected value, the trials that are as good, and gains have a line each."""
    text, _ = section(selection=SELECTION)
    assert "- Validation value 0.820: the objective of all validation" in text
    assert "- Validation score 0.815: the objective at that epoch alone" in text
    assert "- Score corrected for the selection among 4 completed trials: 0.810" in text
    assert "(0.750 to 0.860), by Tsamardinos 2018, with 1000 resamples (Field" in text
    assert "better than 1 of the 3 others that completed (validation score; " in text
    assert "5 % each, not corrected for 3 comparisons)" in text
    assert "interval by the jackknife over 20 subjects. Not corrected" in text
    assert "- Gain over paper: +0.020 (-0.010 to +0.050)" in text


def test_nothing_is_selected_among_one():
    """One completed trial has no correction, and no gain over itself."""
    known = {"name": "paper", "score": 0.8, "behind": 0.0, "low": 0.0, "high": 0.0}
    text, _ = section(selection=SELECTION | {"compared": 1, "known": [known]})
    assert "- Validation value 0.820: the objective" in text
    assert "- No other trial completed. Not corrected for: the choice of" in text
    assert "- The best trial is the known configuration paper\n" in text
    assert "Gain over" not in text
    assert "Tsamardinos" not in text


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
    assert (
        "- Objective of the search, macro F1 of emotion: 0.722 (0.612 to 0.812)\n"
        in text
    )
    assert "for 9 epochs, without early stopping; 200,000 weights" in text
    assert "- Software: keras 3.15.1 (Chollet et al. 2015)\n" in text
    assert "- Machine: Some CPU, 8 logical cores; no GPU used; 1 thread a trial" in text
    assert "- Code: digest of the sources abc123; Python 3.12.3, Keras on ten" in text


def test_a_gpu_and_a_commit_are_named():
    """What trained, and by which commit, where the run knows it."""
    gpus = {"device": "gpu of compute capability 9.0", "gpus": "1 x Some GPU"}
    machines = [MACHINE | gpus | {"commit": "0123abc-dirty"}]
    search = {"trials": 1, "completed": 1, "pruned": 0, "failed": 0}
    text, _ = section(search=search | {"machines": machines})
    assert "- Machine: Some CPU, 8 logical cores; 1 x Some GPU; 1 thread" in text
    assert "- Code: commit 0123abc-dirty, digest of the sources abc123;" in text


def test_drawn_faces_are_named():
    """The mark of synthetic faces stands below the title, before all else."""
    text, _ = section(synthetic=True)
    assert "\n\n> **SYNTHETIC DATA: " in text.partition("## Protocol")[0]
    assert "SYNTHETIC" not in section()[0]


@pytest.mark.parametrize(
    ("targets", "changed", "text"),
    [
        (
            ("emotion", "action_units"),
            {"loss.au_weight": 0.5},
            "cross-entropy of emotion + 0.5 x binary cross-entropy of action_units; a",
        ),
        (
            ("emotion",),
            {"loss.focal_gamma": 2.0, "regularization.l2": 1e-4},
            "focal cross-entropy of emotion + the l2 penalty of the kernels; a",
        ),
        (
            ("action_unit_intensities",),
            {"loss.intensity": "ordinal"},
            "1 x ordinal loss of intensities; a",
        ),
        (
            ("valence_arousal",),
            {"loss.ccc_share": 0.75},
            "1 x (0.75 x (1 - CCC) + 0.25 x squared error) of valence_arousal; a",
        ),
        (("emotion",), {"loss.emotion": "mine:loss"}, "mine:loss of emotion; a"),
    ],
)
def test_the_loss_is_told(targets, changed, text):
    """A term for each target, with its weight, and the penalties."""
    study = read_study("smoke")
    study = replace(study, data=replace(study.data, targets=targets))
    _, report = section()
    lines = results_section(study, complete(changed), report).splitlines()
    (line,) = (line for line in lines if line.startswith("- Loss: "))
    assert line.startswith(f"- Loss: {text} missing label")


def test_every_seed_has_a_row():
    """Only where there are several: each score, mean with interval, and the tested."""
    row = {"each": [0.75, 0.85], "mean": 0.8, "low": 0.7, "high": 0.9}
    row |= {"deviation": 0.071, "model": 0.85}
    trained = [{"seed": 1, "loss": 0.5}, {"seed": 2, "loss": 0.25}]
    seeds = {"model": "median", "seed": 2, "trained": trained}
    text, _ = section(seeds=seeds | {"heads": {"emotion": {"accuracy": row}}})
    part = text.partition("## Retraining with other seeds\n")[2].partition("\n## ")[0]
    assert "- 2 trainings of the same configuration, which differ" in part
    assert "| seed | training loss | accuracy |" in part
    assert "| 1 | 0.5000 | 0.750 |\n| 2 | 0.2500 | 0.850 |" in part
    assert "| mean (95 % interval) |  | 0.800 (0.700 to 0.900) |" in part
    assert "| standard deviation |  | 0.071 |\n| tested model |  | 0.850 |" in part
    assert "other seeds" not in section()[0]


def test_people_are_counted_without_names():
    """Both parts with the images of a subject, and how single subjects do."""
    images = {"least": 1, "median": 3.5, "most": 6}
    people = {
        "development": {"subjects": 20, "images": 70, "images_of_a_subject": images},
        "hold_out": {"subjects": None, "images": 20},
    }
    summary = {"subjects": 10, "mean": 0.8, "deviation": 0.1, "median": 0.85}
    summary |= {"lowest": 0.2, "highest": 1.0, "worst_decile": 0.2}
    names = {"S010": {"images": 4, "emotion.accuracy": 0.8}}
    by_subject = {"subjects": names, "summary": {"emotion.accuracy": summary}}
    text, _ = section(people=people, by_subject=by_subject)
    assert "| development | 20 | 70 | 3.5 (1 to 6) |\n| hold-out | - | 20 | - |" in text
    row = "accuracy of emotion | 10 | 0.800 | 0.100 | 0.850 | 0.200 to 1.000 | 0.200"
    assert f"| {row} |" in text
    assert "S010" not in text


def test_labels_that_few_people_carry_are_flagged():
    """A wide interval and a missing one have a flag, which is explained."""
    _, report = section()
    rows = report["emotion"]["per_class"]
    for place, row in enumerate(rows.values()):
        row["intervals"] = {"f1": [[0.1, 0.6], [0.1, 0.4], None][place % 3]}
    text, _ = section(emotion=report["emotion"])
    part = text.partition("## Emotion, label by label\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    flags = [line.split("|")[-2].strip() for line in lines[1:]]
    assert flags == [["wide", "", "few"][place % 3] for place in range(len(rows))]
    assert "- wide: an interval wider than 0.4" in part
    assert "- few: fewer than 10 subjects have the label, or fewer lack it" in part


def test_an_extended_interval_is_marked():
    """An interval that ends at its value is named, and the methods say why."""
    _, report = section()
    metrics = report["action_units"]["metrics"]
    metrics["mean_pr_auc"] = {"value": 0.3, "low": 0.2, "high": 0.3}
    metrics["mean_auc"] = {"value": 1.0, "low": 0.8, "high": 1.0}
    metrics["mean_recall"] = {"value": 0.25, "low": 0.25, "high": 0.25 + 1e-12}
    text, _ = section(action_units=report["action_units"])
    line = "- Intervals that end at their value (†): mean precision-recall AUC of acti"
    assert line in text
    assert "mean AUC of" not in text.partition(line)[2].partition("\n")[0]
    assert "extended to the value, and has one end there (†)" in text
    assert "no single subject changes the value: mean recall at 0.5 of act" in text


@pytest.mark.parametrize(
    ("targets", "shown"),
    [
        (["emotion"], {"happiness"}),
        (["action_units"], {"AU1"}),
        (["emotion", "action_units"], {"happiness", "AU1"}),
    ],
)
def test_only_learned_labels_are_listed(targets, shown):
    """Labels of other targets and other levels are not those of the study."""
    names = {
        "high_level_emotion.positive": 9,
        "emotion.happiness": 9,
        "action_units.AU1": 9,
    }
    parts = ("whole", "hold-out", "fold 1", "fold 2")
    split = {
        "imbalance": {"hold-out": 0.1},
        "images": {part: {"images": 20} | names for part in parts},
    }
    metric = "emotion.macro_f1" if "emotion" in targets else "action_units.mean_auc"
    text, _ = section(
        f"data.targets={targets}".replace("'", '"'),
        "data.emotions=basic_neutral",
        "objective.emotion.macro_f1=",
        "objective.action_units.mean_auc=",
        f"objective.{metric}=1",
        split=split,
    )
    rows = text.partition("| label | images |")[2].partition("\n\n")[0]
    found = {line.split("|")[1].strip() for line in rows.splitlines()[2:]}
    assert found == shown


def test_one_of_a_thing_is_singular():
    """A study of one epoch and one fold has no plural of them."""
    text, _ = section("fixed.training.epochs=1", "split.folds=1")
    assert "A trial trains at most 1 epoch on one training part;" in text
    assert not re.search(r"\b1 (epochs|folds|images|subjects|seeds|trials)\b", text)


def test_works_are_cited_and_listed():
    """A name with a year has its entry in the references, and each entry a citation."""
    row = {"each": [0.75, 0.85], "mean": 0.8, "low": 0.7, "high": 0.9}
    row |= {"deviation": 0.071, "model": 0.85}
    errors = {"ece": 0.1, "nll": 0.7}
    part = {"temperature": 1.5, "units": {"AU1": [1, 0]}, "before": errors}
    text, _ = section(
        "augmentation.mixup=0.2",
        selection=SELECTION,
        calibration={head: part | {"after": errors} for head in UNITS_AND_EMOTION},
        seeds={
            "model": "ensemble",
            "trained": [{"seed": 1, "loss": 0.5}, {"seed": 2, "loss": 0.25}],
            "heads": {"emotion": {"accuracy": row}},
            "interval": {"source": SOURCE},
        },
    )
    body, _, listed = text.partition("## References\n")
    named = re.findall(r"([A-Z][\w'-]+)(?: et al\.| and [A-Z][\w'-]+)? (\d{4})", body)
    cited = {(name, year) for name, year in named if 1900 < int(year) < 2030}
    assert len(cited) > 25
    for name, year in cited:
        assert re.search(rf"{name}, .*\({year}\)", listed), (name, year)
    for entry in listed.strip().splitlines():
        year = re.search(r"\((\d{4})\)", entry)[1]
        names = [name for name, of in cited if of == year]
        assert any(f"{name}, " in entry for name in names), entry
