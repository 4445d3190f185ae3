"""The one way a model's file is opened: only what holds its own numbers, runs nothing.

An HDF5 file may name other files of this computer, whose bytes would come back as
weights; a model's configuration may name functions of any module, and hold code.
"""

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
"""Bytes of one array."""

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
"""What damaged .keras files raise, beside OSError and ValueError."""


def load_model(path: Path) -> Any:
    """Loads a ``.keras`` file, uncompiled.

    Args:
        path: the file.

    Returns:
        The model.

    Raises:
        Exception: what ``check_model`` raises, and whatever Keras does.
    """
    check_model(path)
    from models.keras_api import keras  # noqa: PLC0415 - the checks need it not

    # Said, since a process may have switched it off for itself.
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def check_model(path: Path) -> None:
    """Refuses a ``.keras`` file that leads out of itself or has code.

    Args:
        path: the file; nothing is loaded of it.

    Raises:
        OSError: it cannot be opened, or is no regular file.
        ValueError: it is no zip file, a member of it lies elsewhere, a layer is not
            of Keras or holds code, or an array lies in another file.
    """
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                _check_member(member)
            _check_config(archive)
            for name in archive.namelist():
                if name.endswith(WEIGHTS):
                    with archive.open(name) as weights:
                        check_arrays(weights)
    except _BROKEN as error:
        raise ValueError(
            f"it cannot be read as a .keras file: {first_line(error)}"
        ) from error


def check_arrays(file: Any) -> None:
    """Refuses an HDF5 file whose arrays lie in other files.

    Args:
        file: a path, or a file that is open.

    Raises:
        OSError: it cannot be opened, or is no regular HDF5 file.
        ValueError: a name in it is a link, or an array lies elsewhere or is absurdly
            large; the message has its place.
    """
    if isinstance(file, str | Path):
        with open_regular(file) as opened:
            check_arrays(opened)
        return
    with h5py.File(file, "r") as root:
        seen: set[int] = set()
        waiting = [root["/"]]
        while waiting:
            group = waiting.pop()
            address = h5py.h5o.get_info(group.id).addr
            if address not in seen:
                seen.add(address)
                waiting += _groups_in(group)


def _groups_in(group: Any) -> Iterator[Any]:
    for name in group:
        place = f"{group.name.rstrip('/')}/{name}"
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            target = getattr(link, "filename", "") or getattr(link, "path", "?")
            raise ValueError(  # noqa: TRY004 - it is a wrong file
                f"{place} is a link, to {target}; a file of weights holds its own"
            )
        found = group[name]
        if isinstance(found, h5py.Dataset):
            _check_array(place, found)
        elif isinstance(found, h5py.Group):
            yield found


def _check_array(place: str, found: Any) -> None:
    if found.external or found.is_virtual:
        raise ValueError(
            f"the numbers of {place} lie in another file; a file of weights holds its "
            "own"
        )
    if found.nbytes > LARGEST:
        raise ValueError(
            f"{place} has {found.nbytes:,} bytes; {LARGEST:,} are the most"
        )


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename
    parts = name.replace("\\", "/").split("/")
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or is_link:
        raise ValueError(f"its member {name!r} would lie outside it")


def _check_config(archive: zipfile.ZipFile) -> None:
    if CONFIG not in archive.namelist():
        raise ValueError(f"it has no {CONFIG}")
    if archive.getinfo(CONFIG).file_size > TEXT_LIMIT:
        raise ValueError(f"its {CONFIG} is absurdly large")
    try:
        waiting = [json.loads(archive.read(CONFIG))]
    except RecursionError:
        raise ValueError(f"its {CONFIG} is nested absurdly deep") from None
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            _check_layer(value)
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _check_layer(value: Mapping[str, Any]) -> None:
    """Looks at one object of the configuration: what it is, and where it is from."""
    kind, module = value.get("class_name"), value.get("module")
    if str(kind) in _RUNS:
        raise ValueError(f"its layer {kind} runs code that the file brings along")
    known = module in (None, "builtins", "keras") or str(module).startswith("keras.")
    if kind is not None and not known:
        raise ValueError(f"its layer {kind} is of {module}, not of Keras")
