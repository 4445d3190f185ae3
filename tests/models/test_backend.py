"""Settings of a worker before Keras is imported."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from data_pipeline.system.errors import InputError
from models.backend import (
    environment,
    is_out_of_memory,
    limit_tensorflow,
    memory_limit,
    peak_device_memory,
    prepare_process,
    run_graphs_as_traced,
)
from tests.fakes.nvidia_smi import cards, install

QUIET = """
from models.backend import prepare_process
prepare_process(cpus=1)
import keras, tensorflow as tf
tf.constant(1.0) + 1
print(tf.config.threading.get_intra_op_parallelism_threads())
"""

DIVIDED = """
from models.backend import prepare_process
prepare_process(cpus=1)
import tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
print(len(tf.config.list_logical_devices("CPU")))
"""


class ResourceExhaustedError(Exception):
    """A stand-in for TensorFlow's error of that name."""


def test_threads_are_those_of_a_trial():
    """Both of TensorFlow's thread pools get the CPUs of one trial."""
    found = environment(3)

    assert found["TF_NUM_INTRAOP_THREADS"] == found["TF_NUM_INTEROP_THREADS"] == "3"


def test_several_threads_go_without_onednn():
    """Where oneDNN's kernels overrun their memory, with several threads, they rest."""
    assert environment(2)["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert environment(1)["TF_ENABLE_ONEDNN_OPTS"] == "1"


def caused(error, cause):
    """Gives an error the cause that it was raised from."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (ResourceExhaustedError("OOM when allocating"), True),
        (RuntimeError("RESOURCE_EXHAUSTED: out of memory"), True),
        (RuntimeError("CUDA_ERROR_OUT_OF_MEMORY"), True),
        (RuntimeError("CUBLAS_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("Out of memory allocating 8000000000 bytes"), True),
        (caused(InputError("own:network must be a function"), MemoryError()), True),
        (caused(InputError("own:network must be a function"), TypeError()), False),
        (ImportError("cannot import name 'OutOfMemoryError'"), False),
        (ValueError("shapes differ"), False),
    ],
)
def test_memory_errors_are_recognized(error, expected):
    """Out-of-memory errors of each backend are recognized."""
    assert is_out_of_memory(error) is expected


@pytest.mark.slow
def test_a_prepared_process_is_quiet():
    """TensorFlow's messages at import and first use stay out of the terminal."""
    run = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", QUIET], capture_output=True, text=True, check=True
    )

    assert run.stderr == ""


class FakeConfig(SimpleNamespace):
    """A stand-in for ``tensorflow.config`` on a machine with GPUs."""

    def __init__(self, *gpus):
        """Has these GPUs."""
        super().__init__(gpus=gpus, limits={}, optimizer=SimpleNamespace(options={}))
        keep = self.optimizer.options.update
        self.optimizer.set_experimental_options = keep

    def list_physical_devices(self, kind):
        """Lists them."""
        assert kind == "GPU"
        return list(self.gpus)

    LogicalDeviceConfiguration = SimpleNamespace

    def set_logical_device_configuration(self, gpu, devices):
        """Keeps the limits of a GPU."""
        self.limits[gpu] = [device.memory_limit for device in devices]


def test_tensorflow_is_given_a_hard_limit():
    """The one GPU that it computes on is limited, in mebibytes; without one, none."""
    config = FakeConfig("first", "second")
    limit_tensorflow(config, 3 * 2**30)
    assert config.limits == {"first": [3 * 1024]}
    limit_tensorflow(FakeConfig(), 3 * 2**30)


def test_graphs_are_rewritten_only_for_a_gpu():
    """Without a GPU graphs run as they were traced; for one they are rewritten."""
    gpu, cpu = FakeConfig("first"), FakeConfig()
    run_graphs_as_traced(gpu)
    run_graphs_as_traced(cpu)
    assert gpu.optimizer.options == {}
    assert cpu.optimizer.options == {"disable_meta_optimizer": True}


def test_tensorflow_accepts_it():
    """TensorFlow itself knows the option."""
    tf = pytest.importorskip("tensorflow")
    run_graphs_as_traced(tf.config)
    found = tf.config.optimizer.get_experimental_options()
    assert found.get("disable_meta_optimizer") is not bool(
        tf.config.list_physical_devices("GPU")
    )


def test_jax_is_given_the_same_part(tmp_path, monkeypatch):
    """Its fraction is the part of the GPU's memory that is left beside CUDA's own."""
    install(tmp_path, monkeypatch, answer=cards(10_000))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for name in ("XLA_CLIENT_MEM_FRACTION", "XLA_PYTHON_CLIENT_MEM_FRACTION"):
        monkeypatch.setenv(name, "0.9")
    prepare_process(cpus=1, gpus=0.5)
    total = 10_000 * 2**20
    fraction = float(os.environ["XLA_PYTHON_CLIENT_MEM_FRACTION"])
    assert fraction == pytest.approx(memory_limit(0.5, total) / total, abs=1e-4)
    assert fraction < 0.5
    assert "XLA_CLIENT_MEM_FRACTION" not in os.environ
    options = pytest.importorskip("jaxlib.xla_client").generate_pjrt_gpu_plugin_options
    assert options()["memory_fraction"] == fraction
    assert options()["preallocate"] is False


def test_a_trial_on_cpus_sees_no_gpu(monkeypatch):
    """Without a share, GPUs are hidden; a process that states none keeps them."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    prepare_process(cpus=1)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3"
    prepare_process(cpus=1, gpus=0)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "-1"
    assert peak_device_memory() == 0


@pytest.mark.slow
def test_devices_can_be_divided_after_the_import():
    """Importing Keras starts no device, so that a limit set after it holds."""
    run = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", DIVIDED], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["2"]


def test_a_trial_may_hold_its_share_of_a_gpu(tmp_path, monkeypatch):
    """A share is of one card's memory, at most all of it, and 0 without a card."""
    install(tmp_path, monkeypatch, answer=cards(10_000, 10_000))
    for name in ("XLA_CLIENT_MEM_FRACTION", "XLA_PYTHON_CLIENT_MEM_FRACTION"):
        monkeypatch.setenv(name, "0.9")
    total = 10_000 * 2**20

    for gpus, expected in (
        (0.25, memory_limit(0.25, total)),
        (1, memory_limit(1, total)),
        (2, memory_limit(1, total)),
        (0, 0),
        (None, 0),
    ):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
        assert prepare_process(cpus=1, gpus=gpus) == expected
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert prepare_process(cpus=1, gpus=1) == 0
