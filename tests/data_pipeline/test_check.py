"""``python -m data_pipeline.check``: its output, exit codes, and a study's keys."""

import pytest

from data_pipeline import check
from data_pipeline.config.study_data import read_study_data
from data_pipeline.system.errors import StudyError
from search.study.study import read_study
from tests.factories.data.clean_tree import SUBJECTS, image_of, write_clean
from tests.factories.data.own import write_own_table
from tests.factories.runs import contents, run_main, write_study

STUDY = '[data]\ndataset = "ckplus"\n[split]\nfolds = 2\nhold_out = 0.25\n'


@pytest.fixture
def root(tmp_path):
    """Gives a clean tree."""
    return write_clean(tmp_path / "tree")


def test_command(root, tmp_path):
    """The exit code tells a clean data set from a faulty one; nothing is written."""
    study = write_study(tmp_path, text=STUDY)
    words = ("--study", str(study), "--data", str(root))
    before = contents(tmp_path)
    answer = run_main(check.main, *words)
    assert (answer.code, answer.err) == (0, "")
    assert "24 images; fold 1 10, fold 2 8, hold-out 6" in answer.out
    assert "nothing is wrong" in answer.out
    assert contents(tmp_path) == before
    (root / image_of("S001")).unlink()
    answer = run_main(check.main, *words)
    assert (answer.code, answer.err) == (1, "")
    assert f"  {image_of('S001')} (data_labels.csv row" in answer.out
    assert "1 problem found" in answer.out


def test_many(root, tmp_path):
    """Ten problems of a kind are listed and the rest counted, unless --all is given."""
    for subject in SUBJECTS:
        (root / image_of(subject)).unlink()
    study = write_study(tmp_path, text=STUDY)
    words = ("--study", str(study), "--data", str(root))
    answer = run_main(check.main, *words)
    assert answer.out.count("no such file") == 10
    assert "... and 2 more; list them with --all" in answer.out
    assert run_main(check.main, *words, "--all").out.count("no such file") == 12


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[data\n", ["is not a TOML file"]),
        ("[split]\n", ["[data] dataset", "is missing"]),
        ("data = 3\n", ["data", "section", "3"]),
        (
            '[data]\ndataset = "ckplus"\n[split]\nfolds = "2"\n',
            ["folds", "int", "'2'"],
        ),
        ('[data]\ndataset = "ckpluss"\n', ["ckplus", "'ckpluss'"]),
        ('[data]\ndataset = "ckplus"\n[split]\nhold_out = 2\n', ["hold_out", "2"]),
    ],
)
def test_bad_study(root, tmp_path, text, words):
    """A wrong study is refused with file, key and value, in one message."""
    study = write_study(tmp_path, text=text)
    answer = run_main(check.main, "--study", str(study), "--data", str(root))
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("error: ") == 1
    assert all(word in answer.err for word in words)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('columns = { subject = "who" }', ['subject = "who"', "names no column"]),
        ('table = "labels.csv"', ['no table "labels.csv"', "[data] table"]),
    ],
)
def test_keys_that_the_data_lack(tmp_path, line, words):
    """A column or table that the study names and the data lack is wrong input."""
    root = write_own_table(tmp_path / "faces")
    text = (
        f'[data]\ndataset = "table"\ntargets = ["emotion"]\nimage_size = 32\n{line}\n'
    )
    study = write_study(tmp_path, text=text)
    answer = run_main(check.main, "--study", str(study), "--data", str(root))
    assert (answer.code, answer.out) == (2, "")
    assert all(word in answer.err for word in (*words, str(study)))


def test_missing_data(tmp_path, monkeypatch):
    """A missing data folder is refused with what is accepted in its place."""
    monkeypatch.chdir(tmp_path)
    answer = run_main(check.main, "--study", "ckplus")
    assert answer.code == 2
    assert "no data folder at data/ckplus" in answer.err
    drawn = run_main(check.main, "--study", "smoke")
    assert drawn.code == 2
    assert "data_pipeline.draw --out data/synthetic" in drawn.err


def test_unknown_study():
    """An unknown study is refused with the nearest name."""
    with pytest.raises(StudyError, match=r"smoek.*did you mean smoke\?"):
        read_study_data("smoek")


@pytest.mark.parametrize("name", ["ckplus", "smoke"])
def test_keys_are_the_searchs(name):
    """The keys read here are those that a search of the same study takes."""
    keys, study = read_study_data(name), read_study(name)
    assert (keys.data, keys.split) == (study.data, study.split)
    assert keys.has_targets


def test_defaults_are_the_searchs(tmp_path):
    """A study without a split is split here as in a search."""
    text = (
        '[data]\ndataset = "ckplus"\ntargets = ["emotion"]\nimage_size = 32\n'
        '[objective]\n"emotion.accuracy" = 1.0\n[search]\ntrials = 1\n'
        '[fixed]\n"training.epochs" = 2\n'
    )
    path = str(write_study(tmp_path, text=text))
    assert read_study_data(path).split == read_study(path).split
