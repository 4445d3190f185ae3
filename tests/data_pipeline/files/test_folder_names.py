"""Laws of names that become folders: wherever they come from, they stay in --out."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline import explore
from data_pipeline.files import folder_names
from data_pipeline.files.folder_names import (
    LONGEST,
    folder_name_error,
    run_name,
    windows_error,
)
from data_pipeline.system.errors import InputError
from search import export, tensorboard, train
from search.final.exported_config import read_exported
from search.inputs.earlier_run import check_warm_start
from search.inputs.initial_weights import study_models
from search.pipeline.past_runs import find_run
from search.run_folder import RunFolder, check_study_name
from search.study.study import read_study
from tests.factories.runs import run_main, searched, write_study

WRONG = (
    "../../../x",
    "/etc/x",
    "a/b",
    "a\\b",
    "..",
    "...",
    ".hidden",
    "-rf",
    "a\x1b[31mb",
    "a\nb",
    "a\x9bb",
    "a\u202eb",
    "a\udcffb",
    "é" * (LONGEST // 2 + 1),
    "  ",
)

BEST = """
[origin]
study = {study}
trial = 0
value = 0.5
epoch = 1
synthetic = true
[data]
dataset = "ckplus"
targets = ["emotion"]
[objective]
"emotion.accuracy" = 1.0
[fixed]
"backbone.name" = "residual_cnn"
"training.epochs" = 1
[thresholds]
"""


def best(folder, study):
    """Writes an exported configuration of that study."""
    path = folder / "best.toml"
    quoted = "".join(f"\\U{ord(one):08x}" for one in study)
    path.write_text(BEST.format(study=f'"{quoted}"'), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", WRONG)
def test_unfit_names(tmp_path, name):
    """Names that climb, hide, are commands' options or steer a terminal are refused."""
    for refused in (
        lambda: check_study_name(name),
        lambda: RunFolder(out=tmp_path, name=name),
        lambda: find_run(tmp_path, name),
    ):
        with pytest.raises(
            InputError, match=r"is also a folder.s name, so it must not"
        ) as caught:
            refused()
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["ckplus", "größe 2", "表情", "a.b-c_d", "é" * 100])
def test_fit_names(tmp_path, name):
    """Any other name is a folder's, with each ending that runs have."""
    check_study_name(name)
    for drawn in (False, True):
        family = RunFolder(
            out=tmp_path, name=f"{run_name(name, synthetic=drawn)}-trained"
        )
        family.make()
        assert family.path.parent == tmp_path


@given(st.text(max_size=300))
def test_a_fit_name_is_one_folder(name):
    """A name without a fault is one part of a path, that can be made and printed."""
    if folder_name_error(name) is None:
        assert Path("out", name).parts == ("out", name)
        assert not set("\n\r\t\x1b\x9b\u202e") & set(name)
        assert len(f"{name}-synthetic-trained".encode()) < 255


@pytest.mark.parametrize("name", [w for w in WRONG if "\udcff" not in w])
def test_a_shared_configuration_stays_in_its_folder(tmp_path, name):
    """The study that a best.toml names is no way out of --out."""
    with pytest.raises(InputError, match=r"\[origin\] study: .*so it must not"):
        read_exported(best(tmp_path, name))


def test_train_writes_nothing_elsewhere(tmp_path):
    """The command refuses such a file in one line, before anything is written."""
    path = best(tmp_path, "../../../x")
    answer = run_main(
        train.main, "--config", str(path), "--out", str(tmp_path / "a/b/c")
    )
    assert (answer.code, answer.out) == (2, "")
    assert len(answer.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "main", [export.main, tensorboard.main], ids=["export", "tensorboard"]
)
def test_commands_on_a_run(tmp_path, main):
    """The name of a run leads nowhere but below --out."""
    inside, outside = tmp_path / "out", tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "study.toml").write_text("")
    extra = ("--to", str(tmp_path / "a.toml")) if main is export.main else ()
    words = ("--study", "../elsewhere", "--out", str(inside), *extra)
    answer = run_main(main, *words)
    assert answer.code == 2
    assert "must not contain /" in answer.err


def test_earlier_studies(tmp_path):
    """warm_start and study:NAME name a folder beside the run's own."""
    settings = ['search.warm_start="../x"', "backbone.weights=study:../x"]
    study = read_study("smoke", settings=settings)
    folder = RunFolder(out=tmp_path, name="smoke")
    words = r"\[search\] warm_start: .*must not contain /"
    with pytest.raises(InputError, match=words):
        check_warm_start(study, folder, synthetic=False)
    with pytest.raises(InputError, match=r"backbone\.weights .*must not contain /"):
        study_models(study.space, tmp_path, "smoke", synthetic=False)


@pytest.mark.parametrize("name", ["-x", "..", "a\tb", "a\x1b[1mb"])
def test_study_files(tmp_path, name):
    """The name of a study's file is a run's: search and explore refuse unfit ones."""
    path = write_study(tmp_path, name=name)
    answer = searched(path, tmp_path / "none", tmp_path / "out")
    shown = run_main(explore.main, "--study", str(path))
    for one in (answer, shown):
        assert one.code == 2
        assert "is also a folder's name, so it must not" in one.err
        assert len(one.err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_name_too_long_for_a_file(tmp_path):
    """A study name too long for a file is an input error, not a failure."""
    answer = searched("x" * 300, tmp_path, tmp_path / "out")
    assert answer.code == 2
    assert "there is no study file" in answer.err


@pytest.mark.parametrize("name", ["a:b", "what?", "nul", "COM1.old", "end.", "end "])
def test_names_of_windows(name, monkeypatch):
    """Windows refuses more names, and there so does this project."""
    assert folder_name_error(name) is None
    assert windows_error(name)
    monkeypatch.setattr(folder_names.os, "name", "nt")
    assert folder_name_error(name) == windows_error(name)
    assert folder_name_error("ckplus-2 Größe") is None
