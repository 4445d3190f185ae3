"""Exporting a trial and training it with several seeds."""

import hashlib
import json
import shutil
import tomllib

import pytest

from search import export, train
from tests.factories.runs import contents, run_main, searched, table, write_study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory, coursework):
    """A folder with a finished search on synthetic faces."""
    place = tmp_path_factory.mktemp("place")
    words = ("--until", "search")
    answer = searched(write_study(place), coursework, place / "runs", *words)
    assert (answer.code, answer.err) == (0, "")
    return place


def exported(place, to, *words, study="tiny"):
    """Exports a trial."""
    out = str(place / "runs")
    return run_main(
        export.main, "--study", study, "--to", str(to), "--out", out, *words
    )


def trained(config, data, out, *words):
    """Trains an exported configuration."""
    return run_main(
        train.main,
        *("--config", str(config), "--data", str(data), "--out", str(out), *words),
    )


def test_export_of_the_best(place, tmp_path):
    """Without a number the best trial is exported, as ``best.toml`` has it."""
    best = max(
        table(place / "runs" / "tiny-synthetic"), key=lambda row: float(row["value"])
    )
    answer = exported(place, tmp_path / "best.toml")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(f"trial {best['number']} of tiny (the best): ")
    kept = place / "runs" / "tiny-synthetic" / "best.toml"
    assert (tmp_path / "best.toml").read_bytes() == kept.read_bytes()


def test_export_of_each_trial(place, tmp_path):
    """A trial's number exports its own values, under the run's name as well."""
    for row in table(place / "runs" / "tiny-synthetic"):
        to = tmp_path / f"{row['number']}.toml"
        words = ("--trial", row["number"])
        answer = exported(place, to, *words, study="tiny-synthetic")
        assert (answer.code, answer.err) == (0, "")
        found = tomllib.loads(to.read_text())
        assert found["origin"]["trial"] == int(row["number"])
        rate = float(row["training.learning_rate"])
        assert found["fixed"]["training.learning_rate"] == rate


@pytest.mark.parametrize(
    ("words", "study", "found"),
    [
        (["--trial", "7"], "tiny", ["--trial 7", "completed: 0, 1"]),
        ([], "tinny", ["tinny", "tiny-synthetic"]),
    ],
)
def test_export_refuses(place, tmp_path, words, study, found):
    """A trial or a run that is not there is refused with those that are."""
    answer = exported(place, tmp_path / "x.toml", *words, study=study)
    assert (answer.code, answer.out) == (2, "")
    assert all(word in answer.err for word in found)
    assert contents(tmp_path) == {}


def test_export_writes_over_nothing(place, tmp_path):
    """A file that exists stays as it is."""
    (tmp_path / "x.toml").write_text("mine")
    answer = exported(place, tmp_path / "x.toml")
    assert answer.code == 2
    assert "not overwritten" in answer.err
    assert (tmp_path / "x.toml").read_text() == "mine"


@pytest.fixture(scope="module")
def two_seeds(place, tmp_path_factory, coursework):
    """An output folder with two trained seeds, and the answer of the command."""
    out = tmp_path_factory.mktemp("seeds")
    config = place / "runs" / "tiny-synthetic" / "best.toml"
    answer = trained(config, coursework, out, "--seeds", "2")
    assert (answer.code, answer.err) == (0, "")
    return out, answer


def test_training_leaves_folders_like_a_runs(place, two_seeds, tmp_path, coursework):
    """Each seed has its own model and description; the hold-out stays closed."""
    config = place / "runs" / "tiny-synthetic" / "best.toml"
    out, answer = two_seeds
    family = out / "tiny-synthetic-trained"
    models = []
    for seed in (1, 2):
        folder = family / f"seed-{seed}"
        assert f"trained: {folder}" in answer.out
        assert {path.name for path in folder.iterdir()} >= {
            *("best.toml", "model.keras", "model.json", "hold_out_subjects.txt")
        }
        described = json.loads((folder / "model.json").read_text())
        assert (described["seed"], described["synthetic"]) == (seed, True)
        models.append(described["sha256"])
        held_out = (place / "runs/tiny-synthetic/hold_out_subjects.txt").read_text()
        assert (folder / "hold_out_subjects.txt").read_text() == held_out
    assert models[0] != models[1]
    assert not list(out.rglob("holdout*.json*"))

    before = contents(family)
    answer = trained(config, coursework, out, "--seeds", "2")
    assert (answer.code, contents(family)) == (0, before)

    other = config.read_text().replace('"head.dropout" = ', '"head.dropout" = 0.05 #')
    (tmp_path / "other.toml").write_text(other)
    answer = trained(tmp_path / "other.toml", coursework, out)
    assert answer.code == 1
    assert "not overwritten" in answer.err
    assert contents(family) == before


def test_seeds_end_with_numbers(two_seeds):
    """Each seed has a value on the folds; mean and deviation are kept and printed."""
    out, answer = two_seeds
    found = json.loads((out / "tiny-synthetic-trained" / "seeds.json").read_text())
    first, second = (found["seeds"][seed]["value"] for seed in ("1", "2"))
    assert first != second
    assert found["mean"]["value"] == pytest.approx((first + second) / 2)
    assert found["deviation"]["value"] == pytest.approx(abs(first - second) / 2**0.5)
    assert {"emotion.macro_f1", "action_units.mean_auc"} <= set(found["mean"])
    assert "2 seeds, scores of 2 folds pooled" in answer.out
    assert f"seed 1: value {first:.4f} on the validation rows" in answer.out


def test_scores_that_are_missing_are_computed_again(
    place, two_seeds, tmp_path, coursework
):
    """The same scores come back, and not with ``--no-scores``."""
    config = place / "runs" / "tiny-synthetic" / "best.toml"
    shutil.copytree(two_seeds[0], tmp_path / "out")
    family = tmp_path / "out" / "tiny-synthetic-trained"
    before = contents(family)
    (family / "seed-2" / "scores.json").unlink()
    (family / "seeds.json").unlink()
    without = contents(family)
    words = ("--seeds", "2", "--no-scores")
    assert "value" not in trained(config, coursework, tmp_path / "out", *words).out
    assert contents(family) == without
    words = ("--seeds", "2")
    assert trained(config, coursework, tmp_path / "out", *words).code == 0
    assert contents(family) == before


def test_what_is_not_the_seeds_model_is_trained_again(place, tmp_path, coursework):
    """A replaced file is moved away; a model of other labels is not overwritten."""
    config = place / "runs" / "tiny-synthetic" / "best.toml"
    assert trained(config, coursework, tmp_path, "--seeds", "1").code == 0
    folder = tmp_path / "tiny-synthetic-trained" / "seed-1"
    model, sidecar = folder / "model.keras", folder / "model.json"
    model.write_bytes(b"another")
    assert trained(config, coursework, tmp_path, "--seeds", "1").code == 0
    message = json.loads(sidecar.read_text())
    assert message["sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()
    assert (folder / "earlier-1" / "model.keras").read_bytes() == b"another"

    data = tmp_path / "data"
    shutil.copytree(coursework, data)
    labels = data / "data_labels.csv"
    labels.write_text(labels.read_text().replace("positive", "negative", 1))
    before = contents(folder)
    answer = trained(config, data, tmp_path, "--seeds", "1")
    assert answer.code == 1
    assert "other labels or another hold-out" in answer.err
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("[origin]", "[orign]", ["[origin]"]),
        ('"backbone.name" = "residual_cnn"', '"backbone.name" = "vgg"', ["vgg"]),
        ("epoch = ", 'epoch = "1" #', ["origin"]),
    ],
)
def test_training_refuses(place, tmp_path, coursework, before, after, found):
    """An invalid configuration is refused with file and key."""
    text = (place / "runs" / "tiny-synthetic" / "best.toml").read_text()
    assert before in text
    (tmp_path / "x.toml").write_text(text.replace(before, after))
    answer = trained(tmp_path / "x.toml", coursework, tmp_path / "runs")
    assert (answer.code, answer.out) == (2, "")
    assert "x.toml" in answer.err
    assert all(word in answer.err for word in found)
    assert not (tmp_path / "runs").exists()
