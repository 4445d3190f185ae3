"""The one door to Keras: its backend is chosen, and its settings are ours.

Keras reads ``keras.json`` of a person's home and several environment variables when it
is imported. They change networks silently: ``channels_first`` takes rows of pixels for
channels, ``float16`` makes training fail, ``KERAS_MAX_EPOCHS`` ends it early. A search
must give the same numbers on every account, so nothing of this is read here. Only
``KERAS_BACKEND`` is asked, and ``KERAS_HOME`` still says where downloads are kept.
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
"""Variables that change what Keras does, and are hidden from it."""

NO_HOME = f"{os.devnull}/keras"
"""Nothing can be read from, or written to, a folder below a device."""


def check_backend() -> str:
    """Refuses a backend that this project does not train with, before Keras is loaded.

    Returns:
        The backend: TensorFlow, unless the environment asks for JAX.

    Raises:
        InputError: the environment asks for another one, or for one that is missing.
    """
    asked = os.environ.get(VARIABLE) or TENSORFLOW
    if asked not in BACKENDS:
        raise InputError(
            f"{VARIABLE} must be {' or '.join(BACKENDS)}, found {asked!r} in the "
            f"environment; unset it, and TensorFlow is used"
        )
    if importlib.util.find_spec(asked) is None:
        way = f'; pip install -e ".[{JAX}]", or unset it' if asked == JAX else ""
        raise InputError(f"{VARIABLE} is {asked}, which is not installed{way}")
    return asked


def load_keras() -> Any:
    """Imports Keras with this project's settings, whatever a person's file says.

    Returns:
        The module ``keras``.

    Raises:
        InputError: the backend is not one that this project trains with.
    """
    # A variable that is set is inherited by every process that we start.
    os.environ[VARIABLE] = check_backend()
    # It imports Matplotlib, which fails with the backend of a notebook.
    os.environ["MPLBACKEND"] = "agg"
    # The detector uses ``tf.keras``, which may be another package otherwise.
    os.environ["TF_USE_LEGACY_KERAS"] = "0"
    if "keras" in sys.modules:
        keras = sys.modules["keras"]
    else:
        with _nothing_of_a_person():
            keras = importlib.import_module("keras")
    set_defaults(keras)
    return keras


def ignore_user_settings() -> None:
    """Hides a person's settings for good, where only a library imports Keras.

    Nothing is downloaded in such a process.
    """
    for name in IGNORED_VARIABLES:
        os.environ.pop(name, None)
    os.environ |= {VARIABLE: TENSORFLOW, "KERAS_HOME": NO_HOME}


def set_defaults(keras: Any) -> None:
    """Sets what Keras keeps for the process, and the precision of this thread.

    Args:
        keras: the module.
    """
    config = keras.config
    config.set_image_data_format("channels_last")
    config.set_floatx("float32")
    config.set_epsilon(1e-7)
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)
    # Each thread has its own; Ray runs some trainables in new ones.
    config.set_dtype_policy("float32")


@contextmanager
def _nothing_of_a_person() -> Iterator[None]:
    """Hides the settings of a person from Keras while it is imported."""
    hidden = (*IGNORED_VARIABLES, "KERAS_HOME")
    kept = {name: os.environ.pop(name) for name in hidden if name in os.environ}
    os.environ["KERAS_HOME"] = NO_HOME
    try:
        yield
    finally:
        del os.environ["KERAS_HOME"]
        os.environ.update(kept)
