"""Which GPUs a machine has, by the answer of its driver's command."""

import pytest

from data_pipeline.system.gpus import MEBIBYTE, FoundGpus, Gpu, find_gpus
from tests.fakes.nvidia_smi import cards, install

SIZES = (8000, 16000, 24000)


def test_a_machine_without_the_driver_has_none(tmp_path, monkeypatch):
    """Where there is no such command there are no GPUs, and no problem."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_gpus({}) == FoundGpus()


def test_memory_and_capability(tmp_path, monkeypatch):
    """Each line of the driver is a GPU: memory in bytes, capability and name."""
    install(tmp_path, monkeypatch, answer=cards(81559, capability="9.0"))
    expected = Gpu(memory=81559 * MEBIBYTE, capability=(9, 0), name="NVIDIA Fake")
    assert find_gpus({}) == FoundGpus(gpus=(expected,))


@pytest.mark.parametrize(
    ("visible", "sizes"),
    [
        ("0,1,2", SIZES),
        ("2, 0", (24000, 8000)),
        ("GPU-1abc", (16000,)),
        ("GPU-2abc-5d,1", (24000, 16000)),
        ("", ()),
        ("-1", ()),
        ("1,7,0", (16000,)),
        ("GPU-", ()),
        ("MIG-0abc", ()),
    ],
)
def test_visible_devices(tmp_path, monkeypatch, visible, sizes):
    """CUDA's variable chooses GPUs by number or id, up to the first wrong one."""
    install(tmp_path, monkeypatch, answer=cards(*SIZES))
    found = find_gpus({"CUDA_VISIBLE_DEVICES": visible})
    assert found.problem == ""
    assert [gpu.memory // MEBIBYTE for gpu in found.gpus] == list(sizes)


@pytest.mark.parametrize(
    ("answer", "code", "problem"),
    [
        ("NVIDIA-SMI has failed: no driver\nmore\n", 9, "NVIDIA-SMI has failed"),
        ("", 9, "it gave no answer"),
        ("0, GPU-0, [N/A], 12.1, NVIDIA Fake\n", 0, "[N/A]"),
        ("No devices were found\n", 0, "not enough values"),
    ],
)
def test_a_driver_that_fails(tmp_path, monkeypatch, answer, code, problem):
    """A driver that gives no list is a problem in one line, and no GPU."""
    install(tmp_path, monkeypatch, answer=answer, code=code)
    found = find_gpus({})
    assert found.gpus == ()
    assert problem in found.problem
    assert "\n" not in found.problem
