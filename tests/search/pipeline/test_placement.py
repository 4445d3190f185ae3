"""Where the trials of a run are placed, on a machine with a fake driver."""

import pytest

from data_pipeline.system.errors import InputError
from search.inputs.gpu_shares import ON_CPUS, Placement
from search.ledger.records import TrialRecord
from search.pipeline import placement
from search.pipeline.placement import (
    describe_precision,
    find_placement,
    measured_memory,
)
from search.study.study import read_study
from tests.fakes.nvidia_smi import cards, install

GIGABYTE = 10**9
HALF = "mixed_bfloat16"


def study(**resources):
    """Reads ``smoke`` with these resources."""
    settings = [f"resources.{key}={value}" for key, value in resources.items()]
    return read_study("smoke", settings=settings)


def trial(**spent):
    """Makes a trial that has spent so much."""
    return TrialRecord(
        number=0,
        state="COMPLETE",
        reason="",
        value=0.5,
        values={},
        curve={},
        attributes={"spent": spent} if spent else {},
    )


@pytest.fixture
def lines(monkeypatch):
    """What is printed; the backend can use every GPU."""
    monkeypatch.setattr(placement, "_count_devices", lambda: 8)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return []


def test_a_machine_without_gpus_prints_nothing(tmp_path, monkeypatch, lines):
    """Without a driver trials run on CPUs, as many as before, and nothing is said."""
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_placement(study(), print_line=lines.append)
    assert (found, lines) == (Placement(concurrent=ON_CPUS), [])


def test_measured_memory_decides_how_many_share_a_gpu(tmp_path, monkeypatch, lines):
    """A run that resumes uses the largest memory that a trial of it has held."""
    install(tmp_path, monkeypatch, answer=cards(24_000))
    wanted = study(max_concurrent=8)
    first = find_placement(wanted, [trial(), trial(epochs=3)], print_line=lines.append)
    held = [trial(device_memory=n * GIGABYTE) for n in (2, 9, 3)]
    second = find_placement(wanted, held, print_line=lines.append)
    assert measured_memory(held) > 9 * GIGABYTE
    assert first.concurrent == 8
    assert second == Placement(concurrent=2, gpus=0.5, precision=HALF)
    estimated, measured = lines
    assert estimated.endswith("(estimated)")
    assert measured.endswith("a trial needs 10.8 GB (measured)")
    assert "with 0.5 of a GPU" in measured


def test_one_trial_at_a_time_has_a_whole_gpu(tmp_path, monkeypatch, lines):
    """The serial executor shares no GPU."""
    install(tmp_path, monkeypatch, answer=cards(24_000, 24_000))
    found = find_placement(study(), serial=True, print_line=lines.append)
    assert found == Placement(concurrent=1, gpus=1.0, precision=HALF)


def test_too_few_gpus_are_refused(tmp_path, monkeypatch, lines):
    """A number of GPUs that the machine lacks is one message with a way out."""
    install(tmp_path, monkeypatch, answer=cards(24_000))
    with pytest.raises(InputError, match=r"2 requested, 1 found; set it to 0"):
        find_placement(study(gpus_per_trial=2), print_line=lines.append)


def test_a_driver_that_fails_is_told(tmp_path, monkeypatch, lines):
    """Trials run on CPUs then, and a line says why."""
    install(tmp_path, monkeypatch, answer="no driver\n", code=9)
    found = find_placement(study(), print_line=lines.append)
    assert found == Placement(concurrent=ON_CPUS)
    assert lines == ["no GPU is used, because nvidia-smi fails: no driver"]


@pytest.mark.parametrize(
    ("found", "kept", "lines"),
    [
        ("float32", "float32", []),
        (HALF, HALF, [f"precision: {HALF}"]),
        (
            "float32",
            HALF,
            [f"precision: {HALF}, as the run began (float32 on this machine)"],
        ),
    ],
)
def test_the_precision_is_told(found, kept, lines):
    """A line says in what trials compute, unless that is float32 or the study's."""
    assert list(describe_precision(study(), found, kept)) == lines
    fixed = read_study("smoke", settings=[f"training.precision={HALF}"])
    assert list(describe_precision(fixed, found, kept)) == []


@pytest.mark.slow
def test_a_backend_without_cuda(tmp_path, monkeypatch):
    """GPUs that the installed backend cannot use are told, and CPUs are used."""
    install(tmp_path, monkeypatch, answer=cards(24_000))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    lines = []
    found = find_placement(study(), print_line=lines.append)
    assert found == Placement(concurrent=ON_CPUS)
    (line,) = lines
    assert line.startswith("GPUs: 1 found, of which")
    assert "can use 0; for NVIDIA GPUs: pip install" in line
    with pytest.raises(InputError, match="0 found; set it to 0"):
        find_placement(study(gpus_per_trial=0.5))
