"""What a run that was disturbed has in common with one that was not."""

import json

import optuna

from search.storage.hidden_attributes import attributes_of


def trials_of(folder):
    """Reads trials by the order of asking, without the interrupted ones."""
    storage = f"sqlite:///{folder / 'optuna.db'}"
    trials = optuna.load_study(study_name=folder.name, storage=storage).trials
    own = [trial for trial in trials if "interrupted" not in trial.user_attrs]
    return {
        trial.user_attrs["ordinal"]: (
            trial.state.name,
            trial.value,
            trial.params,
            trial.intermediate_values,
            attributes_of(trial).get("pooled_curve"),
        )
        for trial in own
    }


def report_of(folder):
    """Reads the report of the test; it counts how often the hold-out was opened."""
    report = json.loads((folder / "holdout.json").read_text())
    # A number counts lost trials too; a cluster counts the cores of its nodes.
    del report["trial"], report["search"]["machines"]
    return report
