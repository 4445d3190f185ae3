"""The registry of data sets: one entry each, readable before any reader is loaded.

A new data set is a module in ``data_pipeline/readers`` and an entry of ``DATASETS``.
"""

from dataclasses import dataclass

from data_pipeline.own_code.named_code import Kind, is_own

_FOLDER = "data_pipeline.readers"
_CKPLUS = (f"{_FOLDER}.ckplus_csv", f"{_FOLDER}.ckplus", f"{_FOLDER}.ckplus48")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetEntry:
    """How a data set is read, and whose images it has.

    Attributes:
        readers: modules that fulfil the protocol ``Reader``, one for each layout, in
            the order in which they are tried.
        images_of: the data set whose images it labels anew, if not its own.
    """

    readers: tuple[str, ...]
    images_of: str | None = None


DATASETS: dict[str, DatasetEntry] = {
    "ckplus": DatasetEntry(readers=_CKPLUS),
    # Synthetic faces have the layout of CK+ by default.
    "synthetic": DatasetEntry(readers=_CKPLUS, images_of="ckplus"),
    "fer2013": DatasetEntry(readers=(f"{_FOLDER}.fer2013",), images_of="ferplus"),
    "ferplus": DatasetEntry(readers=(f"{_FOLDER}.ferplus",)),
    "affectnet": DatasetEntry(
        readers=(f"{_FOLDER}.affectnet_csv", f"{_FOLDER}.affectnet")
    ),
    "table": DatasetEntry(readers=(f"{_FOLDER}.own.table",)),
    "folders": DatasetEntry(readers=(f"{_FOLDER}.own.folders",)),
}
"""Value of ``[data] dataset`` -> its entry."""

OWN = ("table", "folders")
"""Data sets that a study describes itself: any faces, without a reader of their own."""

OWN_READER = Kind(
    group="readers",
    key="[data] dataset",
    must="a function that reads a folder, or has LAYOUT, OBTAIN, detect and read",
)


def is_own_reader(dataset: str) -> bool:
    """Checks whether a data set is read by code of the user's own."""
    return dataset not in DATASETS and is_own(OWN_READER, dataset)


def is_own_data(dataset: str) -> bool:
    """Checks whether a data set is the user's own, whoever reads it."""
    return dataset in OWN or is_own_reader(dataset)
