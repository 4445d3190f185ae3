"""The Python of the READMEs runs, in a notebook too."""

import ast

import pytest

from tests.factories.runs import ROOT, STUDY, write_study
from tests.factories.texts.documented import python_blocks, write_modules

BLOCKS = list(python_blocks())
MODULES = [text for _, text in BLOCKS if text.startswith("# my")]
(EXAMPLE,) = (text for page, text in BLOCKS if page == "README.md")


def test_each_block_is_python():
    """Each parses, and is the one example, a module, or the check of the modules."""
    for _, text in BLOCKS:
        assert ast.parse(text).body
    assert len(BLOCKS) == 1 + len(MODULES) + 1


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Jupyter's own packages
def test_the_example_runs_in_a_notebook(tmp_path, coursework, monkeypatch):
    """A kernel runs it, prints a line a trial, and shows the report as tables."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    write_study(tmp_path, "ckplus", STUDY.replace("trials = 2", "trials = 1"))
    code = (
        EXAMPLE.replace('"ckplus"', '"ckplus.toml"')
        .replace('"search.trials": 20', '"search.trials": 1')
        .replace('data="synthetic"', f'data="{coursework}", executor="serial"')
    )
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell(text) for text in (code, "report")]
    nbclient.NotebookClient(
        book, timeout=500, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    printed = "".join(
        found["text"]
        for found in book.cells[0].outputs
        if found.get("name") == "stdout"
    )
    assert "[1/1] trial 0: completed" in printed
    assert "\x1b[" not in printed
    (shown,) = (found["data"] for found in book.cells[1].outputs)
    assert "<table>" in shown["text/html"]


@pytest.mark.slow
def test_the_check_of_the_modules_runs(tmp_path, monkeypatch):
    """The documented code keeps the laws by which the page says to check it."""
    monkeypatch.syspath_prepend(write_modules(tmp_path / "code"))
    monkeypatch.chdir(tmp_path)
    (check,) = (text for _, text in BLOCKS if "check_backbone" in text)
    lines = [line for line in check.splitlines() if "check_reader" not in line]
    exec("\n".join(lines), {})  # noqa: S102 - the page's own text
