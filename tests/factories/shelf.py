"""Rows of the shelf whose packages are wheels of a few bytes in a folder."""

import hashlib
import zipfile

from models.pretrained.shelf import ShelfFile, ShelfRow

CONTENT = b"numbers of a network"


def shelf_file(member, content):
    """Describes a file with this content."""
    return ShelfFile(member=member, sha256=hashlib.sha256(content).hexdigest())


def small_row(content=CONTENT, *, member="small_weights/network.h5", **changed):
    """Describes weights that a wheel of ``write_wheel`` holds."""
    values = {
        "name": "small",
        "backbone": "mini_xception",
        "package": "small-weights",
        "version": "1.0",
        "files": (shelf_file(member, content),),
        "licence": "MIT",
        "trained_on": ("fer2013",),
        "pixels": "grey",
    }
    return ShelfRow(**values | changed)


def write_wheel(folder, row, content=CONTENT):
    """Writes a wheel that pip accepts, with one file."""
    stem = f"{row.package.replace('-', '_')}-{row.version}"
    facts = f"Metadata-Version: 2.1\nName: {row.package}\nVersion: {row.version}\n"
    wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as file:
        file.writestr(row.files[0].member, content)
        file.writestr(f"{stem}.dist-info/METADATA", facts)
        file.writestr(f"{stem}.dist-info/WHEEL", wheel)
        file.writestr(f"{stem}.dist-info/RECORD", "")
