"""Tensors of TensorFlow.js: read as written, and never past their end."""

import json

import numpy as np
import pytest

from models.pretrained.tfjs_file import read_tensors

SCALED = {"dtype": "uint8", "scale": 0.1, "min": -3.0}
ENTRIES = [
    {"name": "a", "shape": [2, 3], "dtype": "float32", "quantization": SCALED},
    {"name": "b", "shape": [2], "dtype": "float32"},
]
BYTES = bytes([0, 1, 2, 30, 254, 255]) + np.array([1.5, -2.0], "<f4").tobytes()


@pytest.fixture(name="written")
def _written(tmp_path):
    """Writes the two files; returns the path of the numbers."""

    def write(content=BYTES, entries=ENTRIES):
        (tmp_path / "a.json").write_text(json.dumps([{"weights": entries}]))
        (tmp_path / "a.bin").write_bytes(content)
        return tmp_path / "a.bin"

    return write


def test_quantized_and_whole_numbers_are_read(written):
    """Eight bits are scaled in double precision; floats are as they are."""
    found = read_tensors(written())
    scaled = np.float32([[-3.0, -2.9, -2.8], [0.0, 22.4, 22.5]])

    np.testing.assert_array_equal(found["a"], scaled)
    np.testing.assert_array_equal(found["b"], np.float32([1.5, -2.0]))
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("content", "entries", "said"),
    [
        (BYTES[:-1], ENTRIES, "ends within b"),
        (BYTES + b"0", ENTRIES, "longer than its manifest"),
        (BYTES[6:], [ENTRIES[1] | {"dtype": "int32"}], "b is of int32"),
        (BYTES, [ENTRIES[0] | {"quantization": {"dtype": "float16"}}], "as float16"),
    ],
    ids=["short", "long", "whole", "half"],
)
def test_other_files_are_refused(content, entries, said, written):
    """What does not fit the manifest, or is of another kind, is no tensor."""
    with pytest.raises(ValueError, match=said):
        read_tensors(written(content, entries))
