"""Tiny AffectNet trees in both of its releases, with the oddities of the real ones."""

from pathlib import Path

import numpy as np
import pandas as pd

from data_pipeline.readers import read
from tests.strategies.tables import write_image

POINTS = np.arange(136, dtype=np.float64) * 1.25

NPY = {
    "train_set": {
        0: ("1", "0.785714", "-0.0555556"),
        3: ("7", "-2", "-2"),
        17: ("0", "0.0", "-1"),
    },
    "val_set": {0: ("4", "-0.25", "0.625"), 11: ("10", "-2", "-2")},
}
"""Part -> number of an image -> expression, valence and arousal."""

HEADER = (
    "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,"
    "expression,valence,arousal"
)
LINES = {
    "training.csv": (
        ("689/737db2483489148d.jpg", 134, "1,0.785714,-0.0555556"),
        ("2/9db2af5a1da8bd77.jpg", 40, "8,0.25,-0.125"),
        ("994/8fb7a123f36ae89b.jpg", -7, "10,-2,-2"),
        ("994/0b7a123f36ae89be.jpg", 51, "9,-2,-2"),
    ),
    "validation.csv": (("1/a4be71d0f3.jpg", 60, "6,-0.5,0.75"),),
}
"""List -> image, width of the face, the three labels of each line."""


def write_labels(root: Path, number: int, *values, kind=np.str_) -> None:
    """Writes the 0-d arrays of one image."""
    folder = root / "annotations"
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in zip(("exp", "val", "aro"), values, strict=True):
        np.save(folder / f"{number}_{name}.npy", np.array(kind(value)))


def write_npy(root: Path) -> Path:
    """Writes the npy release: numbers with gaps, 0-d text, landmarks of one image."""
    for part, rows in NPY.items():
        for number, values in rows.items():
            write_labels(root / part, number, *values)
            image = root / part / f"images/{number}.jpg"
            write_image(image, number, size=(22, 22), mode="RGB")
    np.save(root / "train_set/annotations/3_lnd.npy", POINTS)
    (root / "train_set/annotations/.DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (root / "train_set/annotations/._0_exp.npy").write_bytes(b"\0\5\x16")
    return root


def line(image, width, labels):
    """Spells one line of a list."""
    points = ";".join(f"{value:g}" for value in POINTS)
    return f"{image},{width},134,{width},899,{points},{labels}"


def write_lists(root: Path, lines=LINES, end="\n") -> Path:
    """Writes only the lists of the full release."""
    folder = root / "Manually_Annotated_file_lists"
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in lines.items():
        text = [HEADER, *(row if isinstance(row, str) else line(*row) for row in rows)]
        (folder / name).write_bytes("".join(f"{t}{end}" for t in text).encode())
    return root


def write_full(root: Path, images="Manually_Annotated/Manually_Annotated_Images"):
    """Writes the full release: lists, and images of many sizes in folders."""
    write_lists(root)
    for number, (image, _, _) in enumerate(
        row for rows in LINES.values() for row in rows
    ):
        size = (30 + 7 * number, 41)
        write_image(root / images / image, number, size=size, mode="RGB")
    return root


def labels(root):
    """Reads a tree; lists emotion, valence and arousal by image."""
    frame = read(root, "affectnet").frame.set_index("image")
    return {
        image: tuple(None if value is pd.NA else value for value in row)
        for image, *row in frame[["emotion", "valence", "arousal"]].itertuples()
    }


def skipped(root):
    """Reads a tree and lists what was left out: place and reason."""
    return [(row.place, row.reason) for row in read(root, "affectnet").skipped]
