"""The folder of a run: names, files written whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from data_pipeline.files.folder_names import run_name
from data_pipeline.files.safe_open import sha256
from data_pipeline.system.errors import InputError, RunError
from search.run_folder import (
    RunFolder,
    check_study_name,
    read_json,
    write_json,
    write_text,
)


def test_names(tmp_path):
    """A run on synthetic data has its own folder; pixels and receipts are shared."""
    folder = RunFolder(out=tmp_path, name=run_name("ckplus", synthetic=True))
    assert folder.path == tmp_path / "ckplus-synthetic"
    assert folder.storage == f"sqlite:///{tmp_path}/ckplus-synthetic/optuna.db"
    assert {folder.cache.parent, folder.receipts.parent} == {tmp_path}
    assert run_name("ckplus", synthetic=False) == "ckplus"


@pytest.mark.parametrize("name", ["cache", "Cache", "ckplus-synthetic", "mine-trained"])
def test_names_kept(name):
    """A study whose runs would be in another's folder is refused."""
    with pytest.raises(InputError, match=f"--study {name}: .*rename the study file"):
        check_study_name(name)


@pytest.mark.parametrize("inner", ["", "runs"])
def test_a_file_in_the_way(tmp_path, inner):
    """A file in place of a folder of runs is refused with the way out."""
    (tmp_path / "runs").write_text("notes")
    folder = RunFolder(out=tmp_path / "runs" / inner, name="ckplus")
    with pytest.raises(InputError, match=r"a file is in the way .*name another --out"):
        folder.make()


def test_another_spelling(tmp_path, monkeypatch):
    """Where case does not count, another study's folder is not taken."""
    (tmp_path / "smoke").mkdir()
    RunFolder(out=tmp_path, name="Smoke").make()  # here it counts
    (tmp_path / "Smoke").rmdir()
    monkeypatch.setattr(Path, "exists", lambda _: True)
    with pytest.raises(InputError, match="has the run smoke; rename the study"):
        RunFolder(out=tmp_path, name="Smoke").make()


def test_written_whole(tmp_path):
    """A file that cannot be written leaves the old one as it was."""
    path = tmp_path / "model.json"
    write_json(path, {"value": 0.5, "name": "é"})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"value": float("nan")})
    assert read_json(path) == {"value": 0.5, "name": "é"}
    assert [file.name for file in tmp_path.iterdir()] == ["model.json"]


def test_a_full_disk(tmp_path, monkeypatch):
    """A file that cannot be written is named, and the old one stays."""
    path = tmp_path / "trials.csv"
    write_text(path, "old")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match=rf"{path}: cannot be written \(No space"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["trials.csv"]


def test_bytes_are_the_texts(tmp_path):
    """Lines end as written on every system, in UTF-8."""
    write_text(tmp_path / "a.txt", "é\n")
    assert (tmp_path / "a.txt").read_bytes() == "é\n".encode()


def test_missing_json(tmp_path):
    """A file that is not there reads as None."""
    assert read_json(tmp_path / "none.json") is None


def test_set_aside(tmp_path):
    """Files that newer ones replace go to numbered folders, the missing ones not."""
    folder = RunFolder(out=tmp_path, name="small")
    folder.path.mkdir()
    for text in ("first", "second"):
        write_text(folder.file("best.toml"), text)
        folder.archive(("best.toml", "model.keras"))
    assert not folder.file("best.toml").exists()
    kept = [folder.file(f"earlier-{n}") / "best.toml" for n in (1, 2)]
    assert [path.read_text() for path in kept] == ["first", "second"]


def test_sha256(tmp_path):
    """The digest is that of the standard: FIPS 180-2's for "abc"."""
    write_text(tmp_path / "abc", "abc")
    digest = sha256(tmp_path / "abc")
    assert digest.startswith("ba7816bf8f01cfea")
    assert digest.endswith("b410ff61f20015ad")
