"""Laws of writing a synthetic set: the same bytes, nothing overwritten, one message."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from data_pipeline import draw
from data_pipeline.synthetic import render_all
from data_pipeline.synthetic.write import write_synthetic
from data_pipeline.system.errors import DataError

ROOT = Path(__file__).parents[3]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """The smallest synthetic set."""
    out = tmp_path_factory.mktemp("write") / "small"
    write_synthetic(out, subjects=1, seed=5)
    return out


@pytest.mark.parametrize("hash_seed", ["0", "77"])
def test_the_same_seed_gives_the_same_bytes_in_another_process(
    small, tmp_path, hash_seed
):
    """Bytes depend neither on the process nor on its hash seed."""
    command = [
        sys.executable,
        "-m",
        "data_pipeline.draw",
        "--out",
        str(tmp_path / "again"),
    ]

    subprocess.run(  # noqa: S603 - our own command
        [*command, "--subjects", "1", "--seed", "5"],
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
    )

    assert contents(tmp_path / "again") == contents(small)


def test_another_seed_gives_other_bytes(small, tmp_path):
    """Labels and images both depend on the seed."""
    write_synthetic(tmp_path / "other", subjects=1, seed=6)

    pixels = {
        content for name, content in contents(small).items() if name.endswith("png")
    }
    others = contents(tmp_path / "other")

    assert others["data_labels.csv"] != contents(small)["data_labels.csv"]
    assert not pixels & set(others.values())


def test_the_same_set_is_left_as_it_is(small):
    """Writing again touches no file."""
    before = {path: path.stat().st_mtime_ns for path in small.rglob("*")}

    write_synthetic(small, subjects=1, seed=5)

    assert {path: path.stat().st_mtime_ns for path in small.rglob("*")} == before


def test_another_set_is_never_written_over(small):
    """A folder with another seed's faces is refused and stays."""
    before = contents(small)

    with pytest.raises(DataError, match=r"new or empty folder.*small.*--out"):
        write_synthetic(small, subjects=1, seed=6)

    assert contents(small) == before


def test_a_changed_set_is_refused(tmp_path):
    """A set that lost a file is not the same set."""
    out = tmp_path / "set"
    write_synthetic(out, subjects=1, seed=5)
    next(out.rglob("*.png")).unlink()

    with pytest.raises(DataError, match="holds other files"):
        write_synthetic(out, subjects=1, seed=5)


def test_an_empty_folder_is_filled(tmp_path, small):
    """An empty folder may exist before, and no other files are left beside it."""
    out = tmp_path / "empty"
    out.mkdir()

    write_synthetic(out, subjects=1, seed=5)

    assert contents(out) == contents(small)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_processes_draw_the_same_bytes_as_threads(small, tmp_path, monkeypatch):
    """The pixels do not depend on how the work is divided."""
    monkeypatch.setattr(render_all, "_LEAST_FOR_PROCESSES", 1)
    monkeypatch.setattr(render_all, "usable_cores", lambda: 2)

    write_synthetic(tmp_path / "set", subjects=1, seed=5)

    assert contents(tmp_path / "set") == contents(small)


def test_progress_ends_with_all(tmp_path):
    """Progress counts images up to their number."""
    calls: list[tuple[int, int]] = []

    write_synthetic(
        tmp_path / "set",
        subjects=1,
        seed=5,
        progress=lambda done, total: calls.append((done, total)),
    )

    assert calls[-1] == (5, 5)


def test_an_interrupted_call_leaves_nothing(tmp_path):
    """An error leaves neither the folder nor a part of it."""

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_synthetic(tmp_path / "set", subjects=1, seed=5, progress=stop)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--subjects", "0"], "from 1 to"),
        (["--subjects", "5000"], "from 1 to"),
        ([], "new or empty folder"),
    ],
)
def test_wrong_input_ends_with_2_and_one_message(small, capsys, words, message):
    """The command answers with one line on stderr and exit code 2."""
    before = contents(small)

    code = draw.main(["--out", str(small), *words])

    error = capsys.readouterr().err
    assert code == 2
    assert message in error
    assert error.count("\n") == 1
    assert contents(small) == before


def test_a_place_that_cannot_be_written_ends_with_1(tmp_path, capsys):
    """A file in place of the folder is a failure with exit code 1."""
    (tmp_path / "file").write_text("in the way")

    code = draw.main(["--out", str(tmp_path / "file" / "set"), "--subjects", "1"])

    error = capsys.readouterr().err
    assert code == 1
    assert error.startswith("error: ")
    assert error.count("\n") == 1


def test_an_unknown_layout_is_refused(tmp_path):
    """The message lists the layouts."""
    with pytest.raises(
        DataError,
        match=r"coursework, official, .*, affectnet, table, but got 'flat'",
    ):
        write_synthetic(tmp_path / "set", layout="flat")


def test_a_done_command_says_where(tmp_path, capsys):
    """Success ends with 0 and prints the marker's path."""
    code = draw.main(["--out", str(tmp_path / "set"), "--subjects", "1", "--seed", "5"])

    assert code == 0
    assert str(tmp_path / "set") in capsys.readouterr().out
