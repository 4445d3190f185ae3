"""How trials share GPUs: what holds on every machine and for every study."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.files.study_files import STUDIES
from data_pipeline.system.gpus import Gpu
from models.backend import CONTEXT_MEMORY, memory_limit
from search.inputs.gpu_shares import (
    LEAST_MEMORY,
    MOST_ON_A_GPU,
    ON_CPUS,
    Placement,
    estimated_memory,
    half_precision,
    place_trials,
)
from search.study.sections import Resources
from search.study.study import read_study

GIGABYTE = 10**9
GPUS = st.lists(
    st.integers(2, 192).map(lambda n: Gpu(memory=n * GIGABYTE, capability=(8, 0))),
    max_size=8,
)
WANTED = st.sampled_from(["auto", 1, 2, 3, 7, 64])
NEEDED = st.integers(LEAST_MEMORY, 300 * GIGABYTE)
CORES = st.integers(1, 128)


def resources(**keys):
    """Makes a section as a study file states it."""
    return Resources(**keys)


@given(GPUS.filter(bool), WANTED, NEEDED, CORES)
def test_trials_fit_on_each_gpu(gpus, wanted, needed, cores):
    """Trials together never hold more than a GPU has, CUDA's own part included."""
    section = resources(max_concurrent=wanted)
    placed = place_trials(section, gpus, needed=needed, cores=cores)
    assert 0 < placed.gpus <= 1
    on_each = -(-placed.concurrent // len(gpus))
    assert on_each * placed.gpus <= 1
    for gpu in gpus:
        limit = memory_limit(placed.gpus, gpu.memory)
        assert on_each * (limit + CONTEXT_MEMORY) <= gpu.memory
        assert placed.gpus == 1 or limit >= needed * 0.98


@given(GPUS, WANTED, NEEDED, CORES, st.sampled_from(["auto", 0, 0.3, 0.5, 1, 2]))
def test_one_trial_at_least(gpus, wanted, needed, cores, share):
    """One trial runs on any machine, and never more than are wanted."""
    section = resources(max_concurrent=wanted, gpus_per_trial=share)
    placed = place_trials(section, gpus, needed=needed, cores=cores)
    assert placed.concurrent >= 1
    if wanted != "auto":
        assert placed.concurrent <= wanted
    if share not in ("auto", 0):
        assert placed.gpus == share
        assert len(gpus) < share or placed.concurrent * share <= len(gpus)


@given(WANTED, NEEDED, CORES)
def test_a_machine_without_gpus(wanted, needed, cores):
    """On CPUs neither memory of GPUs nor cores change how many trials run at once."""
    section = resources(max_concurrent=wanted)
    expected = Placement(concurrent=ON_CPUS if wanted == "auto" else wanted)
    assert place_trials(section, [], needed=needed, cores=cores) == expected


@given(GPUS, WANTED, NEEDED, CORES)
def test_gpus_that_are_not_wanted(gpus, wanted, needed, cores):
    """With 0 a machine with GPUs is one without."""
    section = resources(max_concurrent=wanted, gpus_per_trial=0)
    placed = place_trials(section, gpus, needed=needed, cores=cores)
    assert placed == place_trials(section, [], needed=needed, cores=cores)


@given(GPUS.filter(bool), WANTED, NEEDED, CORES)
def test_more_need_never_means_more_trials(gpus, wanted, needed, cores):
    """A run that resumes with a larger measured need has no more trials at once."""
    section = resources(max_concurrent=wanted)
    first, second = (
        place_trials(section, gpus, needed=need, cores=cores)
        for need in (needed, 2 * needed)
    )
    assert second.concurrent <= first.concurrent
    assert second.gpus >= first.gpus


@pytest.mark.parametrize(
    ("sizes", "wanted", "cores", "expected"),
    [
        ([80], "auto", 64, Placement(concurrent=MOST_ON_A_GPU, gpus=0.25)),
        ([80], "auto", 2, Placement(concurrent=2, gpus=0.5)),
        ([80], 16, 2, Placement(concurrent=16, gpus=0.0625)),
        ([8], 16, 64, Placement(concurrent=3, gpus=0.3333)),
        ([8, 8], 3, 64, Placement(concurrent=3, gpus=0.5)),
        ([80, 80, 80, 80], 2, 64, Placement(concurrent=2, gpus=1.0)),
        ([2], "auto", 64, Placement(concurrent=1, gpus=1.0)),
    ],
)
def test_cases(sizes, wanted, cores, expected):
    """Trials that need 2 GB on common machines."""
    gpus = [Gpu(memory=size * GIGABYTE, capability=(8, 0)) for size in sizes]
    section = resources(max_concurrent=wanted)
    found = place_trials(section, gpus, needed=2 * GIGABYTE, cores=cores)
    assert found == replace(expected, precision="mixed_bfloat16")


@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [
        ([(6, 1)], "float32"),
        ([(7, 0)], "mixed_float16"),
        ([(8, 0), (7, 5)], "mixed_float16"),
        ([(8, 9), (12, 0)], "mixed_bfloat16"),
        ([], "float32"),
    ],
)
def test_the_oldest_gpu_decides_the_precision(capabilities, precision):
    """Trials of one run compute alike, so in what each of its GPUs is made for."""
    gpus = [Gpu(memory=GIGABYTE, capability=one) for one in capabilities]
    assert half_precision(gpus) == precision


def test_the_estimate_follows_batch_and_image():
    """Twice the rows or four times the pixels need that much more beyond the rest."""
    study = read_study("smoke", settings=["training.batch_size=[8, 32]"])
    more = read_study("smoke", settings=["training.batch_size=64"])
    larger = read_study("smoke", settings=["data.image_size=128"])
    larger_before = read_study("smoke", settings=["data.image_size=64"])
    assert estimated_memory(more) - LEAST_MEMORY == 2 * (
        estimated_memory(study) - LEAST_MEMORY
    )
    assert estimated_memory(larger) - LEAST_MEMORY == 4 * (
        estimated_memory(larger_before) - LEAST_MEMORY
    )


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.toml")), ids=lambda p: p.stem)
def test_every_study_serves_machines_with_and_without_gpus(path):
    """No study file names GPUs: the machine decides."""
    assert read_study(path.stem).resources.gpus_per_trial is None
    assert read_study(path.stem).resources.max_concurrent is None
