"""What .github/SECURITY.md says of pickles, own code and its own links."""

import re
from pathlib import Path

import optuna
import pytest

from search.sampling.samplers import build_sampler
from search.study.algorithms import SAMPLERS
from tests.factories.runs import ended, started, write_study
from tests.factories.texts.study_file import STUDY, study

ROOT = Path(__file__).parents[1]
PACKAGES = ("data_pipeline", "models", "search")
SOURCES = {
    path: path.read_text(encoding="utf-8")
    for name in PACKAGES
    for path in sorted((ROOT / name).rglob("*.py"))
}
UNPICKLES = re.compile(
    r"^\s*(import|from) (pickle|dill|cloudpickle|joblib|marshal|shelve)\b", re.MULTILINE
)
LOADS = re.compile(r"np\.load\(([^()]|\([^()]*\))*\)")
OPTUNAS_PICKLES = (optuna.samplers.CmaEsSampler,)
"""Samplers that unpickle what a storage holds."""
NOT_HERE = {"gp", "grid"}
"""Samplers that need another package, or a space of choices alone."""


def test_pickles_have_one_door():
    """Only the reader of old checkpoints, which knows four names, unpickles."""
    importing = [path.stem for path, text in SOURCES.items() if UNPICKLES.search(text)]
    assert importing == ["torch_file"]


def test_arrays_are_never_pickles():
    """Every ``np.load`` refuses arrays of objects."""
    calls = [one[0] for text in SOURCES.values() for one in LOADS.finditer(text)]
    assert len(calls) >= 5
    assert [call for call in calls if "allow_pickle=False" not in call] == []


@pytest.mark.parametrize("name", sorted(set(SAMPLERS) - NOT_HERE))
def test_no_sampler_unpickles_the_storage(name):
    """A storage that others may write runs no code here, whatever the sampler."""
    named = study(("trials = 6", f'trials = 6\nsampler = "{name}"'))
    sampler = build_sampler(named, ordinal=0)
    parts = [sampler, *vars(sampler).values()]
    assert not any(isinstance(part, OPTUNAS_PICKLES) for part in parts)


@pytest.mark.slow
def test_code_in_the_working_folder_is_not_run(tmp_path):
    """A study cannot name a module that lies where the command is started."""
    (tmp_path / "planted.py").write_text("open('ran', 'w').close()\n")
    text = STUDY.replace('dataset = "synthetic"', 'dataset = "planted:read"')
    path = write_study(tmp_path, text=text)
    words = ("data_pipeline.check", "--study", path, "--data", tmp_path)
    answer = ended(started(*words, cwd=tmp_path))
    assert answer.code == 2
    assert "No module named 'planted'" in answer.err
    assert not (tmp_path / "ran").exists()


def test_links_lead_somewhere():
    """What the pages of .github name lies where they say."""
    for page in (ROOT / ".github").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        places = re.findall(r"\]\(([^)#]+)", text)
        places += re.findall(r"`((?:tests|\.ci)/[\w/.]+)`", text)
        for place in places:
            assert any((base / place).exists() for base in (page.parent, ROOT)), place
