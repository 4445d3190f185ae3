"""Tiny tables and trees of FER2013 and FER+, with the oddities of the real ones."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_pipeline.fer2013.ferplus_csv import HEADER

VOTES = Path(__file__).parents[3].parent / "shared" / "data" / "fer2013new.csv"
"""The real votes, which are not part of this project."""

needs_votes = pytest.mark.skipif(
    not VOTES.is_file(), reason="the real fer2013new.csv is not here"
)

# Row 3 has no name and from then on names lag; rows 4 and 6 share one; a tie; a row
# where unknown wins; a face without votes; each part.
FERPLUS_ROWS = (
    "Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0",
    "Training,fer0000001.png,6,0,1,1,0,0,0,0,2,0",
    "Training,fer0000002.png,5,0,0,3,1,0,0,0,1,0",
    "Training,,0,0,0,0,0,0,0,0,0,10",
    "Training,fer0000003.png,4,0,0,4,1,0,0,0,1,0",
    "Training,fer0000004.png,0,9,0,0,0,0,0,1,0,0",
    "Training,fer0000003.png,0,0,8,0,0,0,2,0,0,0",
    "PublicTest,fer0000006.png,0,0,0,0,4,0,0,0,2,4",
    "PublicTest,fer0000007.png,0,0,0,9,0,0,0,0,0,0",
    "PublicTest,fer0000008.png,8,2,0,0,0,0,0,0,0,0",
    "PrivateTest,fer0000009.png,0,0,0,0,0,0,0,0,9,1",
    "PrivateTest,fer0000010.png,0,10,0,0,0,0,0,0,0,0",
    "PrivateTest,fer0000011.png,0,0,0,0,0,7,3,0,0,0",
)
USAGES = tuple(row.partition(",")[0] for row in FERPLUS_ROWS)


def pixels(row: int) -> np.ndarray:
    """Makes the image of a row, unlike that of any other."""
    generator = np.random.default_rng(row)
    return generator.integers(0, 256, (48, 48), dtype=np.uint8)


def write_fer2013(
    root: Path, *, name: str = "fer2013.csv", header: str = "emotion,pixels,Usage"
) -> Path:
    """Writes the table of pixels, with its columns in the header's order."""
    root.mkdir(parents=True, exist_ok=True)
    lines = [header]
    for row, usage in enumerate(USAGES):
        cells = {
            "emotion": str(row % 7),
            "pixels": " ".join(map(str, pixels(row).ravel())),
            "Usage": usage,
        }
        lines.append(",".join(cells[column.strip()] for column in header.split(",")))
    path = root / name
    path.write_text("\n".join(lines) + "\n")
    return path


def write_votes(root: Path, rows=FERPLUS_ROWS) -> Path:
    """Writes the table of votes."""
    root.mkdir(parents=True, exist_ok=True)
    path = root / "fer2013new.csv"
    path.write_text("\n".join([",".join(HEADER), *rows]) + "\n")
    return path


def write_microsoft(root: Path) -> Path:
    """Writes Microsoft's tree: quoted boxes, no header, images in three folders."""
    parts = {"FER2013Train": 3, "FER2013Valid": 2, "FER2013Test": 2}
    number = 0
    for folder, count in parts.items():
        (root / folder).mkdir(parents=True)
        lines = []
        for _ in range(count):
            name = f"fer{number:07d}.png"
            Image.fromarray(pixels(number)).save(root / folder / name)
            votes = [0] * 10
            votes[number % 8] = 10
            lines.append(f'{name},"(0, 0, 48, 48)",{",".join(map(str, votes))}\n')
            number += 1
        (root / folder / "label.csv").write_text("".join(lines))
    return root


def write_classes(root: Path) -> Path:
    """Writes FER2013's classes as a public copy has them."""
    images = (
        "train/angry/Training_3908.png",
        "train/happy/Training_12.png",
        "train/neutral/Training_7.png",
        "test/angry/PrivateTest_88.png",
        "test/surprise/PublicTest_3.png",
    )
    for number, name in enumerate(images):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels(number)).save(path)
    (root / "train" / "angry" / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    return root
