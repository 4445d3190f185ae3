"""The only import of Keras: with a checked backend and this project's settings.

When imported, Keras reads ``keras.json`` in the user's home and several environment
variables. They change networks silently: ``channels_first`` takes rows of pixels for
channels, ``float16`` makes training fail, ``KERAS_MAX_EPOCHS`` ends it early. A search
must give the same numbers on every account, so all of these are ignored, except for
``KERAS_BACKEND``, and ``KERAS_HOME`` as the folder of downloads.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from data_pipeline.system.errors import InputError

VARIABLE = "KERAS_BACKEND"
TENSORFLOW, JAX = BACKENDS = ("tensorflow", "jax")

IGNORED_VARIABLES = (
    "KERAS_MAX_EPOCHS",
    "KERAS_MAX_STEPS_PER_EPOCH",
    "KERAS_NNX_ENABLED",
)
"""Environment variables that change the behaviour of Keras, and are hidden."""

UNUSED = ("matplotlib", "sklearn")
"""Packages that Keras imports if they are there, and this project's networks need not.

They, and JAX with the backend TensorFlow, are a third of the time of Keras's import.
"""

NO_HOME = f"{os.devnull}/keras"
"""A folder below a device can be neither read nor written."""


def check_backend() -> str:
    """Returns the backend, TensorFlow unless ``KERAS_BACKEND`` is ``jax``.

    Raises:
        InputError: the backend is unsupported or not installed.
    """
    backend = os.environ.get(VARIABLE) or TENSORFLOW
    if backend not in BACKENDS:
        raise InputError(
            f"{VARIABLE} must be {' or '.join(BACKENDS)}, found {backend!r} in the "
            f"environment; unset it to use TensorFlow"
        )
    if importlib.util.find_spec(backend) is None:
        way = f'; pip install -e ".[{JAX}]", or unset it' if backend == JAX else ""
        raise InputError(f"{VARIABLE} is {backend}, which is not installed{way}")
    return backend


def use_tensorflow() -> None:
    """Chooses TensorFlow in a process that has not imported Keras.

    Raises:
        InputError: it has, on another backend.
    """
    if "keras" not in sys.modules:
        os.environ[VARIABLE] = TENSORFLOW
    elif check_backend() != TENSORFLOW:
        raise InputError(
            f"models are exported with TensorFlow, and this process uses {VARIABLE} "
            f"{check_backend()}; run python -m search.export, or unset {VARIABLE}"
        )


def load_keras() -> Any:
    """Returns the module ``keras``, with this project's settings.

    Raises:
        InputError: as ``check_backend``.
    """
    # Child processes inherit the variable.
    os.environ[VARIABLE] = check_backend()
    # Keras imports Matplotlib, which fails with a notebook's backend.
    os.environ["MPLBACKEND"] = "agg"
    # The face detector uses ``tf.keras``, which could be another package.
    os.environ["TF_USE_LEGACY_KERAS"] = "0"
    if "keras" in sys.modules:
        keras = sys.modules["keras"]
    else:
        with _hidden_user_settings(), _hidden_packages():
            keras = importlib.import_module("keras")
    set_defaults(keras)
    return keras


def ignore_user_settings() -> None:
    """Hides the user's settings in a process in which only a library imports Keras.

    Such a process downloads nothing.
    """
    for name in IGNORED_VARIABLES:
        os.environ.pop(name, None)
    os.environ |= {VARIABLE: TENSORFLOW, "KERAS_HOME": NO_HOME}


def set_defaults(keras: Any) -> None:
    """Sets Keras's global settings, and the precision of this thread."""
    config = keras.config
    config.set_image_data_format("channels_last")
    config.set_floatx("float32")
    config.set_epsilon(1e-7)
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)
    # The policy is thread-local, and Ray runs some trainables in new threads.
    config.set_dtype_policy("float32")


@contextmanager
def _hidden_user_settings() -> Iterator[None]:
    """Hides the user's settings while Keras is imported."""
    hidden = (*IGNORED_VARIABLES, "KERAS_HOME")
    saved = {name: os.environ.pop(name) for name in hidden if name in os.environ}
    os.environ["KERAS_HOME"] = NO_HOME
    try:
        yield
    finally:
        del os.environ["KERAS_HOME"]
        os.environ.update(saved)


@contextmanager
def _hidden_packages() -> Iterator[None]:
    """Hides packages that Keras can do without, while it is imported."""
    jax = () if check_backend() == JAX else (JAX,)
    hidden = [name for name in (*UNUSED, *jax) if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
