"""A model's description inside its ``.keras`` file, so that every copy has it.

A ``.keras`` file is a zip archive; Keras reads its own members and ignores others.
"""

import json
import lzma
import shutil
import zipfile
import zlib
from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import Any

from data_pipeline.files.atomic_write import atomic_write
from data_pipeline.files.safe_open import open_regular

MEMBER = "provenance.json"
LARGEST = 16 << 20
"""Most bytes of a description; a larger member is not of this project."""

_ALWAYS = (1980, 1, 1, 0, 0, 0)
"""The time of the member: equal descriptions give equal bytes."""


def write_provenance(path: Path, description: Mapping[str, Any]) -> None:
    """Writes a description into a ``.keras`` file, replacing an earlier one.

    Args:
        path: of the file; it is replaced whole or not at all.
        description: JSON values; NaN is refused.
    """
    text = json.dumps(description, indent=2, allow_nan=False) + "\n"
    with (
        atomic_write(path) as part,
        zipfile.ZipFile(path) as old,
        zipfile.ZipFile(part, "w") as new,
    ):
        for info in old.infolist():
            if info.filename != MEMBER:
                with old.open(info) as source, new.open(copy(info), "w") as target:
                    shutil.copyfileobj(source, target)
        new.writestr(zipfile.ZipInfo(MEMBER, _ALWAYS), text)


def read_provenance(path: Path) -> Any:
    """Reads the description in a file.

    Args:
        path: of any file.

    Returns:
        A JSON value of whatever shape; ``None`` where the file has none.
    """
    try:
        with (
            open_regular(path) as content,
            zipfile.ZipFile(content) as file,
            file.open(MEMBER) as member,
        ):
            text = member.read(LARGEST + 1)
        return json.loads(text) if len(text) <= LARGEST else None
    except (OSError, ValueError, KeyError, RuntimeError, *_NO_ZIP):
        return None


_NO_ZIP = (
    zipfile.BadZipFile,
    NotImplementedError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
)
