"""The commands of the page: each does what its caption says, as it is written."""

import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from data_pipeline.files.folder_names import run_name
from data_pipeline.pages.section import NoDataError
from search.compare import build_parser as compare
from search.dashboard import build_parser as dashboard
from search.export import build_parser as export
from search.replay import build_parser as replay
from search.report.__main__ import build_parser as report
from search.report_page.material import gather, gather_nested
from search.report_page.sections.explanation import section as explanation
from search.report_page.sections.record.commands import section
from search.rescore import build_parser as rescore
from search.run import build_parser as run
from search.run_files import NESTED_STUDY
from search.run_folder import RunFolder
from search.study.study import read_study
from tests.factories.made_run import STUDY, made_run

PARSERS = {
    "search.compare": compare,
    "search.dashboard": dashboard,
    "search.export": export,
    "search.replay": replay,
    "search.report": report,
    "search.rescore": rescore,
    "search.run": run,
}
STORED = ("search.compare", "search.dashboard", "search.export", "search.replay")
URL = "postgresql://me:***@host/runs"
STUDIES = Path(__file__).parents[3] / "studies"


def material_of(folder, name="tiny"):
    """Gathers what a made run has, under the name of its study."""
    study = replace(read_study(str(folder.file("study.toml"))), name=name)
    return gather(folder, study, synthetic=False, storage=folder.storage)


def commands_of(material):
    """Parses each Python command of the page; returns options by module."""
    found = {}
    for code in section(material).codes:
        words = shlex.split(code.text.splitlines()[-1])
        assert words[:2] == ["python", "-m"]
        if words[2] in PARSERS:
            found[words[2]] = vars(PARSERS[words[2]]().parse_args(words[3:]))
    return found


def continued(material):
    """Runs what comes before ``search.run``; returns its options and its study."""
    text = section(material).codes[0].text
    for line in text.splitlines()[:-1]:
        command, source, target = shlex.split(line)
        assert command == "cp"
        shutil.copy(source, target)
    found = commands_of(material)["search.run"]
    return found, read_study(found["study"], settings=found["settings"])


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A run of two trials in a folder with a blank in its name."""
    return made_run(tmp_path_factory.mktemp("all runs"), trials=2, tested=False)


def test_an_own_study_file_is_continued(searched):
    """The study of the run's folder continues it: its identity, budget and folder."""
    material = material_of(searched)
    options, study = continued(material)
    assert study.identity() == material.study.identity()
    assert study.search == material.study.search
    assert options["out"] / run_name(study.name, synthetic=False) == searched.path


def test_a_study_of_the_project_is_named(tmp_path):
    """A study in studies/ is named where its file is the study that ran."""
    text = (STUDIES / "smoke.toml").read_text()
    folder = made_run(tmp_path, "smoke", trials=0, tested=False, text=text)
    options, _ = continued(material_of(folder, "smoke"))
    assert options["study"] == "smoke"


def test_settings_are_kept(tmp_path):
    """A study of studies/ that ran with --set is continued with them."""
    text = (STUDIES / "smoke.toml").read_text()
    text = text.replace("seed = 87 ", "seed = 77 ")
    folder = made_run(tmp_path, "smoke", trials=0, tested=False, text=text)
    _, study = continued(material_of(folder, "smoke"))
    assert (study.name, study.search.seed) == ("smoke", 77)


def test_a_nested_run_is_continued(tmp_path):
    """The command has the outer parts; the storage of single parts is not named."""
    folder = RunFolder(out=tmp_path, name="tiny-nested")
    folder.make()
    text = STUDY.replace("folds = 2", "folds = 2\nouter_folds = 3")
    folder.file(NESTED_STUDY).write_text(text)
    study = replace(read_study(str(folder.file(NESTED_STUDY))), name="tiny")
    test = {"parts": [], "synthetic": True}
    options, found = continued(gather_nested(folder, study, test=test))
    assert (found.name, found.split.outer_folds) == ("tiny", 3)
    assert options["storage"] is None


def test_the_storage_is_named(searched):
    """Each command that reads trials names a storage that is not the run's own."""
    own = replace(material_of(searched), test={"trial": 0})
    found = commands_of(replace(own, storage=URL))
    assert {found[name]["storage"] for name in ("search.run", *STORED)} == {URL}
    own = commands_of(own)
    assert {own[name]["storage"] for name in ("search.run", *STORED)} == {None}


def test_the_section_of_explanations_names_the_storage(searched):
    """Where no model was explained yet, the command for it reads the run's storage."""
    material = replace(material_of(searched), storage=URL)
    with pytest.raises(NoDataError) as caught:
        explanation(material)
    command = str(caught.value).partition("python -m search.report ")[2]
    words = shlex.split(command.partition(" does so")[0])
    options = vars(report().parse_args(words))
    assert (options["storage"], options["explain"]) == (URL, True)


def test_what_is_left_open_is_said(searched):
    """The page says what DIR and a hidden password stand for, where it has them."""
    real = material_of(searched)
    assert "DIR stands for the data folder" in " ".join(section(real).paragraphs)
    hidden = replace(real, storage=URL, synthetic=True)
    text = " ".join(section(hidden).paragraphs)
    assert "Write the password in place of ***" in text
    assert "DIR" not in text
