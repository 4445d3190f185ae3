"""PyTorch's older files: numbers are read, code is refused."""

import os
import pickle
import sys
import types
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from models.pretrained.torch_file import MAGIC, read_tensors

NUMBERS = np.arange(24, dtype="<f4")


class Storage:
    """Numbers that tensors are views of."""

    def __init__(self, key, numbers):
        """Keeps the numbers."""
        self.key, self.numbers = key, numbers


class Tensor:
    """A view, written as PyTorch writes one."""

    def __init__(self, storage, shape, strides, offset=0):
        """Keeps what describes the view."""
        self.view = (storage, offset, shape, strides, False, OrderedDict())

    def __reduce__(self):
        """Names PyTorch's function."""
        return sys.modules["torch._utils"]._rebuild_tensor_v2, self.view  # noqa: SLF001


class Writer(pickle.Pickler):
    """Writes storages by reference, as PyTorch does."""

    def persistent_id(self, thing):
        """Describes a storage."""
        if isinstance(thing, Storage):
            kind = sys.modules["torch"].FloatStorage
            return ("storage", kind, thing.key, "cpu", len(thing.numbers), None)
        return None


class Harm:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        """Keeps the folder's path."""
        self.path = path

    def __reduce__(self):
        """Names a function of the system."""
        return os.mkdir, (str(self.path),)


@pytest.fixture(autouse=True)
def _torch(monkeypatch):
    """Stands in for the modules whose names such files have."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})

    def rebuild(*_):
        raise AssertionError("PyTorch is not used")

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    rebuild.__name__ = "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = rebuild  # noqa: SLF001
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)


def _save(path, tensors, storages):
    """Writes a file as ``torch.save`` did before PyTorch 1.6."""
    with Path(path).open("wb") as file:
        for head in (MAGIC, 1001, {"little_endian": True}):
            pickle.dump(head, file, protocol=2)
        Writer(file, protocol=2).dump(tensors)
        pickle.dump([storage.key for storage in storages], file, protocol=2)
        for storage in storages:
            file.write(len(storage.numbers).to_bytes(8, "little"))
            file.write(storage.numbers.tobytes())
    return path


def test_tensors_are_their_numbers(tmp_path):
    """Views with any strides, offset and shape are read, two of one storage too."""
    first, second = Storage("1", NUMBERS), Storage("2", NUMBERS[:4] + 100)
    tensors = OrderedDict(
        turned=Tensor(first, (3, 4), (1, 3), offset=12),
        plain=Tensor(first, (2, 3, 4), (12, 4, 1)),
        scalar=Tensor(second, (), (), offset=3),
        vector=Tensor(second, (4,), (1,)),
    )
    found = read_tensors(_save(tmp_path / "a.pth", tensors, [second, first]))

    assert list(found) == list(tensors)
    np.testing.assert_array_equal(found["turned"], NUMBERS[12:].reshape(4, 3).T)
    np.testing.assert_array_equal(found["plain"], NUMBERS.reshape(2, 3, 4))
    assert found["scalar"] == 103
    assert found["vector"].dtype == np.float32


def test_code_is_refused(tmp_path):
    """A pickle that names a function of the system is refused before it is called."""
    made = tmp_path / "made"
    path = _save(tmp_path / "a.pth", {"weight": Harm(made)}, [])

    with pytest.raises(ValueError, match=r"names \w+\.mkdir"):
        read_tensors(path)
    assert not made.exists()


@pytest.mark.parametrize(
    "tensor",
    [
        Tensor(Storage("1", NUMBERS), (25,), (1,)),
        Tensor(Storage("1", NUMBERS), (2, 2), (23, 1)),
        Tensor(Storage("1", NUMBERS), (2,), (1,), offset=23),
        Tensor(Storage("1", NUMBERS), (2,), (-1,), offset=1),
    ],
)
def test_a_view_beyond_its_storage_is_refused(tmp_path, tensor):
    """No tensor reads memory that is not its own."""
    path = _save(tmp_path / "a.pth", {"weight": tensor}, [tensor.view[0]])

    with pytest.raises(ValueError, match="exceeds its storage"):
        read_tensors(path)


def test_other_files_are_refused(tmp_path):
    """A damaged file, another kind of file and an empty one are value errors."""
    storage = Storage("1", NUMBERS)
    whole = _save(tmp_path / "a.pth", {"w": Tensor(storage, (24,), (1,))}, [storage])
    content = whole.read_bytes()
    for wrong in (content[:-1], content[:40], pickle.dumps([1, 2]), b"", b"PK\3\4"):
        whole.write_bytes(wrong)
        with pytest.raises(ValueError, match=r"damaged|no PyTorch|pickle"):
            read_tensors(whole)
