"""What a reader of the user's own must do.

from data_pipeline.conformance import check_reader

check_reader("myreader:read", "faces")
"""

from os import PathLike
from pathlib import Path

from data_pipeline.dataset.datasets import OWN_READER
from data_pipeline.own_code.laws import check_laws
from data_pipeline.readers.own.code import own_reader, reader_laws


def check_reader(name: str, root: str | PathLike[str]) -> None:
    """Checks a reader on a folder with its data.

    Args:
        name: its code path, or a short name.
        root: the folder, or the table in it.

    Raises:
        StudyError: it cannot be imported, or is no reader.
        ConformanceError: it breaks a law.
    """
    check_laws(OWN_READER, name, reader_laws(own_reader(name), Path(root)))
