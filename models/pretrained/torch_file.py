"""Tensors of a PyTorch checkpoint in its older format, read with NumPy alone.

Such a file is a row of pickles: a magic number, a version, facts of the machine, the
tensors by name, the keys of storages; then each storage's length and numbers. A pickle
may name any function and call it: here the four names that tensors need stand for
functions of this file, and every other name is refused.
"""

import math
import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from data_pipeline.files.safe_open import open_regular

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001


@dataclass(frozen=True, slots=True, kw_only=True)
class _Storage:
    key: str
    kind: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tensor:
    """A view of a storage; strides count numbers, not bytes."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_tensors(path: Path) -> dict[str, np.ndarray]:
    """Reads all tensors of a file, by name.

    Args:
        path: of a state dictionary, as ``torch.save`` wrote it before PyTorch 1.6.

    Returns:
        Arrays of their own memory.

    Raises:
        OSError: the file cannot be opened.
        ValueError: it is no such file, or its pickle names anything but tensors.
    """
    with open_regular(path) as file:
        try:
            if _load(file) != MAGIC or _load(file) != VERSION:
                raise ValueError("it is no PyTorch checkpoint of the older format")
            if not _load(file)["little_endian"]:
                raise ValueError("its numbers are big-endian")
            tensors, keys = _load(file), _load(file)
            described = {t.storage.key: t.storage for t in tensors.values()}
            storages = {key: _read_storage(file, described[key]) for key in keys}
            return {
                name: _array(tensor, storages[tensor.storage.key])
                for name, tensor in tensors.items()
            }
        except (EOFError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise ValueError(f"it is damaged ({error})") from error
        except pickle.UnpicklingError as error:
            raise ValueError(str(error)) from error


def _load(file: IO[bytes]) -> Any:
    return _Unpickler(file).load()


class _Unpickler(pickle.Unpickler):
    """Knows tensors, storages of two kinds and dictionaries, and no other names."""

    def find_class(self, module: str, name: str) -> Any:
        """Returns what stands for a name."""
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(
                f"it names {module}.{name}; a file of weights holds tensors alone"
            )
        return _KNOWN[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        """Makes a storage of its description."""
        _, kind, key, _, count, view = pid
        if view is not None:
            raise pickle.UnpicklingError("it has a view of a storage")
        return _Storage(key=key, kind=kind, count=count)


def _tensor(
    storage: _Storage,
    offset: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    *_: object,
) -> _Tensor:
    return _Tensor(storage=storage, offset=offset, shape=shape, strides=strides)


_KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch", "FloatStorage"): "<f4",
    ("torch", "LongStorage"): "<i8",
}


def _read_storage(file: IO[bytes], storage: _Storage) -> np.ndarray:
    """Reads the numbers of the next storage."""
    count = int.from_bytes(file.read(8), "little")
    kind = np.dtype(storage.kind)
    content = file.read(storage.count * kind.itemsize)
    if count != storage.count or len(content) != count * kind.itemsize:
        raise ValueError("it is damaged (a storage has another length)")
    return np.frombuffer(content, kind)


def _array(tensor: _Tensor, numbers: np.ndarray) -> np.ndarray:
    """Copies a tensor's numbers out of its storage."""
    last = sum((n - 1) * s for n, s in zip(tensor.shape, tensor.strides, strict=True))
    is_inside = min(tensor.offset, *tensor.strides, 0) >= 0
    if not is_inside or tensor.offset + last >= len(numbers):
        raise ValueError("it is damaged (a tensor exceeds its storage)")
    if math.prod(tensor.shape) == 0:
        return np.zeros(tensor.shape, numbers.dtype)
    steps = tuple(stride * numbers.itemsize for stride in tensor.strides)
    view = np.lib.stride_tricks.as_strided(
        numbers[tensor.offset :], tensor.shape, steps, writeable=False
    )
    return np.array(view)
