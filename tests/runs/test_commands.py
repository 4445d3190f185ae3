"""Commands: help, bad input, exit codes; one message, nothing written, no engine."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from search import export, run, train
from tests.factories.runs import (
    STUDY,
    contents,
    ended,
    run_main,
    searched,
    started,
    write_study,
)

ROOT = Path(__file__).parents[2]
MODULES = (
    *("search.run", "search.export", "search.train"),
    *("data_pipeline.check", "data_pipeline.draw", "data_pipeline.explore"),
    *("data_pipeline.draft", "data_pipeline.ferplus", "models.predict", "models.live"),
    "models.explain",
)

HEADER = "filepath,high_level_emotion,AU1,AU12"
IMAGE = "cohn-kanade-images/S005/001/S005_001_00000011.png"
TABLES = {
    "empty": ("", ["data_labels.csv", "empty"]),
    "no rows": (f"{HEADER}\n", ["data_labels.csv"]),
    "missing column": (f"high_level_emotion,AU1\n{IMAGE},1\n", ["filepath"]),
    "label out of range": (
        f"{HEADER}\n{IMAGE},negative,2,0\n",
        ["row 2", "AU1", "'2'"],
    ),
    "unknown emotion": (f"{HEADER}\n{IMAGE},bored,1,0\n", ["row 2", "'bored'"]),
    "path that leaves the root": (
        f"{HEADER}\n../../etc/S005/001/a.png,negative,1,0\n",
        ["row 2", "../../etc"],
    ),
}
STUDIES = {
    "unknown section": (STUDY + "[serach]\n", ["[serach]", "search"]),
    "unknown key": (STUDY.replace("folds", "flods"), ["flods", "folds"]),
    "wrong type": (STUDY.replace("= 32", '= "big"'), ["image_size", "'big'"]),
    "low above high": (
        STUDY.replace("low = 1e-4", "low = 0.1"),
        ["training.learning_rate", "low", "0.1"],
    ),
    "unknown metric": (STUDY.replace("macro_f1", "f1"), ["emotion.f1", "macro_f1"]),
    "value out of bounds": (
        STUDY.replace('"head.dense_units" = 8', '"head.dense_units" = -1'),
        ["head.dense_units", "-1"],
    ),
    "not TOML": ("[data\n", ["is not a TOML file"]),
    "target the data lack": (
        STUDY.replace("[split]", 'emotions = "basic"\n[split]'),
        ["basic"],
    ),
}


def is_one_message(answer, *words):
    """Checks that a command refused its input with one message and nothing else."""
    assert answer.code == 2
    assert answer.err.startswith("error: ")
    assert answer.err.count("error: ") == 1
    assert "Traceback" not in answer.err
    assert answer.out == ""
    return all(word in answer.err for word in words)


@pytest.mark.parametrize("module", MODULES)
def test_help(module):
    """Help answers with the usage and exit code 0."""
    answer = ended(started(module, "--help"))
    assert (answer.code, answer.err) == (0, "")
    assert f"usage: python -m {module}" in answer.out


@pytest.mark.parametrize("name", TABLES)
def test_bad_table(tmp_path, name):
    """A wrong table is refused with file, row, column and value."""
    text, words = TABLES[name]
    data = tmp_path / "data"
    (data / "cohn-kanade-images").mkdir(parents=True)
    (data / "data_labels.csv").write_text(text)
    study = write_study(tmp_path)
    before = contents(tmp_path)
    assert is_one_message(searched(study, data, tmp_path / "runs"), *words)
    assert contents(tmp_path) == before
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("name", STUDIES)
def test_bad_study(tmp_path, coursework, name):
    """A wrong study is refused with file, key, value and the way out."""
    text, words = STUDIES[name]
    study = write_study(tmp_path, text=text)
    before = contents(tmp_path)
    assert is_one_message(searched(study, coursework, tmp_path / "runs"), *words)
    assert contents(tmp_path) == before
    assert not (tmp_path / "runs").exists()


def test_missing_folder(tmp_path):
    """A missing data folder is refused with layouts, source, and an alternative."""
    answer = searched(write_study(tmp_path), tmp_path / "none", tmp_path / "runs")
    words = (str(tmp_path / "none"), "data_labels.csv", "FACS/", "--data synthetic")
    assert is_one_message(answer, *words, "jeffcohn.net")
    assert not (tmp_path / "runs").exists()


def test_unknown_layout(tmp_path):
    """A folder in no known layout is refused with the accepted layouts."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "notes.txt").write_text("nothing")
    answer = searched(write_study(tmp_path), tmp_path / "data", tmp_path / "runs")
    assert is_one_message(answer, str(tmp_path / "data"), "data_labels.csv", "FACS/")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("harm", ["missing", "truncated", "no image"])
def test_bad_image(tmp_path, coursework, harm):
    """An unreadable image is refused with file and row, before any training."""
    data = tmp_path / "data"
    shutil.copytree(coursework, data)
    for image in data.glob("cohn-kanade-images/*/*/*.png"):
        if harm == "missing":
            image.unlink()
        else:
            whole = image.read_bytes()
            image.write_bytes(whole[: len(whole) // 2] if harm == "truncated" else b"?")
    answer = searched(write_study(tmp_path), data, tmp_path / "runs")
    assert answer.code == 2
    assert answer.err.startswith("error: ")
    assert ".png" in answer.err
    assert "data_labels.csv row" in answer.err
    assert "Traceback" not in answer.err
    assert "trial" not in answer.out
    assert not list((tmp_path / "runs").rglob("*.npy"))


def test_missing_gpus(tmp_path, coursework):
    """GPUs that are not there are refused before any image is read."""
    words = ("--executor", "ray", "--set", "resources.gpus_per_trial=1000")
    answer = searched(write_study(tmp_path), coursework, tmp_path / "runs", *words)
    assert is_one_message(answer, "gpus_per_trial: 1000 requested", "set it to 0")
    assert not (tmp_path / "runs" / "cache").exists()


def test_quarantine_drops_unreadable_images(tmp_path, coursework):
    """Under quarantine a broken image is dropped, and the search continues."""
    data = tmp_path / "data"
    shutil.copytree(coursework, data)
    for image in list(data.glob("cohn-kanade-images/*/*/*.png"))[::9]:
        image.write_bytes(b"broken")
    words = ("--set", "data.unreadable=quarantine", "--set", "search.trials=1")
    answer = searched(write_study(tmp_path), data, tmp_path / "runs", *words)
    assert (answer.code, answer.err) == (0, "")


@pytest.mark.parametrize(
    ("main", "words", "found"),
    [
        (run.main, ["--study", "smoek"], ["smoek", "ckplus"]),
        (run.main, ["--study", "ckplus", "--set", "nonsense"], ["KEY=VALUE"]),
        (run.main, ["--study", "ckplus", "--set", "hed.dropout=1"], ["head.dropout"]),
        (run.main, ["--study", "ckplus", "--seed", "-1"], ["seed"]),
        (export.main, ["--study", "none", "--to", "x.toml"], ["none", "no runs yet"]),
        (train.main, ["--config", "none.toml"], ["none.toml", "search.export"]),
    ],
)
def test_wrong_words(tmp_path, monkeypatch, main, words, found):
    """A wrong name or setting is refused in one message with the nearest name."""
    monkeypatch.chdir(tmp_path)
    assert is_one_message(run_main(main, *words), *found)
    assert contents(tmp_path) == {}


def test_errors_load_no_engine(tmp_path):
    """No error in study, folder or table waits for Keras, TensorFlow or Ray."""
    (tmp_path / "data_labels.csv").write_text(f"{HEADER}\n{IMAGE},negative,2,0\n")
    code = """if True:
        import sys
        from models import predict
        from models.live import __main__ as live
        from search import export, run, train
        assert predict.main(["--model", "none", "x"]) == 2
        assert live.main(["--model", "none"]) == 2
        assert run.main(["--study", "smoek"]) == 2
        assert run.main(["--study", "ckplus", "--set", "split.flods=2"]) == 2
        assert run.main(["--study", "ckplus", "--data", "none"]) == 2
        assert run.main(["--study", "ckplus", "--data", sys.argv[1]]) == 2
        assert export.main(["--study", "none", "--to", "x"]) == 2
        assert train.main(["--config", "none.toml"]) == 2
        slow = {"keras", "tensorflow", "ray", "torch", "scipy", "sklearn"}
        print(*sorted(slow & set(sys.modules)))
    """
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "")
    assert done.stderr.count("error: ") == 8


def test_error_ends_the_process(tmp_path):
    """A real process ends with the exit code and the message, from any folder."""
    words = ("--study", "ckplus", "--data", "none")
    answer = ended(started("search.run", *words, cwd=tmp_path))
    assert is_one_message(answer, "no data folder at none", "--data synthetic")
    assert contents(tmp_path) == {}
