"""Each command has a call, which search/README.md lists."""

import ast
import inspect
import re

import pytest

import search.api
from data_pipeline.synthetic.write import MARKER
from data_pipeline.system.errors import HarnessError
from search.api import (
    Study,
    StudyRun,
    clean_cache,
    draw,
    explain,
    ferplus,
    get_weights,
    list_weights,
    live,
    predict,
    weights_folder,
)
from search.run_folder import RunFolder
from tests.test_architecture import COMMANDS, ROOT, SOURCES

NAMES = {"run": StudyRun, "study": Study}
TABLE = (ROOT / "search/README.md").read_text("utf-8").partition("## From Python")[2]
ROWS = [row.split("|")[1:3] for row in TABLE.splitlines() if row.startswith("| ")][1:]


def command(place):
    """Names a file as it is called: ``python -m NAME``."""
    return place.removesuffix(".py").removesuffix("/__main__").replace("/", ".")


def commands():
    """Lists the commands by what their files say of themselves."""
    found = (
        re.match(r'"""``python -m ([\w.]+)``', path.read_text("utf-8"))
        for path in SOURCES
    )
    return sorted(one[1] for one in found if one)


def calls(cell):
    """Yields each call of a cell: its text, what is called, and the node."""
    for part in re.findall(r"`([^`]+)`", cell):
        text = f'Study.read("NAME"){part}' if part.startswith(".") else part
        try:
            node = ast.parse(text, mode="eval").body
        except SyntaxError:
            continue
        if isinstance(node, ast.Call):
            yield text, called(node.func), node


def called(node):
    """Finds what an expression names in ``search.api`` or its classes."""
    if isinstance(node, ast.Name):
        return NAMES.get(node.id) or getattr(search.api, node.id)
    if isinstance(node, ast.Call):
        return Study
    return getattr(called(node.value), node.attr)


def test_the_commands_are_those_of_the_project():
    """The files that say they are commands are the listed ones, and no other."""
    assert commands() == sorted(map(command, COMMANDS))


@pytest.mark.parametrize("name", commands())
def test_each_command_has_a_call(name):
    """The table names the command, beside a call that takes these arguments."""
    rows = [cell for of, cell in ROWS if re.search(rf"`{re.escape(name)}\b", of)]
    found = [call for cell in rows for call in calls(cell)]
    assert found, f"{name}: no call in search/README.md, From Python"
    for text, function, node in found:
        given = [None] * len(node.args)
        method = "self" in inspect.signature(function).parameters
        words = {word.arg: None for word in node.keywords}
        inspect.signature(function).bind(*([None] * method), *given, **words)
        assert inspect.getdoc(function), text


def test_every_call_is_listed():
    """No function of ``search.api`` is missing in the table."""
    names = search.api.__all__
    functions = {one for one in names if inspect.isfunction(getattr(search.api, one))}
    listed = {text.partition("(")[0] for _, cell in ROWS for text, _, _ in calls(cell)}
    assert functions <= listed


def test_faces_from_python(tmp_path):
    """Two people are drawn; the folder is that of the command."""
    folder = draw(tmp_path / "faces", subjects=2, seed=3)
    assert folder == tmp_path / "faces"
    assert "--subjects 2 --seed 3" in (folder / MARKER).read_text()


def test_what_can_go_from_python(tmp_path):
    """Listing removes nothing; with ``yes`` the same goes."""
    run = StudyRun(RunFolder(out=tmp_path, name="tiny"))
    curves = run.path / "tensorboard" / "events"
    curves.parent.mkdir(parents=True)
    curves.write_bytes(b"x" * 5000)
    (cached := tmp_path / "cache" / "files-1.npz").parent.mkdir()
    cached.write_bytes(b"x" * 5000)
    (one,) = run.clean()
    assert one.paths == (curves.parent,)
    assert one.bytes >= 5000
    assert curves.exists()
    assert run.clean(yes=True) == [one]
    assert not curves.exists()
    assert cached in {p for kind in clean_cache(out=tmp_path) for p in kind.paths}
    assert cached.exists()


def test_the_shelf_from_python(tmp_path, monkeypatch):
    """The shelf and its folder are those of the command."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert weights_folder() == tmp_path / "models" / "shelf"
    assert "mini_xception_fer2013" in {row.name for row in list_weights()}


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda: draw("x", layout="y"), "layout"),
        (lambda: ferplus("nowhere.csv", "x"), "nowhere.csv"),
        (lambda: get_weights("fer"), "on the shelf"),
        (lambda: predict("m.keras", "x", format="xml"), "format must be one of csv"),
        (lambda: predict("m.keras", "x", crop="out"), "crop must be one of trained"),
        (lambda: predict("nowhere.onnx", "x"), "no such model"),
        (lambda: explain("m.keras", "x", method="lime"), "method must be one of"),
        (lambda: explain("gone.onnx", "x"), "no such model: gone"),
        (lambda: live("m.onnx", smooth=1.0), "smooth"),
        (lambda: live("there.onnx"), "no such model: there"),
    ],
)
def test_wrong_options(tmp_path, monkeypatch, work, words):
    """What is wrong is refused as the command refuses it."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HarnessError, match=words):
        work()
