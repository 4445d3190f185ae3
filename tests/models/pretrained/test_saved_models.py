"""Model files: their own numbers only, no code, nothing of other files."""

import ast
import io
import json
import os
import shutil
import zipfile
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import pytest

from data_pipeline.system.errors import ModelError, WeightsError
from models.inference.predictor import Predictor
from models.network.model import assemble
from models.pretrained.loading import initial_weights
from models.pretrained.saved_models import LARGEST, check_arrays, check_model
from tests.factories.exported_model import exported
from tests.factories.models import graph_config

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A tiny model of this project, which is opened as it is."""
    path = exported(tmp_path_factory.mktemp("model"))
    check_model(path)
    return path


def external_link(file, secret):
    """Links to a dataset of another file."""
    file["kernel"] = h5py.ExternalLink(str(secret), "/kernel")


def soft_link(file, _secret):
    """Links within the file, by a name."""
    file["kernel"] = h5py.SoftLink("/elsewhere")


def external_storage(file, secret):
    """Takes the raw bytes of any file for numbers."""
    file.create_dataset("kernel", (4,), "u1", external=[(str(secret), 0, 4)])


def virtual(file, secret):
    """Shows a dataset of another file as its own."""
    layout = h5py.VirtualLayout((4,), "u1")
    layout[:] = h5py.VirtualSource(str(secret), "kernel", (4,))
    file.create_virtual_dataset("kernel", layout)


def huge(file, _secret):
    """Announces more numbers than a computer holds, in some bytes."""
    file.create_dataset("kernel", (LARGEST,), "u2", chunks=(1024,))


LEADS_OUT = pytest.mark.parametrize(
    "plant", [external_link, soft_link, external_storage, virtual, huge]
)


def planted(path, plant, *, deep=True):
    """Writes an HDF5 file that has something planted in a group of a group."""
    secret = path.with_name("secret")
    with h5py.File(secret, "w") as file:
        file["kernel"] = np.arange(4, dtype="u1")
    with h5py.File(path, "w") as file:
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"stem_conv"]
        inner = group.create_group("stem_conv") if deep else group
        inner.attrs["weight_names"] = [b"kernel"]
        plant(inner, secret)
        file["again"] = group
        group["up"] = file["/"]  # a circle of names, which is no link
    return path


def rewritten(path, source, member, content):
    """Copies a .keras file with a member that is new or another one."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            if name != member:
                new.writestr(name, old.read(name))
        new.writestr(member, content)
    return path


@LEADS_OUT
def test_arrays_of_other_files_are_refused(tmp_path, plant):
    """Links, external storage and virtual datasets are refused at any depth."""
    with pytest.raises(ValueError, match="kernel"):
        check_arrays(planted(tmp_path / "a.h5", plant))


@LEADS_OUT
@pytest.mark.parametrize("name", ["a.h5", "a.weights.h5"])
def test_no_start_from_other_files(tmp_path, plant, name):
    """A backbone does not start from such a file, of Keras 2 or 3."""
    wanted = graph_config(backbone__weights=str(planted(tmp_path / name, plant)))
    with pytest.raises(WeightsError, match=rf"{name} cannot be read .*kernel"):
        initial_weights(assemble(wanted), wanted)


@LEADS_OUT
def test_weights_inside_a_model(tmp_path, model, plant):
    """The weights in a .keras file are checked before Keras opens it."""
    weights = planted(tmp_path / "a.h5", plant).read_bytes()
    path = rewritten(tmp_path / "b.keras", model, "model.weights.h5", weights)
    with pytest.raises(ModelError, match=r"b\.keras is not opened: .*kernel"):
        Predictor(path, cpus=1)
    wanted = graph_config(backbone__weights=str(path))
    with pytest.raises(WeightsError, match=r"b\.keras cannot be read .*kernel"):
        initial_weights(assemble(wanted), wanted)


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "..\\x", "C:/x"])
def test_members_outside(tmp_path, model, name):
    """A member with a path outside the archive makes the file invalid."""
    with pytest.raises(ValueError, match="has a path outside it"):
        check_model(rewritten(tmp_path / "a.keras", model, name, b""))


@pytest.mark.parametrize("place", range(8, 96, 8))
def test_sizes_that_no_file_has(tmp_path, place):
    """A file of arrays whose first sizes are changed is read, or refused."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["kernel"] = np.zeros(4)
    content = bytearray(path.read_bytes())
    content[place : place + 8] = b"\xfe" * 8
    with suppress(OSError, ValueError):
        check_arrays(io.BytesIO(content))


def test_a_member_that_is_a_link(tmp_path, model):
    """A symbolic link in a model's file is refused."""
    shutil.copy(model, tmp_path / "a.keras")
    member = zipfile.ZipInfo("assets")
    member.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.keras", "a") as archive:
        archive.writestr(member, "/etc")
    with pytest.raises(ValueError, match="has a path outside it"):
        check_model(tmp_path / "a.keras")


def test_a_member_that_is_too_large(tmp_path, model, monkeypatch):
    """What unpacks to far more than it has is refused before it is unpacked."""
    path = tmp_path / "a.keras"
    shutil.copy(model, path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("more.weights.h5", bytes(10**7))
    monkeypatch.setattr("models.pretrained.saved_models.SMALL", 10**5)
    with pytest.raises(ValueError, match=r"more\.weights\.h5.* has 10,000,000 bytes"):
        check_model(path)


def test_weights_that_are_too_large(model, monkeypatch):
    """No file of weights is larger than a limit, packed or not."""
    monkeypatch.setattr("models.pretrained.saved_models.LARGEST", 1000)
    with pytest.raises(ValueError, match="more than a file of weights unpacks to"):
        check_model(model)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"class_name": "Lambda", "module": "keras.layers"}, "runs code"),
        ({"class_name": "__lambda__", "config": {"value": "x"}}, "runs code"),
        ({"class_name": "TFSMLayer", "module": "keras.layers"}, "runs code"),
        ({"class_name": "system", "module": "os"}, "is from os, not from Keras"),
        ({"class_name": "X", "module": "kerasx.y"}, "not from Keras"),
    ],
)
def test_code_in_a_model(tmp_path, model, layer, message, monkeypatch):
    """No layer runs code, whatever this process's Keras allows."""
    monkeypatch.setattr(
        "keras.src.saving.serialization_lib.in_safe_mode", lambda: False
    )
    with zipfile.ZipFile(model) as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["layers"].append(layer | {"name": "planted"})
    content = json.dumps(config)
    path = rewritten(tmp_path / "a.keras", model, "config.json", content)
    with pytest.raises(ModelError, match=message):
        Predictor(path, cpus=1)


@pytest.mark.parametrize("kind", ["StringLookup", "IntegerLookup"])
def test_a_model_reads_no_other_file(tmp_path, model, kind):
    """A layer that takes its words from a file of this computer is refused."""
    (tmp_path / "secret.txt").write_text("a\nb\n")
    words = {"vocabulary": str(tmp_path / "secret.txt"), "name": "planted"}
    layer = {"module": "keras.layers", "class_name": kind, "config": words}
    layers = {"module": "keras", "class_name": "Sequential"}
    content = json.dumps(layers | {"config": {"name": "x", "layers": [layer]}})
    path = rewritten(tmp_path / "a.keras", model, "config.json", content)
    with pytest.raises(ModelError, match="cannot be loaded by keras"):
        Predictor(path, cpus=1)


def test_absurd_files(tmp_path, model):
    """A configuration without an end, no zip file, a pipe: one error each."""
    deep = rewritten(tmp_path / "a.keras", model, "config.json", "[" * 100_000)
    (tmp_path / "b.keras").write_bytes(b"no zip file")
    os.mkfifo(tmp_path / "c.keras")
    for path, message in (
        (deep, "deep"),
        (tmp_path / "b.keras", "cannot be read as a .keras file"),
        (tmp_path / "c.keras", "found a pipe"),
    ):
        with pytest.raises(ModelError, match=message):
            Predictor(path, cpus=1)


def test_damaged_files(tmp_path, model):
    """A damaged configuration is one error: its bytes, its kinds, its layers."""
    damaged = rewritten(tmp_path / "a.keras", model, "x", b"")
    with zipfile.ZipFile(damaged, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps([*range(3000)]))
    content = bytearray(damaged.read_bytes())
    content[100:200] = b"\xff" * 100
    damaged.write_bytes(content)
    kind = rewritten(tmp_path / "b.keras", model, "config.json", '{"class_name": [1]}')
    layers = {"module": "keras", "class_name": "Sequential", "config": {"layers": [[]]}}
    none = rewritten(tmp_path / "c.keras", model, "config.json", json.dumps(layers))
    for path in (damaged, kind, none):
        with pytest.raises(ModelError, match=path.name):
            Predictor(path, cpus=1)


def test_one_door_to_models():
    """Models and HDF5 files are opened where they were looked at.

    The conformance suite opens what it has just written.
    """
    wanted = {
        "keras.saving.load_model": [
            "models/conformance/rows.py",
            "models/pretrained/saved_models.py",
        ],
        "h5py.File": [
            "models/pretrained/formats.py",
            "models/pretrained/saved_models.py",
        ],
    }
    found = {name: set() for name in wanted}
    for package in ("data_pipeline", "models", "search"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in wanted:
                    name = ast.unparse(node.func)
                    found[name].add(path.relative_to(ROOT).as_posix())
    assert {name: sorted(paths) for name, paths in found.items()} == wanted
