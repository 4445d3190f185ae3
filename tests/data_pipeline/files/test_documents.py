"""TOML and JSON files: anything wrong with one is one error with its place."""

import pytest

from data_pipeline.files.documents import (
    DEEPEST,
    LARGEST_TOML,
    DocumentError,
    parse_json,
    parse_toml,
    read_json,
    read_toml,
)

LONG = "1" * 5000
NESTED = 100_000
TOML = {
    "deep lists": ("a = " + "[" * NESTED + "]" * NESTED, "deep"),
    "deep tables": ("a = " + "{a = " * NESTED + "1" + "}" * NESTED, "deep"),
    "deep keys": (".".join("a" * 200) + " = 1", "deep"),
    "a number of 5000 digits": (f"a = {LONG}", "thousands of digits"),
    "a long number in base 16": (f"a = 0x{LONG}", "a: must be a number of at most 64"),
    "an integer of 65 bits": (f"a.b = [1, {1 << 63}]", "a.b.1: must be a number of"),
    "infinity": ("[a]\nb = inf", "a.b: must be a finite number, found inf"),
    "more than the largest float": ("a = 1e999", "a: must be a finite number"),
    "not a number": ("a = [nan]", "a.0: must be a finite number, found nan"),
    "no grammar": ("a = ", "is not a TOML file: Invalid value"),
}
JSON = {
    "deep lists": ("[" * NESTED, "deep"),
    "deep objects": ('{"a":' * NESTED, "deep"),
    "just too deep": ("[" * (DEEPEST + 2) + "]" * (DEEPEST + 2), "deep"),
    "a number of 5000 digits": (f"[{LONG}]", "thousands of digits"),
    "infinity": ('{"a": Infinity}', "a: must be a finite number, found inf"),
    "not a number": ("NaN", "the whole: must be a finite number"),
    "half a pair": ('{"a": "\\ud800"}', r"a: is not valid Unicode, found \\ud800"),
    "half a pair in a key": ('{"\\ud800": {"b": NaN}}', r"\\ud800: is not valid"),
    "nothing": ("", "is not JSON: Expecting value"),
}


@pytest.mark.parametrize("name", TOML)
def test_wrong_toml(name):
    """Anything wrong with a TOML text is refused, with its key if it has one."""
    text, words = TOML[name]
    with pytest.raises(DocumentError, match=words):
        parse_toml(text)


@pytest.mark.parametrize("name", JSON)
def test_wrong_json(name):
    """Anything wrong with a JSON text is refused, with its key if it has one."""
    text, words = JSON[name]
    with pytest.raises(DocumentError, match=words):
        parse_json(text)


def test_depth_and_numbers_at_the_edge():
    """Depth and numbers at the limit are read."""
    nested = parse_json("[" * DEEPEST + "]" * DEEPEST)
    assert nested
    assert parse_toml(f"a = {(1 << 63) - 1}\nb = -{1 << 63}") == {
        "a": (1 << 63) - 1,
        "b": -(1 << 63),
    }


@pytest.mark.parametrize("read", [read_toml, read_json])
def test_encodings(tmp_path, read):
    """A byte-order mark is passed over; other encodings are named, with the way out."""
    path = tmp_path / "file"
    text = "a = 'ä'\n" if read is read_toml else '{"a": "ä"}'
    path.write_text(text, encoding="utf-8-sig")
    assert read(path) == {"a": "ä"}
    path.write_text(text, encoding="utf-16")
    with pytest.raises(DocumentError, match="it is UTF-16; save it as UTF-8"):
        read(path)
    path.write_text("\n" + text, encoding="latin-1")
    with pytest.raises(
        DocumentError, match="line 2 is not UTF-8, it has the byte 0xe4"
    ):
        read(path)


def test_no_larger_than_needed(tmp_path):
    """A file that is far too large is refused before it is read whole."""
    path = tmp_path / "huge.toml"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(OSError, match=f"larger than {LARGEST_TOML >> 20} MiB"):
        read_toml(path)
