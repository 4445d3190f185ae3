"""Study files: their content, and one message for everything wrong in them."""

from pathlib import Path

import pytest

from data_pipeline.files.study_files import find_study
from data_pipeline.system.errors import StudyError
from search.study.study import read_study
from tests.factories.texts.study_file import STUDY, message, study


def test_reads():
    """A study has what its file sets, and defaults for the rest."""
    read = study()
    assert read.objective == (
        ("emotion.macro_f1", 1.0),
        ("action_units.mean_auc", 0.5),
    )
    assert read.space.fixed == (("training.epochs", 3),)
    assert [p.key for p in read.space.parameters] == [
        "training.optimizer",
        "training.weight_decay",
        "head.dropout",
    ]
    assert (read.split.hold_out_seed, read.search.sampler) == (1, "bohb")
    assert (read.stride, read.name) == (3, "small")


# What is wrong in a study file: the change, and words that the message must hold, the
# key, the rule, the value found and the way out among them.
def test_dead_parameters_are_dropped():
    """A parameter whose condition can never hold is not searched."""
    read = study(('["adam", "adamw"]', '["adam", "sgd"]'))
    assert "training.weight_decay" not in [p.key for p in read.space.parameters]


def test_children_may_be_written_first():
    """Parents are suggested before their children, in any order of the file."""
    first, second = STUDY.partition('"training.optimizer" = [')[::2]
    line, rest = second.partition("\n")[::2]
    read = study(text=first + rest + f'"training.optimizer" = [{line}\n')
    keys = [parameter.key for parameter in read.space.parameters]
    assert keys.index("training.optimizer") < keys.index("training.weight_decay")


CONDITIONAL = """
"training.epochs" = { choices = [4], when = { "balance" = ["none"] } }
"balance" = ["none", "oversample"]
"""


@pytest.mark.parametrize(
    ("space", "stride"),
    [
        ('"training.epochs" = [4, 9, 6]', 9),
        ('"training.epochs" = { low = 2, high = 8 }', 8),
        (
            CONDITIONAL,
            30,
        ),
        ("", 30),
    ],
)
def test_stride(space, stride):
    """Steps of folds are as far apart as the most epochs of a fold, defaults too."""
    read = study(('"training.epochs" = 3', ""), ("[space]", f"[space]\n{space}"))
    assert read.stride == stride


@pytest.mark.parametrize(
    "change",
    [
        ('"training.optimizer" = ["adam", "adamw"]', '"training.optimizer" = ["adem"]'),
        ('"training.optimizer" = ["adam", "adamw"]', '"training.optimizer" = 3'),
    ],
)
def test_a_wrong_parent_is_one_problem(change):
    """A problem of a key is not repeated for the keys that depend on it."""
    with pytest.raises(StudyError) as caught:
        study(change)
    assert len(str(caught.value).splitlines()) == 1


def test_identity_leaves_budget_and_resources_free():
    """A resumed run may change trials and resources, and nothing else."""
    before = study().identity()
    more = study(("trials = 6", "trials = 60"), ("[fixed]", "[resources]\n[fixed]"))
    assert more.identity() == before
    for change in (
        ("image_size = 32", "image_size = 48"),
        ("folds = 2", "folds = 3"),
        ("= 0.5", "= 0.6"),
        ("trials = 6", "trials = 6\nseed = 3"),
        ('"training.epochs" = 3', '"training.epochs" = 4'),
        ("high = 0.6", "high = 0.5"),
        ('when = { "training.optimizer" = ["adamw"] }', "when = {}"),
    ):
        now = study(change).identity()
        assert len(before.items() ^ now.items()) == 2


def test_not_toml(tmp_path):
    """A file that is no TOML is named with the line that breaks it."""
    path = tmp_path / "broken.toml"
    path.write_text("[data]\nfolds = = 3\n")
    with pytest.raises(StudyError, match=r"broken\.toml: is not a TOML file.*line 2"):
        read_study(str(path))


def test_not_text(tmp_path):
    """A file that is no text is no TOML either."""
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StudyError, match=r"binary\.toml: is not a TOML file"):
        read_study(str(path))


def test_no_section_but_a_value(tmp_path):
    """A value in place of a section is refused like any other mistake."""
    path = tmp_path / "flat.toml"
    path.write_text("data = 3\n[[search]]\ntrials = 1\n")
    with pytest.raises(StudyError) as refused:
        read_study(str(path))
    assert "data: must be a section, found 3" in str(refused.value)
    assert "search: must be a section, found [" in str(refused.value)


def test_unknown_study():
    """An unknown name is answered with the nearest right one and all of them."""
    with pytest.raises(StudyError, match=r"--study ckpluss.*did you mean ckplus\?"):
        find_study("ckpluss")


def test_studies_are_found_from_anywhere(tmp_path, monkeypatch):
    """A study is found by its name from any working directory."""
    monkeypatch.chdir(tmp_path)
    assert read_study("ckplus").name == "ckplus"


def test_study_of_a_run(tmp_path):
    """The ``study.toml`` of a run reads as the study that was run."""
    begun = read_study("ckplus", settings=["search.trials=3"], seed=5)
    path = Path(tmp_path / "study.toml")
    path.write_text(begun.text())
    again = read_study(str(path))
    assert (again.name, again.search.seed) == ("study", 5)
    assert again.identity() == begun.identity()
    assert again.text() == begun.text()


def test_several_problems_in_one_message():
    """One message has every problem, each on its own line."""
    text = message(
        ("folds = 2", "fold = 2"),
        ("high = 0.6", "high = 2"),
        ('"training.epochs" = 3', '"training.epochs" = 0'),
        ('"emotion.macro_f1" = 1\n"action_units.mean_auc" = 0.5', ""),
    )
    assert [
        line.partition(": ")[2].partition(":")[0] for line in text.splitlines()
    ] == [
        "[split] fold",
        "[objective]",
        '[fixed] "training.epochs"',
        '[space] "head.dropout" high',
    ]
