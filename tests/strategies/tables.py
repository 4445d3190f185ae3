"""Tables of labels for Hypothesis, and tiny fixture trees in both layouts of CK+."""

import csv
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from PIL import Image

from data_pipeline.dataset.sample_table import Sample, SampleTable, sample_table

LAW = settings(max_examples=40, deadline=None)
"""Tables are slow to draw, and shared machines slow at times."""

HIGH_LEVEL = ("negative", "positive", "surprise")
BASIC = ("anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")
UNITS = ("AU17", "AU1", "AU12")

COURSEWORK_HEADER = (
    "subject,sequence,image_index,filepath,file_prefix,AU17,AU1,AU2,AU25,AU27,AU4,AU7,"
    "AU23,AU24,AU6,AU12,AU15,AU14,AU11,AU26,high_level_emotion"
)

# The first four, the one without any AU, and the last two rows of the real table.
COURSEWORK_ROWS = (
    (
        "S005,1,11,./cohn-kanade-images/S005/001/S005_001_00000011.png,S005_001_00000011,"
        "1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,negative"
    ),
    (
        "S010,1,14,./cohn-kanade-images/S010/001/S010_001_00000014.png,S010_001_00000014,"
        "0,1,1,1,0,0,0,0,0,0,0,0,0,0,0,negative"
    ),
    (
        "S010,2,14,./cohn-kanade-images/S010/002/S010_002_00000014.png,S010_002_00000014,"
        "0,1,1,1,1,0,0,0,0,0,0,0,0,0,0,surprise"
    ),
    (
        "S010,6,15,./cohn-kanade-images/S010/006/S010_006_00000015.png,S010_006_00000015,"
        "0,0,0,1,0,0,0,0,0,1,1,0,0,0,0,positive"
    ),
    (
        "S060,5,21,./cohn-kanade-images/S060/005/S060_005_00000021.png,S060_005_00000021,"
        "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,negative"
    ),
    (
        "S895,2,7,./cohn-kanade-images/S895/002/S895_002_00000007.png,S895_002_00000007,"
        "0,0,0,0,0,0,0,0,0,0,0,0,1,0,0,negative"
    ),
    (
        "S999,3,55,./cohn-kanade-images/S999/003/S999_003_00000055.png,S999_003_00000055,"
        "0,1,1,1,0,1,0,0,0,0,0,0,1,0,0,negative"
    ),
)

_MAYBE = st.none() | st.booleans()


def sample(
    subject: str | None,
    number: int,
    *,
    high_level: str | None = "negative",
    basic: str | None = None,
    units: tuple[bool | None, ...] = (False, False, False),
) -> Sample:
    """Makes one row; its image is named after subject and number."""
    return Sample(
        image=f"images/{subject}_{number:03d}.png",
        subject=subject,
        sequence=f"{number:03d}",
        emotion=basic,
        high_level_emotion=high_level,
        action_units=dict(zip(UNITS, units, strict=True)),
        place=f"data_labels.csv row {number + 2}",
    )


def table_of(samples: list[Sample], root: Path = Path("data")) -> SampleTable:
    """Makes a table of rows."""
    return sample_table(
        samples, root=root, action_units=UNITS, source="ckplus_csv", channels=1
    )


@st.composite
def tables(draw: st.DrawFn, min_subjects: int = 5, max_subjects: int = 14):
    """Draws tables with subjects of 1 to 4 images and labels that may be unknown."""
    subjects = draw(st.integers(min_subjects, max_subjects))
    rows = [
        sample(
            f"S{7 * subject:03d}",
            number,
            high_level=draw(st.none() | st.sampled_from(HIGH_LEVEL)),
            basic=draw(st.none() | st.sampled_from(BASIC)),
            units=draw(st.tuples(_MAYBE, _MAYBE, _MAYBE)),
        )
        for subject in range(subjects)
        for number in range(draw(st.integers(1, 4)))
    ]
    return table_of(draw(st.permutations(rows)))


def ckplus_sized(seed: int = 0) -> SampleTable:
    """Makes a table of CK+'s size: 123 subjects, about 560 rows, uneven labels."""
    generator = np.random.default_rng(seed)
    rows = []
    for subject in range(123):
        # Subjects differ in what they show, as posing people do.
        leaning = generator.dirichlet((3.0, 1.2, 1.0))
        rows += [
            sample(
                f"S{subject:03d}",
                number,
                high_level=str(generator.choice(HIGH_LEVEL, p=leaning)),
                units=tuple(bool(x) for x in generator.random(3) < (0.36, 0.3, 0.06)),
            )
            for number in range(1 + generator.poisson(3.55))
        ]
    return table_of(rows)


def write_image(path: Path, seed: int = 0, *, size=(64, 49), mode: str = "L") -> None:
    """Writes a small PNG of noise, making its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (size[1], size[0]) if mode == "L" else (size[1], size[0], 3)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def write_table(root: Path, *lines: str, name: str = "data_labels.csv") -> Path:
    """Writes a table with the line ends of the real one."""
    root.mkdir(parents=True, exist_ok=True)
    path = root / name
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode())
    return path


def write_coursework(root: Path) -> Path:
    """Writes the real table's first and last rows, with small images of noise."""
    write_table(root, COURSEWORK_HEADER, *COURSEWORK_ROWS)
    for number, row in enumerate(csv.reader(COURSEWORK_ROWS)):
        mode = "RGB" if number == len(COURSEWORK_ROWS) - 1 else "L"
        write_image(root / row[3], number, mode=mode)
    return root


def write_label(
    folder: Path, subject: str, sequence: str, kind: str, text: str
) -> Path:
    """Writes one FACS or emotion file of frame 11."""
    path = folder / subject / sequence / f"{subject}_{sequence}_00000011_{kind}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def write_official(
    root: Path,
    *,
    facs: str = "FACS",
    emotion: str = "Emotion",
    images: str = "cohn-kanade-images",
) -> Path:
    """Writes three subjects with the oddities of the real tree, and peak images.

    S005/001 is wholly labelled; S005/002 has an empty emotion folder; S010/001 has
    none; S010/010 has a happy face; S999/003 has an emotion but no FACS file.
    """
    write_label(
        root / facs, "S005", "001", "facs",
        "   9.0000000e+00   4.0000000e+00\n   1.7000000e+01   2.0000000e+00\n",
    )  # fmt: skip
    one_line = "   1.2000000e+01   0.0000000e+00\n"
    write_label(root / facs, "S005", "002", "facs", one_line)
    beyond = "   1.0000000e+00   3.0000000e+00\n   6.4000000e+01   0.0000000e+00\n"
    write_label(root / facs, "S010", "001", "facs", beyond)
    write_label(root / facs, "S010", "010", "facs", one_line)
    write_label(root / emotion, "S005", "001", "emotion", "   3.0000000e+00\n")
    write_label(root / emotion, "S010", "010", "emotion", "   5.0000000e+00\n")
    write_label(root / emotion, "S999", "003", "emotion", "   7.0000000e+00\n")
    (root / emotion / "S005" / "002").mkdir(parents=True)
    for folder in ("S005", "S005/001"):
        (root / facs / folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
        (root / emotion / folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    peaks = (("S005", "001"), ("S005", "002"), ("S010", "001"), ("S010", "010"))
    for number, (subject, sequence) in enumerate((*peaks, ("S999", "003"))):
        name = f"{subject}/{sequence}/{subject}_{sequence}_00000011.png"
        write_image(root / images / name, number)
    return root


CK48_SEQUENCES = (
    ("anger", "S010", "004", 17),
    ("contempt", "S138", "008", 9),
    ("disgust", "S005", "001", 9),
    ("fear", "S011", "003", 12),
    ("happy", "S010", "006", 13),
    ("sadness", "S014", "002", 14),
    ("surprise", "S010", "002", 12),
)
"""A sequence of each emotion: folder, subject, sequence and the first of its frames."""


def write_ck48(root: Path, *, inner: str = "CK+48/") -> Path:
    """Writes three frames of a sequence of each emotion, and other files."""
    for number, (emotion, subject, sequence, first) in enumerate(CK48_SEQUENCES):
        for frame in range(first, first + 3):
            name = f"{inner}{emotion}/{subject}_{sequence}_{frame:08d}.png"
            write_image(root / name, 100 * number + frame, size=(48, 48))
    (root / f"{inner}anger/.DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (root / f"{inner}anger/Thumbs.db").write_bytes(b"\xd0\xcf")
    return root
