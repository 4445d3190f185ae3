"""Settings of a worker before Keras is imported."""

import subprocess
import sys

import pytest

from models.backend import environment, is_out_of_memory

QUIET = """
from models.backend import prepare_process
prepare_process(cpus=1)
import keras, tensorflow as tf
tf.constant(1.0) + 1
print(tf.config.threading.get_intra_op_parallelism_threads())
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


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (ResourceExhaustedError("OOM when allocating"), True),
        (RuntimeError("RESOURCE_EXHAUSTED: out of memory"), True),
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
