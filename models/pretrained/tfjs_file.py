"""Tensors of TensorFlow.js: numbers in one file, and a manifest that says which."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

MANIFEST = ".json"
"""Suffix of the manifest beside the numbers."""

STORED: dict[str, np.dtype[Any]] = {"float32": np.dtype("<f4"), "uint8": np.dtype("u1")}


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """Reads all tensors, by name.

    Args:
        path: of the numbers; the manifest is beside it, with another suffix.

    Returns:
        Arrays of float32. Quantized ones are what TensorFlow.js makes of them: whole
        numbers, scaled in double precision and then rounded.

    Raises:
        OSError: a file cannot be opened.
        ValueError: the two do not fit, or numbers are of another kind.
        KeyError: the manifest lacks an entry.
    """
    manifest = json.loads(path.with_suffix(MANIFEST).read_text(encoding="utf-8"))
    content, start = path.read_bytes(), 0
    tensors: dict[str, np.ndarray] = {}
    for entry in (entry for group in manifest for entry in group["weights"]):
        kind = _stored(entry)
        count = math.prod(entry["shape"])
        end = start + count * kind.itemsize
        if end > len(content):
            raise ValueError(f"it ends within {entry['name']}")
        numbers = np.frombuffer(content, kind, count, start).reshape(entry["shape"])
        tensors[entry["name"]] = _floats(numbers, entry.get("quantization"))
        start = end
    if start != len(content):
        raise ValueError("it is longer than its manifest says")
    return tensors


def _stored(entry: dict[str, Any]) -> np.dtype[Any]:
    """Returns the type of the stored numbers."""
    name = entry.get("quantization", entry)["dtype"]
    if entry["dtype"] != "float32" or name not in STORED:
        raise ValueError(f"{entry['name']} is of {entry['dtype']}, stored as {name}")
    return STORED[name]


def _floats(numbers: np.ndarray, quantization: dict[str, Any] | None) -> np.ndarray:
    if quantization is None:
        return numbers.astype(np.float32)
    scaled = numbers * np.float64(quantization["scale"]) + quantization["min"]
    return np.asarray(scaled, np.float32)
