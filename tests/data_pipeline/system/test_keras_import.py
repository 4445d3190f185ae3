"""Laws of the door to Keras: nothing of a person's account changes a network."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from data_pipeline.system import keras_import
from data_pipeline.system.errors import InputError
from data_pipeline.system.keras_import import check_backend, load_keras

ROOT = Path(__file__).parents[3]

SETTINGS = """
import os
from models.keras_api import keras
config = keras.config
print(config.image_data_format(), config.floatx(), config.epsilon(), config.backend(),
    config.dtype_policy().name, config.max_epochs(), config.is_nnx_enabled(),
    os.environ["KERAS_HOME"])
"""
OURS = "channels_last float32 1e-07 tensorflow float32 None False"

COMMANDS = {
    "search.run": ["--study", "smoke"],
    "search.train": ["--config", "best.toml"],
    "models.predict": ["--model", "model.keras", "a.png"],
    "models.live.__main__": ["--model", "model.keras"],
}
REFUSED = """
import sys
from importlib import import_module
code = import_module(sys.argv[1]).main(sys.argv[2:])
loaded = {"keras", "tensorflow", "torch", "pandas"} & set(sys.modules)
print(code, *loaded)
"""


def python(code, *words, **variables):
    """Runs code in a fresh interpreter with other variables; returns its output."""
    command = [sys.executable, "-c", code, *words]
    return subprocess.run(  # noqa: S603 - our own code
        command,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


@pytest.mark.parametrize(
    "backend", ["torch", "openvino", "numpy", "JAX", "none at all"]
)
def test_other_backends_are_refused(monkeypatch, backend):
    """A backend that nothing here was tried on is refused, with the way out."""
    monkeypatch.setenv("KERAS_BACKEND", backend)
    with pytest.raises(
        InputError, match=f"tensorflow or jax, found '{backend}'.*unset"
    ):
        check_backend()


@pytest.mark.parametrize(
    ("backend", "used"), [(None, "tensorflow"), ("", "tensorflow"), ("jax", "jax")]
)
def test_the_backend_is_that_of_the_environment(monkeypatch, backend, used):
    """TensorFlow is used unless the environment sets JAX."""
    monkeypatch.setattr(keras_import.importlib.util, "find_spec", lambda _: True)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    if backend is not None:
        monkeypatch.setenv("KERAS_BACKEND", backend)
    assert check_backend() == used


def test_a_backend_that_is_not_installed_is_refused(monkeypatch):
    """JAX is set and not installed: the message names the extra."""
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setattr(keras_import.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(
        InputError, match=r"not installed; pip install -e '?\"\.\[jax\]"
    ):
        check_backend()


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_refuse_a_backend_before_they_load_anything(command):
    """Each command that needs Keras refuses a wrong backend in one message."""
    done = python(REFUSED, command, *COMMANDS[command], KERAS_BACKEND="torch")
    assert done.stdout.split() == ["2"]
    assert done.stderr.startswith("error: KERAS_BACKEND must be tensorflow or jax")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "message",
    [
        {
            "image_data_format": "channels_first",
            "floatx": "float16",
            "epsilon": 0.1,
            "backend": "torch",
            "nnx_enabled": True,
        },
        ["Keras itself fails at a list"],
    ],
)
def test_a_persons_keras_file_changes_nothing(tmp_path, message):
    """Keras's settings are ours, whatever keras.json and variables set.

    Only the folder for downloads stays that of the user.
    """
    folder = tmp_path / ".keras"
    folder.mkdir()
    (folder / "keras.json").write_text(json.dumps(message))
    done = python(
        SETTINGS,
        HOME=str(tmp_path),
        KERAS_HOME=str(folder),
        KERAS_BACKEND="",
        KERAS_MAX_EPOCHS="one",
        KERAS_NNX_ENABLED="1",
    )
    assert done.stdout.strip() == f"{OURS} {folder}", done.stderr


def test_settings_are_ours_again_in_each_thread():
    """Keras's settings are reset in each thread that uses it."""
    config = load_keras().config
    found = []

    def other_thread():
        config.set_dtype_policy("mixed_float16")
        load_keras()
        found.append(config.dtype_policy().name)

    config.set_image_data_format("channels_first")
    config.set_floatx("float64")
    config.set_epsilon(0.5)
    config.set_max_epochs(1)
    thread = threading.Thread(target=other_thread)
    thread.start()
    thread.join()

    assert found == ["float32"]
    assert config.image_data_format() == "channels_last"
    assert (config.floatx(), config.epsilon()) == ("float32", 1e-7)
    assert config.max_epochs() is None


def test_a_process_that_does_not_train_reads_no_settings(monkeypatch):
    """Where only a library imports Keras, a person's settings cannot break it."""
    for name in ("KERAS_BACKEND", "KERAS_HOME", "KERAS_MAX_EPOCHS"):
        monkeypatch.setenv(name, "nonsense")
    keras_import.ignore_user_settings()
    assert check_backend() == "tensorflow"
    assert not Path(os.environ["KERAS_HOME"]).exists()
    assert "KERAS_MAX_EPOCHS" not in os.environ


HIDDEN = """
import sys
from data_pipeline.system.keras_import import load_keras
load_keras()
print(*{"matplotlib", "sklearn", "jax"} & set(sys.modules))
import matplotlib.pyplot
print(matplotlib.__name__)
"""


def test_packages_that_no_network_needs_are_not_loaded():
    """Keras does without some packages, which can be imported afterwards."""
    done = python(HIDDEN, KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")
    assert done.stdout.split("\n") == ["", "matplotlib", ""], done.stderr
