"""A run with code of the user's own, as the page about study files shows it."""

import json
import os
import re
import subprocess
import sys

import pytest

from data_pipeline import check
from data_pipeline.config.dataset_identity import dataset_name
from data_pipeline.conformance import check_reader
from data_pipeline.own_code.named_code import entry_names
from data_pipeline.system.errors import StudyError
from search import run
from search.inputs.own_code import check_own_code, code_identity
from search.ledger.pruners import build_pruner
from search.sampling.rungs import steps_of
from search.study.study import read_study
from tests.factories.runs import (
    ROOT,
    STUDY,
    ended,
    run_main,
    started,
    table,
    write_study,
)
from tests.factories.texts.documented import write_modules
from tests.strategies.tables import write_image

TINY = (
    STUDY.replace('"residual_cnn"\n', '"mynets:tiny"\n"backbone.width" = 4\n')
    .replace('"backbone.blocks" = 1\n"backbone.filters" = 8\n', "")
    .replace('"training.epochs" = 2', '"training.epochs" = 1')
    .replace("trials = 2", "trials = 1\nbaselines = false\ntensorboard = false")
    .replace('"emotion.macro_f1" = 0.5', '"emotion.mymetrics:top2" = 0.5')
    .replace("[space]", '"loss.emotion" = "mylosses:brier"\n[space]')
    .replace('"random"', '"mysearch:small_tpe"')
    .replace('pruner = "none"', 'pruner = "mysearch:quarter"')
)
WORDS = """def high(truth, predicted, weights):
    return "0.9"


def pair(truth, predicted, weights):
    return 0.5, 0.9
"""
PLAIN = (
    "import keras, sys; model = keras.saving.load_model(sys.argv[1]);"
    "print(*(layer.name for layer in model.layers))"
)


@pytest.fixture
def code(tmp_path, monkeypatch):
    """A folder of own modules, which this process finds."""
    folder = write_modules(tmp_path / "code")
    monkeypatch.syspath_prepend(folder)
    yield folder
    for path in folder.glob("*.py"):
        sys.modules.pop(path.stem, None)


def refused(folder, *words, data="nowhere"):
    """Runs a study in this process; returns the message that refuses it."""
    study = write_study(folder, text=TINY)
    out = str(folder / "runs")
    answer = run_main(
        run.main,
        *("--study", str(study), "--data", str(data), "--out", out),
        *("--executor", "serial", *words),
    )
    assert answer.code == 2, answer.err
    return answer.err


@pytest.mark.slow
def test_a_run_with_own_code(code, coursework, tmp_path):
    """Workers find it, the export needs it not, and a changed file ends the run."""
    out = tmp_path / "runs"
    words = ("--study", write_study(tmp_path, text=TINY), "--data", coursework)
    path = os.pathsep.join((str(ROOT), str(code)))
    process = started("search.run", *words, "--out", out, PYTHONPATH=path)
    answer = ended(process, timeout=550)
    assert (answer.code, answer.err) == (0, ""), answer.out
    (folder,) = out.glob("tiny*")
    (row,) = table(folder)
    assert (row["backbone.name"], row["backbone.width"]) == ("mynets:tiny", "4")

    report = json.loads((folder / "holdout.json").read_text())
    found = report["emotion"]["metrics"]["mymetrics:top2"]
    assert found["low"] <= found["value"] <= found["high"]
    assert "mymetrics:top2" in answer.out

    plain = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", PLAIN, str(folder / "model.keras")],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert "block1_conv" in plain.stdout

    with (code / "mynets.py").open("a") as file:
        file.write("# another network\n")
    message = refused(tmp_path, "--set", "search.trials=2", data=coursework)
    assert "code.mynets:tiny: was" in message
    assert "code.mylosses:brier" not in message
    assert "copy the study file" in message


@pytest.fixture
def package(code):
    """An installed package that gives short names to the own modules."""
    folder = code / "mine-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n"
    )
    names = {
        "backbones": "tiny = mynets:tiny",
        "readers": "mine = myreader:read",
        "metrics": "top2 = mymetrics:top2",
        "losses": "brier = mylosses:brier",
        "samplers": "small = mysearch:small_tpe",
        "pruners": "quarter = mysearch:quarter",
    }
    text = (f"[expression_search.{group}]\n{row}\n" for group, row in names.items())
    (folder / "entry_points.txt").write_text("".join(text))
    entry_names.cache_clear()
    yield
    entry_names.cache_clear()


@pytest.mark.usefixtures("package")
def test_short_names(tmp_path):
    """The names that a package gives its code are those of the code."""
    text = TINY.replace('"ckplus"', '"mine"')
    text = text.replace("mysearch:small_tpe", "small").replace("mysearch:", "")
    text = re.sub(r"my\w+:", "", text)
    study = read_study(str(write_study(tmp_path, text=text)))
    check_own_code(study)
    digests = code_identity(study)
    names = ("mine", "tiny", "brier", "top2", "small", "quarter")
    assert set(digests) == {f"code.{name}" for name in names}
    assert digests["code.small"] == digests["code.quarter"] != digests["code.tiny"]
    assert build_pruner("quarter", steps_of(study))
    with pytest.raises(StudyError, match="unknown value 'tinny'"):
        read_study(str(write_study(tmp_path, text=text.replace("tiny", "tinny"))))


@pytest.fixture
def faces(tmp_path):
    """A folder for each of two words, with four images of each of ten people."""
    for person in range(10):
        for number in range(4):
            word = ("calm", "tense")[number % 2]
            path = tmp_path / "faces" / word / f"S{person:02d}_{number}.png"
            write_image(path, 4 * person + number, size=(32, 32))
    return tmp_path / "faces"


READ = (
    STUDY.replace('dataset = "ckplus"', 'dataset = "myreader:read"\nname = "mine"')
    .replace(', "action_units"]', "]")
    .replace('"action_units.mean_auc" = 0.5\n', "")
)


@pytest.mark.usefixtures("code")
def test_an_own_reader(faces, tmp_path):
    """Its table is own data to every command, and keeps the laws of readers."""
    check_reader("myreader:read", faces)
    study = write_study(tmp_path, text=READ)
    answer = run_main(check.main, "--study", str(study), "--data", str(faces))
    assert "40 images" in answer.out, answer.err
    assert (answer.code, answer.err) == (0, "")
    data = read_study(str(study)).data
    assert (data.level, dataset_name(data, faces)) == ("own", "own: mine")


@pytest.mark.parametrize(
    ("dataset", "reason"),
    [
        ("myreader:missing", "has no attribute 'missing'"),
        ("builtins:list", "it lacks LAYOUT"),
        ("myreader:sample_table", "TypeError"),
    ],
)
@pytest.mark.usefixtures("code")
def test_readers_that_are_refused(faces, tmp_path, dataset, reason):
    """A reader that does not work is named with the key."""
    text = READ.replace("myreader:read", dataset)
    words = ("--study", str(write_study(tmp_path, text=text)), "--data", str(faces))
    answer = run_main(check.main, *words)
    assert answer.code == 2
    assert "[data] dataset" in answer.err
    assert str(tmp_path / "tiny.toml") in answer.err
    assert reason in answer.err


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("backbone.name=nowhere:tiny", "No module named 'nowhere'"),
        ("backbone.name=mynets:missing", "has no attribute 'missing'"),
        ("backbone.name=mynets:layers", "TypeError"),
        ("backbone.depth=3", '"backbone.depth": no backbone of this study has'),
        ("backbone.width=wide", "its default of backbone.width is 8, found 'wide'"),
        ("objective.emotion.mymetrics:missing=1", "has no attribute 'missing'"),
        ("objective.emotion.builtins:len=1", "builtins:len breaks laws of metrics"),
        ("objective.emotion.words:high=1", "it returned '0.9'"),
        ("objective.emotion.words:pair=1", "it returned (0.5, 0.9)"),
        ("search.sampler=mynets:tiny", "and returns an Optuna BaseSampler ("),
    ],
)
def test_code_that_is_refused(tmp_path, code, setting, reason):
    """Before the data are looked for, in one message with file, key and way out."""
    (code / "words.py").write_text(WORDS)
    line = refused(tmp_path, "--set", setting)
    assert reason in line
    assert line.startswith(f"error: {tmp_path / 'tiny.toml'} with --set")
    assert setting.split(".")[0] in line.partition("tiny.toml")[2]
    ways = (
        "; correct it (see",
        "\nCorrect ",
        "named in PYTHONPATH",
        "mynets:tiny has ",
    )
    assert any(way in line for way in ways)
