"""What a run says of its machine: GPUs by name, and the commit of a checkout."""

import shutil
import subprocess

import pytest

from search.executors import machine
from search.executors.machine import COMMIT, GPUS, this_machine
from search.inputs.gpu_shares import Placement
from search.study.study import read_study
from tests.fakes.nvidia_smi import cards, install

ON_CPU = Placement(gpus=0.0, concurrent=1, precision="float32")


def told(placement=ON_CPU):
    """Describes this machine for trials of a study."""
    return this_machine(read_study("smoke"), placement)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder, in which this project pretends to be."""
    monkeypatch.setattr(machine, "ROOT", tmp_path)
    return tmp_path


def test_gpus_are_counted_by_name(tmp_path, monkeypatch):
    """Only where trials use them."""
    install(tmp_path, monkeypatch, answer=cards(8000, 8000))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    placement = Placement(gpus=0.5, concurrent=4, precision="float32")
    assert told(placement)[GPUS] == "2 x NVIDIA Fake"
    assert GPUS not in told()


def test_an_installed_package_has_no_commit(place):
    """A repository further up is another project's."""
    assert COMMIT not in told()
    (place / ".git").mkdir()
    assert COMMIT not in told(), "git says that this is no repository"


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_checkout_has_a_commit(place):
    """The commit, and whether files were changed since."""
    person = ("-c", "user.name=n", "-c", "user.email=n@example.org")

    def git(*words):
        command = ["git", "-C", str(place), *person, *words]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603

    (place / "file").write_text("one")
    git("init", "--quiet")
    git("add", "file")
    git("commit", "--quiet", "-m", "first")
    clean = told()[COMMIT]
    assert len(clean) == 12
    (place / "file").write_text("two")
    assert told()[COMMIT] == f"{clean}-dirty"
