"""What counts as memory of this process, and of this machine."""

import mmap

import numpy as np
import psutil
import pytest

from data_pipeline.system.memory import USABLE_SHARE, memory_share, resident_memory

SIZE = 64 * 2**20


def test_mapped_files_are_not_memory_of_the_process(tmp_path):
    """Reading a mapped file holds no memory; an array of its size does."""
    path = tmp_path / "images.npy"
    np.save(path, np.ones(SIZE, np.uint8))
    before = resident_memory()
    mapped = np.load(path, mmap_mode="r")
    assert mapped[:: mmap.PAGESIZE].sum() > 0
    assert resident_memory() - before < SIZE / 4
    own = np.array(mapped)
    assert resident_memory() - before > SIZE * 3 / 4
    assert own.nbytes == SIZE


@pytest.mark.parametrize(
    ("texts", "total"),
    [
        (["8000000000\n"], 8 * 10**9),
        (["max\n"], None),
        (["", "4096"], 4096),
        ([], None),
    ],
)
def test_the_limit_of_a_container_is_shared(tmp_path, texts, total):
    """Workers share the memory of their container, or of the machine if it is less."""
    files = [tmp_path / f"{place}" for place in range(3)]
    for file, text in zip(files, texts, strict=False):
        file.write_text(text)
    machine = psutil.virtual_memory().total
    whole = machine if total is None else min(machine, total)

    assert memory_share(2, limits=files) == int(USABLE_SHARE * whole / 2)
