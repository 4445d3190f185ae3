"""Studies from Python do what the commands do."""

import json

import numpy as np
import pytest

from data_pipeline.system.errors import InputError, ModelError, RunError, StudyError
from search.api import Study, StudyRun, draft
from search.run_folder import RunFolder
from search.study.study import read_study
from tests.factories.data.own import write_own_table
from tests.factories.runs import searched, write_study


def test_settings_are_those_of_the_command():
    """Values from Python give the study that ``--set`` texts give."""
    texts = [
        "search.trials=4",
        "head.dropout={low = 0.0, high = 0.5}",
        'backbone.name=["residual_cnn", "resnet50"]',
        "training.optimizer=sgd",
        "augmentation.strength=",
    ]
    study = Study.read("smoke", seed=3).with_settings(
        {
            "search.trials": 4,
            "head.dropout": {"low": 0.0, "high": 0.5},
            "backbone.name": ("residual_cnn", "resnet50"),
            "training.optimizer": "sgd",
            "augmentation.strength": None,
        }
    )
    assert study.text() == read_study("smoke", settings=texts, seed=3).text()


def test_settings_add_up():
    """Later settings act on the study that earlier ones gave, which stays as it was."""
    first = Study.read("smoke").with_settings({"search.trials": 4})
    second = first.with_settings({"search.seed": 5})
    assert "trials = 4" in second.text()
    assert "seed = 5" in second.text()
    assert "seed = 5" not in first.text()


@pytest.mark.parametrize(
    ("work", "error", "words"),
    [
        (lambda: Study.read("smokee"), StudyError, "smoke"),
        (
            lambda: Study.read("smoke").with_settings({"search.trails": 4}),
            StudyError,
            "trails: unknown key",
        ),
        (
            lambda: Study.read("smoke").with_settings({"search.trials": -1}),
            StudyError,
            "search",
        ),
        (lambda: Study.read("smoke").run(until="never"), InputError, "holdout"),
        (lambda: Study.read("smoke").run(executor="threads"), InputError, "serial"),
        (lambda: StudyRun.find("smoke", out="nowhere"), InputError, "nowhere"),
    ],
)
def test_wrong_input(work, error, words):
    """What is wrong is refused at once, with the way out."""
    with pytest.raises(error, match=words):
        work()


def test_data_from_python(tmp_path):
    """A draft, its check and its page from Python are those of the commands."""
    root = write_own_table(tmp_path / "faces")
    study = draft(root, tmp_path / "mine.toml")
    assert study == Study.read(tmp_path / "mine.toml")
    assert study.check(data=root, out=tmp_path).problems == ()
    page = study.explore(data=root, out=tmp_path / "page")
    assert "<html" in page.read_text()
    with pytest.raises(StudyError, match="a file that is there"):
        draft(root, tmp_path / "mine.toml")


def test_a_run_without_a_test(tmp_path):
    """A run that was not tested has neither report nor model."""
    run = StudyRun(RunFolder(out=tmp_path, name="smoke"))
    with pytest.raises(RunError, match='until "holdout"'):
        run.holdout()
    with pytest.raises(ModelError, match=r"model\.keras"):
        run.model()


@pytest.mark.slow
def test_a_run_from_python(tmp_path, coursework):
    """A run from Python is the run of the command: it finds it finished."""
    file, out = write_study(tmp_path), tmp_path / "runs"
    run = Study.read(file).run(data=coursework, out=out, executor="serial")
    table, report = run.trials(), run.holdout()
    assert list(table["number"]) == list(range(len(table)))
    assert table.loc[run.best.number, "value"] == table["value"].max()
    written = json.loads((run.path / "holdout.json").read_text())
    assert dict(report).items() <= written.items()
    assert report["emotion"] == written["emotion"]
    assert report["trial"] == run.best.number
    assert "Hold-out" in str(report)
    assert "<table>" in report._repr_html_()
    images = sorted((coursework / "cohn-kanade-images").rglob("*.png"))[:2]
    assert list(run.predict(*images)["file"]) == [str(path) for path in images]
    model = run.model()
    pixels = np.zeros((1, *model.input_shape[1:]), np.float32)
    outputs = model.predict(pixels, verbose=0)
    assert np.allclose(outputs["emotion"].sum(axis=-1), 1.0, atol=1e-5)
    assert run.export(tmp_path / "best.toml") == run.best.number
    replay = run.replay(run.best.number, data=coursework)
    assert (replay.equal, replay.tolerance) == (True, 0.0)
    again = searched(file, coursework, out)
    assert (again.code, again.err) == (0, "")
    assert str(report).splitlines()[0] in again.out
    assert StudyRun.find(file.stem, out=out) == run
