"""A search of heads on frozen features, whose best head is fine-tuned."""

import csv
import json

import keras
import numpy as np
import pytest

from search import train
from tests.factories.models import configured
from tests.factories.runs import STUDY, run_main, searched, write_study

pytestmark = pytest.mark.slow


def study_text(weights):
    """Writes the tiny study: three heads, then the best one fine-tuned."""
    fixed = f"""[fixed]
"backbone.weights" = "{weights}"
"finetune.copies" = 2
"finetune.frozen_epochs" = 1
"augmentation.preset" = "standard"
"""
    space = '[space]\n"finetune.stage" = ["features", "full"]\n'
    changes = (
        ("[fixed]\n", fixed),
        ("[space]\n", space),
        ("trials = 2", "trials = 3\nfinetune_best = 1\ncheckpoints = 1"),
    )
    text = STUDY
    for old, new in changes:
        text = text.replace(old, new)
    return text


@pytest.fixture(name="run", scope="module")
def _run(tmp_path_factory, coursework):
    folder = tmp_path_factory.mktemp("features")
    # Outputs of other names: an earlier model of other data.
    from models.training.saving import plain_model  # noqa: PLC0415 - loads Keras

    weights = folder / "start.keras"
    plain_model(configured(emotions=("x", "y"), units=())).save(weights)
    study = write_study(folder, text=study_text(weights))
    answer = searched(study, coursework, folder / "out")
    assert answer.code == 0, answer.err + answer.out
    return study, folder / "out", answer


def test_heads_come_first_and_the_best_is_finetuned(run):
    """The table of trials has both stages, and the terminal names the fine-tuning."""
    _, out, answer = run
    with (out / "tiny-synthetic" / "trials.csv").open() as file:
        stages = [row["finetune.stage"] for row in csv.DictReader(file)]
    assert stages == ["features", "features", "full"]
    assert "trial 2 fine-tunes trial" in answer.out
    assert "head on residual_cnn" in answer.out
    assert "fine-tuning trial" in answer.out


def test_the_results_name_what_was_finetuned(run):
    """Report and section pair the trials, and tell the training's seed and epochs."""
    folder = run[1] / "tiny-synthetic"
    report = json.loads((folder / "holdout.json").read_text())
    text = (folder / "results.md").read_text()
    (pair,) = report["search"]["finetuned"]
    assert pair["trial"] == 2
    assert f"The best one that completed ({pair['of']}) was then" in text
    assert "| finetune.stage | " in text
    assert "| set by finetune_best |" in text
    assert f"Training seed {report['tested']['training_seeds'][0]}; " in text
    assert f"Epochs: {report['tested']['epochs']} of at most" in text
    assert all(count > 0 for count in report["fold_subjects"])


def test_the_same_command_reports_the_same(run, coursework):
    """A finished search trains nothing again."""
    study, out, _ = run
    again = searched(study, coursework, out)
    assert (again.code, "trials: 3 completed" in again.out) == (0, True)
    assert "fine-tunes" not in again.out


def test_the_report_has_a_baseline_on_features(run):
    """Regression on the start's features has values, differences and intervals."""
    _, out, answer = run
    report = json.loads((out / "tiny-synthetic" / "holdout.json").read_text())
    fitted = report["baselines"]["linear_features"]
    assert fitted["weights"].endswith("start.keras")
    assert (
        fitted["features"] < 32 * 32 == report["baselines"]["linear_pixels"]["features"]
    )
    for head in ("emotion", "action_units"):
        found = report[head]["baselines"]["linear_features"]
        assert found.keys() == report[head]["metrics"].keys()
    assert "Model minus frozen (95 % interval): accuracy" in answer.out


def test_a_head_is_exported_and_trained_as_a_whole_model(run, coursework):
    """The exported configuration of a head trial gives a model of raw pixels."""
    _, out, _ = run
    config = out / "head.toml"
    text = (out / "tiny-synthetic" / "best.toml").read_text()
    config.write_text(
        text.replace('"finetune.stage" = "full"', '"finetune.stage" = "features"')
    )
    words = ("--config", config, "--data", coursework, "--out", out / "again")
    answer = run_main(train.main, *map(str, words))
    assert answer.code == 0, answer.err + answer.out
    (path,) = (out / "again").glob("*/seed-1/model.keras")
    model = keras.models.load_model(path)
    assert model.input_shape == (None, 32, 32, 1)
    found = model.predict_on_batch(np.zeros((2, 32, 32, 1), np.float32))
    assert set(found) == {"emotion", "action_units"}


def test_checkpoints_are_whole_models(run):
    """The kept trial has a model of raw pixels for each fold."""
    _, out, _ = run
    paths = sorted(
        (out / "tiny-synthetic" / "checkpoints").glob("trial-*/fold-*/*.keras")
    )
    assert len(paths) == 2
    model = keras.models.load_model(paths[0])
    assert model.input_shape == (None, 32, 32, 1)
