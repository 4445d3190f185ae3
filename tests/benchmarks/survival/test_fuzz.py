"""The producers of the fuzzer, briefly: what they make never breaks a command."""

import sys

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.benchmarks.survival.fuzz.case import Case, load
from tests.benchmarks.survival.fuzz.judge import judge
from tests.benchmarks.survival.fuzz.targets.catalogue import load_target

FEW = settings(
    max_examples=12,
    derandomize=True,  # the same cases for everyone; the benchmark draws others
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
LIGHT = ("settings", "studies", "readers")
"""Targets of commands that load neither Keras nor charts."""
PLANTED = '''
import os, sys

def main(words):
    """Does what is found."""
    if "raise" in words:
        {}["gone"]
    if "write" in words:
        open("../outside", "w").close()
    if "colour" in words:
        os.write(2, b"\\x1b[31m")
    if "talk" in words:
        print("x" * 3000, file=sys.stderr)
    while "wait" in words:
        pass
    return 7 if "code" in words else 2
'''


@pytest.fixture(scope="module")
def bases(tmp_path_factory):
    """The sound files of the light targets."""
    folders = {name: tmp_path_factory.mktemp(name) for name in LIGHT}
    for name, folder in folders.items():
        load_target(name).prepare(folder)
    return folders


@pytest.mark.parametrize("name", LIGHT)
def test_damaged_input_is_a_message(bases, tmp_path_factory, name):
    """No study file, override, table or folder ends a command in another way."""
    target = load_target(name)

    @FEW
    @given(st.data())
    def law(data):
        case = data.draw(target.cases(bases[name]))
        work = tmp_path_factory.mktemp("work")
        assert judge(case, bases[name], work, limit=target.limit).findings == []

    law()


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("raise", "traceback"),
        ("write", "outside"),
        ("colour", "escape code"),
        ("talk", "long message"),
        ("wait", "hang"),
        ("code", "exit code"),
        ("nothing", None),
    ],
)
def test_each_fault_is_found(tmp_path, monkeypatch, word, kind):
    """The judge finds each kind of fault, and none in a command that has none."""
    (tmp_path / "planted_command.py").write_text(PLANTED)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "planted_command", raising=False)
    case = Case(command="planted_command", words=(word,), files={"a/b": b"c"})
    (tmp_path / "work").mkdir()
    found = judge(case, tmp_path, tmp_path / "work", limit=0.3).findings
    assert {one.kind for one in found} == ({kind} if kind else set())
    case.save(tmp_path, tmp_path / "kept", kind=str(kind))
    again = load(tmp_path / "kept")
    assert again.words == case.words
    again.lay_out(tmp_path / "kept", tmp_path / "laid")
    assert (tmp_path / "laid/a/b").read_bytes() == b"c"
