"""The folder of a run as a search and its test leave it, made without any training."""

import json
import tomllib
from dataclasses import replace

import numpy as np
import pandas as pd

from data_pipeline.dataset.sample_table import SampleTable
from models.evaluation.baseline import constants_of
from models.evaluation.comparison import Candidate
from models.evaluation.jackknife import describe_method
from models.evaluation.subjects import (
    RowGroups,
    group_scores,
    subject_scores,
    summarize_subjects,
)
from models.metrics.predictions import HEADS
from search.callbacks.trials_csv import TrialsCsvWriter
from search.holdout.objective import describe_objective
from search.holdout.predictions_file import write_predictions
from search.holdout.scores import ScoredRows, score_rows
from search.holdout.seed_scores import seed_heads
from search.ledger.ledger import open_ledger
from search.run_files import PREDICTED, REPORT
from search.run_folder import RunFolder
from search.study.study import check_study
from search.trial.messages import Completed, Failed, Pruned, Report, Spent
from tests.strategies.metrics import drawn

STUDY = """
[data]
dataset = "ckplus"
targets = ["emotion", "action_units"]
image_size = 64
[split]
folds = 2
[objective]
"emotion.macro_f1" = 0.5
"action_units.mean_auc" = 0.5
[search]
trials = 24
seed = 7
sampler = "random"
pruner = "successive_halving"
[[search.enqueue]]
name = "published"
"backbone.name" = "mobilenet"
"training.optimizer" = "adam"
"training.learning_rate" = 0.001
"head.dropout" = 0.5
[fixed]
"training.epochs" = 6
[space]
"backbone.name" = ["residual_cnn", "mobilenet"]
"training.optimizer" = ["adam", "adamw"]
"training.learning_rate" = { low = 1e-4, high = 1e-2, log = true }
"training.weight_decay" = { low = 1e-6, high = 1e-2, log = true, when = { "training.optimizer" = ["adamw"] } }
"head.dropout" = { low = 0.0, high = 0.6, step = 0.1 }
"""  # noqa: E501 - an inline table takes one line
EPOCHS, FOLDS = 6, 2
SEED = 5


def made_run(out, name="tiny", *, trials=24, tested=True, text=STUDY, **changes):
    """Makes a run's folder in ``out``.

    Args:
        out: the folder of all runs.
        name: the run's.
        trials: how many of the study's have ended.
        tested: whether its model was tested on the hold-out.
        text: the study.
        changes: of the report of the test; see ``report_of_rows``.

    Returns:
        The folder.
    """
    study = check_study(tomllib.loads(text), name="tiny", place="tiny.toml")
    folder = RunFolder(out=out, name=name)
    folder.make()
    folder.file("study.toml").write_text(study.text())
    searched = [parameter.key for parameter in study.space.parameters]
    ledger = open_ledger(
        study,
        url=folder.storage,
        name=name,
        data={"data.labels": "abc"},
        callbacks=[TrialsCsvWriter(folder, searched)],
    )
    for number in range(trials):
        end_trial(ledger, number)
    ledger.close()
    if tested:
        write_test(folder, **changes)
    return folder


def end_trial(ledger, number):
    """Runs a trial: a third completes, one fails, one diverges, the rest is pruned."""
    request = ledger.ask()
    values = dict(request.values)
    rate = float(np.log10(values["training.learning_rate"]))
    large = values["backbone.name"] == "mobilenet"
    top = 0.75 - 0.3 * (rate + 3) ** 2 + 0.06 * large
    curve = top * (1 - np.exp(-np.arange(1, EPOCHS + 1) / 2))
    cost = {"parameters": 2_000_000 if large else 150_000}
    spent = Spent(epochs=2, trained=4.0 + 9 * large, validated=0.5, **cost)
    if number in (5, 9):
        failed = Failed(reason="ValueError: <b>no</b>", spent=spent)
        out = Pruned(reason="diverged", spent=spent) if number == 9 else failed
        ledger.tell(request.number, out)
        return
    complete = number == 0 or number % 3 == 1
    for step in range(1, EPOCHS * FOLDS + 1 if complete else 3):
        fold, epoch = divmod(step - 1, EPOCHS)
        seen = replace(spent, epochs=step)
        report = Report(
            step=step,
            fold=fold,
            epoch=epoch + 1,
            value=float(curve[epoch]),
            last=step == EPOCHS * FOLDS,
            spent=seen,
            metrics=_metrics(float(curve[epoch])),
        )
        ledger.report(request.number, report)
    if not complete:
        ledger.tell(request.number, Pruned(reason="pruner", spent=spent))
        return
    value = float(curve.max())
    ledger.tell(
        request.number,
        Completed(
            value=value,
            epoch=EPOCHS,
            curve=tuple(curve.tolist()),
            scores=_metrics(value),
            metrics=_metrics(value),
            thresholds={},
            learning_rates=(10**rate,) * EPOCHS,
            spent=replace(spent, epochs=EPOCHS * FOLDS, trained=6 * spent.trained),
        ),
    )


def _metrics(value):
    return dict.fromkeys(("emotion.macro_f1", "action_units.mean_auc"), value)


def drawn_rows(*, heads=HEADS, seeds=2, skill=0.45, rows=150):
    """Draws a tested hold-out: its rows, and the subject of each."""
    targets, predictions, subjects = drawn(4, rows=rows, skill=skill, rated=True)
    _, worse, _ = drawn(4, rows=rows, skill=skill / 3, rated=True)
    targets, predictions, worse = (
        _only(one, heads) for one in (targets, predictions, worse)
    )
    model = Candidate(predictions=predictions, thresholds={"AU1": 0.3})
    linear = Candidate(predictions=worse, thresholds={})
    made = [model, replace(model, predictions=worse)][:seeds]
    return ScoredRows(
        targets=targets,
        votes=None,
        units=subjects,
        model=model,
        constants=constants_of(targets, count=len(targets)),
        baselines={"linear_pixels": linear, "linear_features": linear},
        seeds=dict(enumerate(made, start=1)),
    )


def _only(one, heads):
    """Keeps some heads of targets or predictions."""
    gone = set(HEADS) - set(heads)
    if not hasattr(one, "emotions"):
        return replace(one, **dict.fromkeys(gone))
    fields = {
        "emotion": ("emotions", "emotion"),
        "action_units": ("action_units", "action_unit", "action_unit_mask"),
        "action_unit_intensities": ("intensities", "intensity", "intensity_mask"),
        "valence_arousal": (
            "dimensions",
            "valence_arousal",
            "valence_arousal_mask",
        ),
    }
    for head in gone:
        names, *arrays = fields[head]
        kept = {key: getattr(one, key)[:, :0] for key in arrays}
        one = replace(one, **{names: ()}, **kept)
    return one


def report_of_rows(rows, primary="emotion.macro_f1", **more):
    """Writes the content of ``holdout.json`` for rows."""
    found = subject_scores(rows.targets, rows.model.predictions, rows.units, [primary])
    frozen = {"weights": "shelf:small", "value": 0.52}
    behind = {"score": 0.7, "behind": 0.03, "low": -0.01, "high": 0.07}
    entry = {
        "study": "tiny",
        "synthetic": True,
        "trial": 1,
        "search": {
            "trials": 24,
            "completed": 9,
            "pruned": 14,
            "failed": 1,
            "objective": {"emotion.macro_f1": 0.5, "action_units.mean_auc": 0.5},
        },
        "primary": {"metric": primary, "rule": "the heaviest metric"},
        "tested": {
            "dataset": "ckplus",
            "parameters": 150_000,
            "epochs": EPOCHS,
            "trained_on": [],
            "versions": {"keras": "3.15.1", "numpy": "2.4.1"},
        },
        "guarantee": "subject",
        "subjects": len(set(rows.units)),
        "images": len(rows.units),
        "opened": 1,
        "intervals": describe_method(rows.units, over="subjects") | {"seed": SEED},
        "split": {
            "imbalance": {"hold-out": 0.1},
            "images": {
                "whole": {"images": 900},
                "hold-out": {"images": 240},
                "fold 1": {"images": 330},
                "fold 2": {"images": 330},
            },
        },
        "selection": {
            "completed": 9,
            "compared": 9,
            "choose": "best",
            "subjects": 60,
            "level": 0.95,
            "resamples": 1000,
            "value": 0.76,
            "source": "Tsamardinos 2018 (BBC-CV)",
            "intervals": "jackknife over subjects, around the corrected value",
            "corrected": {"value": 0.72, "low": 0.66, "high": 0.78},
            "tied": 3,
            "runner_up": behind,
            "known": [{"name": "published", **behind}],
        },
        "baselines": {"linear_pixels": {"value": 0.43}, "linear_features": frozen},
        "objective": describe_objective(rows, {primary: 1.0}, seed=SEED),
        **score_rows(rows, seed=SEED),
        "by_subject": {
            "subjects": found,
            "summary": {primary: summarize_subjects(found, primary)},
        },
        **seeds_entry(rows),
        "groups": groups_entry(rows, primary),
    }
    return {**entry, **more}


def seeds_entry(rows):
    """Scores the models of several seeds, if there are any."""
    if not rows.seeds:
        return {}
    trained = [{"seed": number, "loss": 0.5} for number in rows.seeds]
    heads = seed_heads(rows, seed=SEED)
    return {"seeds": {"model": "ensemble", "trained": trained, "heads": heads}}


def groups_entry(rows, primary):
    """Scores two groups, and withholds a third."""
    people = sorted(set(rows.units))
    group = {name: "fm"[n % 2] for n, name in enumerate(people)}
    groups = RowGroups(
        names=["f", "m"], of_row=np.array([group[name] for name in rows.units], object)
    )
    found = group_scores(
        rows.targets,
        rows.model,
        groups,
        subjects=rows.units,
        primary=primary,
        seed=SEED,
    )
    entry = {"sizes": {"f": 6, "m": 6}, "withheld": ["x"], **found}
    return {"subjects": 12, "missing": 1, "least": 5, "attributes": {"sex": entry}}


def write_test(folder, *, rows=None, **more):
    """Writes what a test on the hold-out leaves."""
    rows = drawn_rows(heads=HEADS[:2]) if rows is None else rows
    report = report_of_rows(rows, **more)
    folder.file(REPORT).write_text(json.dumps(report))
    write_rows(folder.file(PREDICTED), rows)


def write_rows(path, rows):
    """Writes the table of what was predicted for rows."""
    nothing = dict.fromkeys(("emotion", "high_level_emotion", "partition", "place"))
    frame = pd.DataFrame(
        {
            "image": [f"{row}.png" for row in range(len(rows.units))],
            "subject": rows.units,
            "sequence": None,
            **nothing,
        }
    )
    table = SampleTable(
        root=path.parent, frame=frame, action_units=(), source="ckplus", channels=1
    )
    write_predictions(path, table, rows, np.zeros(len(frame), bool))
