"""The only way to open a model's file: refuse links to other files, and code.

An HDF5 file may refer to other files of this computer, whose bytes would be read as
weights; a model's configuration may name functions of any module, and hold code.
"""

import io
import json
import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py

from data_pipeline.files.safe_open import TEXT_LIMIT, open_regular
from data_pipeline.system.errors import first_line

CONFIG, WEIGHTS = "config.json", ".h5"
LARGEST = 4 << 30
"""Most bytes of one array, and of a member of an archive."""

UNPACKED, SMALL = 20, 1 << 20
"""How many times its packed bytes a member may have; more is made to fill memory.

Keras packs nothing. A text may be small and pack well.
"""

_RUNS = {"__lambda__", "Lambda", "TFSMLayer", "TorchModuleWrapper"} | {
    "FlaxLayer",
    "JaxLayer",
}
"""Kinds of layers that hold code, a pickle or another model."""

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,
    NotImplementedError,
    KeyError,
)
"""Errors that damaged .keras files raise, besides OSError and ValueError."""


def load_model(path: Path) -> Any:
    """Loads a ``.keras`` file, uncompiled.

    Raises:
        Exception: what ``check_model`` raises, and any error of Keras.
    """
    check_model(path)
    from models.keras_api import keras  # noqa: PLC0415 - not for the checks

    # Explicit, since a process may have switched it off globally.
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def check_model(path: Path) -> None:
    """Refuses a ``.keras`` file that refers to other files or has code; loads nothing.

    Raises:
        OSError: it cannot be opened, or is no regular file.
        ValueError: it is no zip file, a member has a path outside it or is too large, a
            layer is not of Keras or holds code, or an array is stored in another file.
    """
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                _check_member(member)
            _check_config(archive)
            for name in archive.namelist():
                if name.endswith(WEIGHTS):
                    # In memory: an archive seeks by reading from its beginning.
                    check_arrays(io.BytesIO(archive.read(name)))
    except _BROKEN as error:
        raise ValueError(
            f"it cannot be read as a .keras file: {first_line(error)}"
        ) from error


def check_arrays(file: Any) -> None:
    """Refuses an HDF5 file, a path or an open one, with arrays in other files.

    Raises:
        OSError: it cannot be opened, or is no regular HDF5 file.
        ValueError: a name in it is a link, or an array is stored elsewhere or is too
            large; the message names it.
    """
    if isinstance(file, str | Path):
        with open_regular(file) as opened:
            check_arrays(opened)
        return
    try:
        with h5py.File(file, "r") as root:
            _check_groups(root["/"])
    except OverflowError as error:
        raise OSError(f"a size in it is beyond any file: {error}") from error


def _check_groups(root: Any) -> None:
    visited: set[int] = set()
    waiting = [root]
    while waiting:
        group = waiting.pop()
        address = h5py.h5o.get_info(group.id).addr
        if address not in visited:
            visited.add(address)
            waiting += _groups_in(group)


def _groups_in(group: Any) -> Iterator[Any]:
    for name in group:
        place = f"{group.name.rstrip('/')}/{name}"
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            target = getattr(link, "filename", "") or getattr(link, "path", "?")
            raise ValueError(  # noqa: TRY004 - it is a wrong file
                f"{place} is a link, to {target}; a file of weights must hold its own"
            )
        item = group[name]
        if isinstance(item, h5py.Dataset):
            _check_array(place, item)
        elif isinstance(item, h5py.Group):
            yield item


def _check_array(place: str, array: Any) -> None:
    if array.external or array.is_virtual:
        raise ValueError(
            f"the numbers of {place} are stored in another file; a file of weights "
            "must hold its own"
        )
    if array.nbytes > LARGEST:
        raise ValueError(
            f"{place} has {array.nbytes:,} bytes; at most {LARGEST:,} are allowed"
        )


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename
    parts = name.replace("\\", "/").split("/")
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or is_link:
        raise ValueError(f"its member {name!r} has a path outside it")
    if member.file_size > min(LARGEST, UNPACKED * max(member.compress_size, SMALL)):
        raise ValueError(
            f"its member {name!r} has {member.file_size:,} bytes of "
            f"{member.compress_size:,}, more than a file of weights unpacks to"
        )


def _check_config(archive: zipfile.ZipFile) -> None:
    if CONFIG not in archive.namelist():
        raise ValueError(f"it has no {CONFIG}")
    if archive.getinfo(CONFIG).file_size > TEXT_LIMIT:
        raise ValueError(f"its {CONFIG} is too large")
    try:
        waiting = [json.loads(archive.read(CONFIG))]
    except RecursionError:
        raise ValueError(f"its {CONFIG} is nested too deeply") from None
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            _check_layer(value)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _check_layer(value: Mapping[str, Any]) -> None:
    """Refuses an object of the configuration that runs code or is not of Keras."""
    kind, module = value.get("class_name"), value.get("module")
    if str(kind) in _RUNS:
        raise ValueError(f"its layer {kind} runs code from the file")
    is_keras = module in (None, "builtins", "keras") or str(module).startswith("keras.")
    if kind is not None and not is_keras:
        raise ValueError(f"its layer {kind} is from {module}, not from Keras")
