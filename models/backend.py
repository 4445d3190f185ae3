"""Threads, GPU memory and log output of a worker: set before Keras is imported.

With the steps of ``models.training`` the only module that uses TensorFlow or JAX
directly; all others use ``keras``, whose backend is TensorFlow unless
``KERAS_BACKEND=jax``.
"""

import importlib
import logging
import os
import sys
from typing import Any

from data_pipeline.system.errors import HarnessError, RunError, describe_cause
from data_pipeline.system.keras_import import load_keras
from data_pipeline.system.terminal import no_stderr

OUT_OF_MEMORY_MARKS = ("RESOURCE_EXHAUSTED", "ResourceExhausted", "out of memory")


def environment(cpus: int) -> dict[str, str]:
    """Lists the environment variables that a worker needs before it imports Keras.

    With several threads, oneDNN's kernels in TensorFlow 2.21 write past their memory
    in a convolution's gradient and crash eventually; with one thread they do not, and
    are up to three times as fast as TensorFlow's own.

    Args:
        cpus: threads that one trial may use, at least 1.

    Returns:
        Names to values.
    """
    threads = str(max(1, cpus))
    return {
        # TensorFlow turns them on by itself only where a processor has AVX-512.
        "TF_ENABLE_ONEDNN_OPTS": "1" if cpus <= 1 else "0",
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": threads,
        "OMP_NUM_THREADS": threads,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # Trials that share a GPU allocate what they need, not all memory.
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        # JAX reads its number of CPU threads from here only.
        "NPROC": threads,
        # Keras imports Matplotlib, which fails with the backend of a notebook.
        "MPLBACKEND": "agg",
    }


def prepare_process(*, cpus: int, quiet: bool = True) -> None:
    """Sets this process up for training, and imports Keras without its log output.

    Threads and memory are set only if Keras was not imported before.

    Args:
        cpus: threads that one trial may use, at least 1.
        quiet: whether the output of the import is dropped.

    Raises:
        InputError: the environment names an unsupported backend.
        RunError: Keras cannot be imported here.
    """
    os.environ.update(environment(cpus))
    try:
        if "keras" in sys.modules or not quiet:
            load_keras()
        else:
            with no_stderr():
                load_keras()
    except HarnessError:
        raise
    except Exception as error:
        raise RunError(f"Keras cannot be imported:\n{describe_cause(error)}") from error
    # It warns about "retracing" whenever a process holds several models.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory, of host or GPU, ran out.

    Args:
        error: raised by a training.

    Returns:
        True for ``MemoryError`` and for the errors of each backend.
    """
    if isinstance(error, MemoryError):
        return True
    text = f"{type(error).__name__}: {error}"
    return any(mark in text for mark in OUT_OF_MEMORY_MARKS)


def fused_batch_normalization(  # noqa: PLR0913 - the operation's own
    maps: Any,
    gamma: Any,
    beta: Any,
    mean: Any,
    variance: Any,
    *,
    epsilon: float,
    training: bool,
) -> tuple[Any, Any, Any]:
    """Normalises maps (B, h, w, C) with TensorFlow, by the batch in training.

    ``mean`` and ``variance`` are used outside training. Returns the normalised maps,
    and the mean and variance that were used, of the batch in training.
    """
    tf = importlib.import_module("tensorflow")
    result = tf.raw_ops.FusedBatchNormV3(
        x=maps,
        scale=gamma,
        offset=beta,
        mean=mean,
        variance=variance,
        epsilon=epsilon,
        is_training=training,
    )
    if not training:
        return result.y, mean, variance
    # It divides by one less than the count, Keras by the count.
    rows = tf.cast(tf.size(maps), "float32") / maps.shape[-1]
    return result.y, result.batch_mean, result.batch_variance * (1.0 - 1.0 / rows)
