"""Threads, GPU memory and log output of a worker: set before Keras is imported.

With the steps of ``models.training`` the only module that uses TensorFlow or JAX
directly; all others use ``keras``, whose backend is TensorFlow unless
``KERAS_BACKEND=jax``.
"""

import importlib
import logging
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from data_pipeline.system.errors import HarnessError, RunError, describe_cause
from data_pipeline.system.gpus import MEBIBYTE, find_gpus
from data_pipeline.system.keras_import import JAX, VARIABLE, load_keras
from data_pipeline.system.terminal import no_stderr

CONTEXT_MEMORY = 500_000_000
"""Bytes of a GPU that each process needs beside what its backend counts."""

OUT_OF_MEMORY_MARKS = (
    *("resource_exhausted", "resourceexhausted", "out of memory", "out_of_memory"),
    *("bad_alloc", "alloc_failed", "unable to allocate"),
)
"""What the errors of TensorFlow, JAX, CUDA's libraries and NumPy say, in lower case."""


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


def prepare_process(*, cpus: int, gpus: float | None = None, quiet: bool = True) -> int:
    """Sets this process up for training, and imports Keras without its log output.

    Threads and memory are set only if Keras was not imported before.

    Args:
        cpus: threads that one trial may use, at least 1.
        gpus: GPUs of a trial: 0 hides those of the machine, and with a fraction this
            process cannot hold more than that part of a GPU's memory. ``None`` leaves
            what there is, without a limit.
        quiet: whether the output of the import is dropped.

    Returns:
        The bytes of GPU memory that a trial may hold; 0 on a CPU, and where ``gpus``
        is not given.

    Raises:
        InputError: the environment names an unsupported backend.
        RunError: Keras cannot be imported here.
    """
    os.environ.update(environment(cpus))
    usable = _usable_memory(gpus)
    try:
        if "keras" in sys.modules or not quiet:
            load_keras()
        else:
            with no_stderr():
                load_keras()
        if usable and _is_shared(gpus) and os.environ[VARIABLE] != JAX:
            limit_tensorflow(importlib.import_module("tensorflow").config, usable)
    except HarnessError:
        raise
    except Exception as error:
        raise RunError(f"Keras cannot be imported:\n{describe_cause(error)}") from error
    if os.environ[VARIABLE] != JAX:
        run_graphs_as_traced(importlib.import_module("tensorflow").config)
    # It warns about "retracing" whenever a process holds several models.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    return usable


def _is_shared(gpus: float | None) -> bool:
    return gpus is not None and gpus < 1


def _usable_memory(gpus: float | None) -> int:
    """Sets what JAX and CUDA read of the environment; returns a trial's bytes."""
    if gpus is None:
        return 0
    if gpus == 0:
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
        return 0
    found = find_gpus(os.environ).gpus
    if not found:
        return 0
    total = found[0].memory
    limit = memory_limit(min(gpus, 1.0), total)
    if _is_shared(gpus):
        # Both names of it at once are an error of JAX.
        os.environ.pop("XLA_CLIENT_MEM_FRACTION", None)
        os.environ["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{limit / total:.4f}"
    return limit


def memory_limit(share: float, total: int) -> int:
    """Takes off a part of a GPU's memory what CUDA itself needs for a process.

    Args:
        share: the part, at most 1.
        total: bytes that the GPU has.

    Returns:
        The bytes that a backend may hold.

    Example:
        >>> memory_limit(0.25, 80_000_000_000)
        19500000000
    """
    part = int(share * total)
    return max(part - CONTEXT_MEMORY, part // 2)


def limit_tensorflow(config: Any, limit: int) -> None:
    """Limits the memory of the first GPU; before TensorFlow's first operation.

    Args:
        config: the module ``tensorflow.config``.
        limit: bytes.
    """
    device = config.LogicalDeviceConfiguration(memory_limit=limit // MEBIBYTE)
    for gpu in config.list_physical_devices("GPU")[:1]:
        config.set_logical_device_configuration(gpu, [device])


def run_graphs_as_traced(config: Any) -> None:
    """Turns off, where there is no GPU, what rewrites a graph before its first run.

    Grappler takes a third to a half of a first run, and on a CPU a step of these
    networks is not faster for it. On a GPU it chooses the order of a map's axes.

    Args:
        config: the module ``tensorflow.config``.
    """
    if not config.list_physical_devices("GPU"):
        config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def count_devices() -> int:
    """Counts the GPUs that the backend can use, with a backend imported for it."""
    prepare_process(cpus=1)
    if os.environ[VARIABLE] == JAX:
        devices = importlib.import_module("jax").devices()
        return sum(device.platform == "gpu" for device in devices)
    tf = importlib.import_module("tensorflow")
    return len(tf.config.list_physical_devices("GPU"))


def peak_device_memory() -> int:
    """Returns the most bytes that this process has held on its GPU; 0 without one."""
    if os.environ.get(VARIABLE) == JAX:
        device = importlib.import_module("jax").devices()[0]
        held = device.memory_stats() if device.platform == "gpu" else None
        return int((held or {}).get("peak_bytes_in_use", 0))
    config = importlib.import_module("tensorflow").config
    if not config.list_logical_devices("GPU"):
        return 0
    return int(config.experimental.get_memory_info("GPU:0")["peak"])


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory, of host or GPU, ran out.

    Args:
        error: raised by a training.

    Returns:
        True for ``MemoryError`` and for the errors of each backend, and for an error
        that one of these caused.
    """
    if isinstance(error, MemoryError):
        return True
    if error.__cause__ is not None and is_out_of_memory(error.__cause__):
        return True
    text = f"{type(error).__name__}: {error}".lower()
    return any(mark in text for mark in OUT_OF_MEMORY_MARKS)


def fused_batch_normalization(
    maps: Any, gamma: Any, beta: Any, moving: tuple[Any, Any] | None, *, epsilon: float
) -> tuple[Any, Any, Any]:
    """Normalises maps (B, h, w, C) with TensorFlow, by the batch or by ``moving``.

    ``moving`` is a mean and a variance. Returns the normalised maps, and the mean and
    variance that were used; the variance of a batch divides by one less than the count.
    """
    tf = importlib.import_module("tensorflow")
    mean, variance = moving or (tf.zeros(0),) * 2
    result = tf.raw_ops.FusedBatchNormV3(
        x=maps,
        scale=gamma,
        offset=beta,
        mean=mean,
        variance=variance,
        epsilon=epsilon,
        is_training=moving is None,
    )
    if moving is None:
        mean, variance = result.batch_mean, result.batch_variance
    return result.y, mean, variance


def depthwise_convolution(maps: Any, kernel: Any, *, stride: int, padding: str) -> Any:
    """Convolves each channel of maps (B, h, w, C) with TensorFlow.

    oneDNN leaves gradients with explicit padding to TensorFlow's own kernels. For the
    kernel they are faster, for the maps slower.
    """
    tf = importlib.import_module("tensorflow")
    options = {"strides": [1, stride, stride, 1], "padding": padding.upper()}

    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def convolve(maps: Any, kernel: Any) -> Any:
        def gradient(slope: Any) -> tuple[Any, Any]:
            by_maps = tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
                input_sizes=tf.shape(maps), filter=kernel, out_backprop=slope, **options
            )
            by_kernel = tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
                input=maps,
                filter_sizes=kernel.shape,
                out_backprop=slope,
                strides=options["strides"],
                padding="EXPLICIT",
                explicit_paddings=_paddings(maps, kernel, stride, padding),
            )
            return by_maps, by_kernel

        return tf.raw_ops.DepthwiseConv2dNative(
            input=maps, filter=kernel, **options
        ), gradient

    # A custom gradient takes values: of a variable it would have to be told.
    return convolve(maps, tf.convert_to_tensor(kernel))


def differentiated(
    function: Callable[[Any], Any],
) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Makes a function of values (B, ...) that also returns its outputs' gradients.

    ``function`` returns outputs (B, K), of which a row depends on its own row of
    values. The result returns them, and the gradient of each: (K, B, ...).
    """
    if os.environ.get(VARIABLE) == JAX:
        return _differentiated_by_jax(function)
    return _differentiated_by_tensorflow(function)


def _differentiated_by_tensorflow(
    function: Callable[[Any], Any],
) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    tf = importlib.import_module("tensorflow")

    # A graph leaves out gradients of weights. Computed one by one, as without a graph,
    # those of convolutions crash TensorFlow 2.21 where it has one thread.
    @tf.function(autograph=False, reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow is untyped
    def slope(values: Any, chosen: Any) -> tuple[Any, Any]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            outputs = function(values)
            one = tf.linalg.matvec(outputs, chosen)
        return outputs, tape.gradient(one, values, unconnected_gradients="zero")

    def gradients(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        watched = tf.constant(values)
        count = int(function(watched[:1]).shape[1])
        found = [slope(watched, chosen) for chosen in tf.eye(count)]
        slopes = [each.numpy() for _, each in found]
        return found[0][0].numpy(), np.stack(slopes)

    return gradients


def _differentiated_by_jax(
    function: Callable[[Any], Any],
) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    jax = importlib.import_module("jax")

    @jax.jit  # type: ignore[untyped-decorator]
    def traced(values: Any) -> tuple[Any, Any]:
        outputs, pull_back = jax.vjp(function, values)

        def gradient(output: Any) -> Any:
            chosen = jax.nn.one_hot(output, outputs.shape[1], dtype=outputs.dtype)
            return pull_back(jax.numpy.broadcast_to(chosen, outputs.shape))[0]

        # One after another: all at once would hold K copies of every map.
        return outputs, jax.lax.map(gradient, jax.numpy.arange(outputs.shape[1]))

    def gradients(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        outputs, slopes = traced(values)
        return np.asarray(outputs), np.asarray(slopes)

    return gradients


def _paddings(maps: Any, kernel: Any, stride: int, padding: str) -> list[int]:
    """Lists rows and columns around maps, before and after, as TensorFlow pads them."""
    around = [0, 0]
    for size, length in zip(maps.shape[1:3], kernel.shape[:2], strict=True):
        outputs = -(-size // stride)
        missing = max(0, (outputs - 1) * stride + length - size)
        missing = missing if padding == "same" else 0
        around += [missing // 2, missing - missing // 2]
    return [*around, 0, 0]
