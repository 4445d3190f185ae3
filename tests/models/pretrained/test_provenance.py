"""The provenance in a model file: every copy has it."""

import json
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.pretrained.provenance import MEMBER, read_provenance, write_provenance
from models.pretrained.saved_models import check_model
from tests.strategies.tables import LAW

CARD = {"study": "a", "data": {"dataset": "ckplus"}, "thresholds": {"AU1": 0.25}}


def archive(path, members=(("config.json", b"{}"), ("model.weights.h5", b"w" * 99))):
    """Writes a stand-in for a model."""
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members:
            file.writestr(name, content)
    return path


@LAW
@given(st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False) | st.text()))
def test_it_is_read_as_it_was_written(tmp_path_factory, message):
    """A description comes back whole, and the other members stay as they were."""
    path = archive(tmp_path_factory.mktemp("models") / "model.keras")
    with zipfile.ZipFile(path) as file:
        before = {info.filename: (info.CRC, info.date_time) for info in file.infolist()}
    try:
        write_provenance(path, message)
    except ValueError:  # an infinity is no JSON
        assert read_provenance(path) is None
        return
    assert read_provenance(path) == message
    with zipfile.ZipFile(path) as file:
        after = {info.filename: (info.CRC, info.date_time) for info in file.infolist()}
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {MEMBER}


def test_the_same_words_give_the_same_bytes(tmp_path):
    """Written twice, or over another description, a file is the same."""
    path = archive(tmp_path / "model.keras")
    write_provenance(path, {"of": "another"})
    write_provenance(path, CARD)
    once = path.read_bytes()
    write_provenance(path, CARD)
    assert path.read_bytes() == once
    assert [one.name for one in tmp_path.iterdir()] == ["model.keras"]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    """A failed write changes nothing and leaves no file."""
    path = archive(tmp_path / "model.keras")
    before = path.read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        write_provenance(path, {"value": float("nan")})
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["model.keras"]


@pytest.mark.parametrize(
    "members",
    [
        (),
        ((MEMBER, b"{"),),
        ((MEMBER, b"\xff\xfe{"),),
        ((MEMBER, b"[" * 100_000),),
        ((MEMBER, b" " * (16 << 20) + b"{}"),),
    ],
    ids=["none", "cut", "no text", "deep", "large"],
)
def test_what_is_not_ours_is_nothing(tmp_path, members):
    """A member of another kind, size or depth is ignored."""
    assert read_provenance(archive(tmp_path / "model.keras", members)) is None


def test_what_is_no_archive_is_nothing(tmp_path):
    """Other files, and missing ones, have no provenance."""
    (tmp_path / "weights.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    assert read_provenance(tmp_path / "weights.h5") is None
    assert read_provenance(tmp_path / "nowhere.keras") is None
    assert read_provenance(tmp_path) is None
    whole = archive(tmp_path / "model.keras", ((MEMBER, b'{"a": 1}'),)).read_bytes()
    for length in range(0, len(whole), 7):
        (tmp_path / "cut.keras").write_bytes(whole[:length])
        assert read_provenance(tmp_path / "cut.keras") is None


@pytest.mark.parametrize("method", ["DEFLATED", "BZIP2", "LZMA"])
def test_a_damaged_description_tells_nothing(tmp_path, method):
    """Whatever byte of a packed description is damaged, nothing is raised."""
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w", getattr(zipfile, f"ZIP_{method}")) as file:
        for name in ("config.json", MEMBER):
            file.writestr(name, json.dumps(CARD))
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(
            whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        )
        assert read_provenance(path) in (None, CARD)
        with suppress(OSError, ValueError):
            check_model(path)
