"""Opening files: regular ones only, and no pipe is waited for."""

import ast
import os
import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_pipeline.checks.image_check import ImageProblem, inspect_image
from data_pipeline.config.study_data import read_study_data
from data_pipeline.dataset.table_checks import read_text
from data_pipeline.fer2013.fer2013_csv import read_fer2013
from data_pipeline.files.npy_scalar import read_scalar
from data_pipeline.files.safe_open import open_regular, read_bytes
from data_pipeline.images.decode import UnreadableError, decode
from data_pipeline.images.digests import UNREADABLE, file_digests
from data_pipeline.media.media import read_media
from data_pipeline.system.errors import DataError, HarnessError
from models.inference.sidecar import model_file, read_sidecar
from search.final.exported_config import read_exported
from search.study.study import read_study

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.timeout(60)


def pipe(path):
    """Makes a pipe without a writer."""
    os.mkfifo(path)


def bound(path):
    """Makes a socket."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def linked(path):
    """Makes a link to a device that has no end."""
    path.symlink_to("/dev/zero")


KINDS = pytest.mark.parametrize("make", [pipe, bound, linked, Path.mkdir])


@KINDS
def test_nothing_but_files_is_opened(tmp_path, make):
    """A pipe, a socket, a device and a folder are refused at once, by their kind."""
    path = tmp_path / "a"
    make(path)
    with pytest.raises(OSError, match=r"expected a regular file.*'/.*/a'") as caught:
        open_regular(path)
    assert caught.value.filename == str(path)


def test_files_and_links_to_them_are_opened(tmp_path):
    """A regular file is read to its end, by way of links too; a limit is a limit."""
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert read_bytes(tmp_path / "b", most=5) == b"12345"
    with pytest.raises(OSError, match="larger than"):
        read_bytes(tmp_path / "b", most=4)
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "c")


def test_what_changed_after_the_look_is_not_read(tmp_path, monkeypatch):
    """A pipe that took the name between the look and the opening is refused too."""
    pipe(tmp_path / "a")
    (tmp_path / "b").write_bytes(b"")
    other = (tmp_path / "b").stat()
    monkeypatch.setattr("data_pipeline.files.safe_open.os.stat", lambda _: other)
    with pytest.raises(OSError, match="found a pipe"):
        open_regular(tmp_path / "a")


READ = {
    "picture.png": lambda path: decode(path, size=4, channels=1),
    "labels.csv": read_text,
    "fer2013.csv": lambda path: list(read_fer2013(path)),
    "config.toml": read_exported,
    "study.toml": lambda path: read_study(str(path)),
    "data.toml": lambda path: read_study_data(str(path)),
    "model.keras": model_file,
}


@KINDS
@pytest.mark.parametrize("name", READ)
def test_each_reader_refuses_other_kinds(tmp_path, make, name):
    """Pictures, tables, studies, configurations and models: one message, no wait."""
    make(tmp_path / name)
    with pytest.raises(HarnessError, match=name):
        READ[name](tmp_path / name)


@KINDS
def test_looks_and_digests_refuse_other_kinds(tmp_path, make):
    """The check, the cache and the labels each refuse other kinds of files."""
    make(tmp_path / "a.png")
    found = inspect_image(tmp_path / "a.png")
    assert isinstance(found, ImageProblem)
    assert "expected a regular file" in found.message
    (digest,) = file_digests(
        tmp_path, ["a.png"], memory=tmp_path / "memory", progress=lambda *_: None
    )
    assert digest == UNREADABLE
    with pytest.raises(OSError, match="expected a regular file"):
        read_scalar(str(tmp_path / "a.png"))


@pytest.mark.parametrize("name", ["a.png", "a.mp4", "a.gif"])
def test_a_named_pipe_is_no_picture(tmp_path, name):
    """A pipe given as an image has one line with the reason."""
    pipe(tmp_path / name)
    (frame,) = read_media([tmp_path / name], mode="L")
    assert "found a pipe" in frame.reason


def test_a_description_that_is_a_pipe(tmp_path):
    """A pipe beside a model is no description, and is not waited for."""
    (tmp_path / "model.keras").write_bytes(b"")
    pipe(tmp_path / "model.json")
    with pytest.raises(HarnessError, match=r"model\.json"):
        read_sidecar(tmp_path / "model.keras")


def test_pillow_reads_known_formats_alone(tmp_path):
    """A format that is not read is refused by its bytes, whatever the file's name."""
    for form in ("ICO", "SGI", "TGA", "PCX"):
        Image.new("L", (8, 8), 90).save(tmp_path / "a.png", form)
        with pytest.raises(UnreadableError, match="no image file of a format that is"):
            decode(tmp_path / "a.png", size=4, channels=1)
    for form in ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF", "PPM"):
        Image.new("L", (8, 8), 90).save(tmp_path / "a.xyz", form)
        assert decode(tmp_path / "a.xyz", size=4, channels=1).shape == (4, 4, 1)


def test_ghostscript_is_not_started(tmp_path, monkeypatch):
    """PostScript under a picture's name has its reason, and starts no program."""
    started = tmp_path / "started"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gs").write_text(f"#!/bin/sh\ntouch {started}\n")
    (tmp_path / "bin/gs").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    head = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n"
    (tmp_path / "a.png").write_text(f"{head}showpage\n%%EOF\n")
    (frame,) = read_media([tmp_path / "a.png"], mode="L")
    assert "it is no image file of a format that is read (PNG, JPEG" in frame.reason
    assert not started.exists()


def test_nothing_is_unpickled(tmp_path):
    """An array of objects is a pickle, and refused as a label."""
    np.save(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(ValueError, match="a pickle"):
        read_scalar(str(tmp_path / "a.npy"))


def calls(name):
    """Finds the files that call a function of that dotted name."""
    for package in ("data_pipeline", "models", "search"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
                    yield path.relative_to(ROOT).as_posix(), node


def test_one_door_to_pillow():
    """Images are opened in one place, which lists the accepted formats."""
    found = [(path, ast.unparse(node)) for path, node in calls("Image.open")]
    assert found == [
        ("data_pipeline/images/decode.py", "Image.open(file, formats=formats)")
    ]


def test_numpy_unpickles_nowhere():
    """Each np.load and read_array refuses pickles."""
    found = [*calls("np.load"), *calls("np.lib.format.read_array")]
    assert found
    for path, node in found:
        assert "allow_pickle=False" in ast.unparse(node), path


def test_a_table_that_is_a_pipe_is_wrong_data(tmp_path):
    """The message about a label file names the kind found in its place."""
    pipe(tmp_path / "a.csv")
    with pytest.raises(DataError, match=r"a\.csv.*found a pipe"):
        read_text(tmp_path / "a.csv")
