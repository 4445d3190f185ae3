"""Problems of a data set, and the checks that find them."""

from dataclasses import dataclass
from enum import StrEnum


class Check(StrEnum):
    """The checks, in the order of the report."""

    LABEL = "impossible label"
    FOREIGN = "left out: not recognized"
    CLASS = "classes that differ from the study's"
    MISSING = "missing image"
    POINTER = "Git LFS pointer"
    WEB_PAGE = "web page saved as an image"
    BOMB = "decompression bomb"
    UNREADABLE = "unreadable image"
    BLANK = "black or uniform image"
    TARGET = "nothing to learn or score"
    SUBJECT = "one person under several ids"
    SEQUENCE = "sequence in two parts"
    SAME_FILE = "same file in two parts"
    SAME_IMAGE = "same image in two parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding: the check, the place, the value found and the remedy."""

    check: Check
    where: str
    message: str
