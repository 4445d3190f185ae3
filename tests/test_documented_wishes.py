"""The answers of the README's section "How do I ..." are true today."""

import importlib
import re
import shlex

import pytest

from search.study.study import read_study
from tests.factories.runs import ROOT

SECTION = (ROOT / "README.md").read_text("utf-8").partition("## How do I ...")[2]
ROWS = [
    line.split(" | ", 1)
    for line in SECTION.partition("\n## ")[0].splitlines()
    if line.startswith("| ") and not line.startswith("| wish")
]
ANSWERS = {wish.strip("| "): re.findall(r"`([^`]+)`", found) for wish, found in ROWS}


def test_there_are_ten_wishes():
    """The ten commonest wishes have an answer each, in one line."""
    assert len(ANSWERS) >= 10
    assert all(found or "rerun" in wish for wish, found in ROWS)


@pytest.mark.parametrize("wish", [w for w, found in ANSWERS.items() if found])
def test_an_answer_is_true(wish):
    """A command's options exist, and a study accepts its keys and values."""
    for answer in ANSWERS[wish]:
        words = shlex.split(answer)
        if words[0] == "python":
            module = importlib.import_module(words[2])
            build = getattr(module, "build_parser", None) or module._parser  # noqa: SLF001
            build().parse_args(words[3:])
        elif words[0] == "--set":
            settings = tuple(words[1::2])
            assert read_study("ckplus", settings=settings).space
