"""CK+'s two layouts on disk: exact bytes of tables, names and oddities."""

import csv
import re
from pathlib import Path

import pytest
from PIL import Image

from data_pipeline.labels.labels import CKPLUS_ACTION_UNITS
from data_pipeline.synthetic.layouts import coursework as coursework_layout
from data_pipeline.synthetic.layouts import official as official_layout
from data_pipeline.synthetic.layouts import table as table_layout
from data_pipeline.synthetic.population.plan import plan
from data_pipeline.synthetic.write import write_synthetic

HEADER = (
    b"subject,sequence,image_index,filepath,file_prefix,AU17,AU1,AU2,AU25,AU27,AU4,"
    b"AU7,AU23,AU24,AU6,AU12,AU15,AU14,AU11,AU26,high_level_emotion\r\n"
)


@pytest.fixture(scope="module")
def coursework(tmp_path_factory) -> Path:
    """A small synthetic set in the coursework layout."""
    out = tmp_path_factory.mktemp("synthetic") / "coursework"
    write_synthetic(out, subjects=2, seed=1)
    return out


@pytest.fixture(scope="module")
def official(tmp_path_factory) -> Path:
    """A small synthetic set in the official layout."""
    out = tmp_path_factory.mktemp("synthetic") / "official"
    write_synthetic(out, layout="official", subjects=2, seed=1)
    return out


def test_the_table_has_the_real_bytes(coursework):
    """The header is exact, lines end with CRLF, and there is no byte-order mark."""
    content = (coursework / "data_labels.csv").read_bytes()

    assert content.startswith(HEADER)
    assert content.count(b"\n") == content.count(b"\r\n") == 10
    assert content.endswith(b"\r\n")


def test_every_row_names_its_image(coursework):
    """Paths follow subject, number and frame, and the images exist."""
    with (coursework / "data_labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    for row in rows:
        prefix = (
            f"{row['subject']}_{int(row['sequence']):03d}_{int(row['image_index']):08d}"
        )
        folder = f"{row['subject']}/{int(row['sequence']):03d}"
        assert row["file_prefix"] == prefix
        assert row["filepath"] == f"./cohn-kanade-images/{folder}/{prefix}.png"
        with Image.open(coursework / row["filepath"]) as image:
            assert image.format == "PNG"
            assert image.mode in ("L", "RGB")
            assert image.size in ((640, 490), (640, 480), (720, 480))
    assert len(list(coursework.rglob("*.png"))) == len(rows)


def test_the_full_table_has_560_rows():
    """The default table is as long as the real one; its labels are 0 or 1."""
    table = coursework_layout.labels(plan(123, 1))["data_labels.csv"].decode("ascii")
    rows = list(csv.DictReader(table.splitlines()))

    assert len(rows) == 560
    assert {row[f"AU{unit}"] for row in rows for unit in (1, 12, 27)} == {"0", "1"}
    assert {row["high_level_emotion"] for row in rows} == {
        "negative",
        "positive",
        "surprise",
    }


def test_the_folder_is_marked_as_synthetic(coursework):
    """The marker describes the folder and has the command and the seed."""
    text = (coursework / "SYNTHETIC.txt").read_text("utf-8")

    assert "no real person" in text
    assert "--layout coursework --subjects 2 --seed 1" in text
    assert "\nseed: 1\n" in text


def test_label_files_are_written_as_matlab_does():
    """FACS and emotion files hold floats behind three blanks."""
    files = official_layout.labels(plan(123, 1))

    for name, content in files.items():
        if name.endswith("_facs.txt"):
            assert re.fullmatch(
                rb"(   \d\.\d{7}e\+\d\d   \d\.\d{7}e\+\d\d\n)+", content
            ), name
        if name.endswith("_emotion.txt"):
            assert re.fullmatch(rb"   [1-7]\.0000000e\+00\n", content), name


def test_the_official_tree_has_the_oddities_of_ckplus():
    """All sequences are coded, 327 are named, and folders are empty or missing."""
    rows = plan(123, 1)
    files = official_layout.labels(rows)
    facs = {name: files[name] for name in files if name.endswith("_facs.txt")}
    emotions = [name for name in files if name.endswith("_emotion.txt")]
    empty = [name for name in files if name.endswith("/")]
    units = [
        tuple(float(number) for number in line.split())
        for content in facs.values()
        for line in content.decode().splitlines()
    ]

    assert len(facs) == 593
    assert len(emotions) == 327
    assert 0 < len(empty) < 593 - 327
    assert any(intensity == 0 for _, intensity in units)
    assert any(unit >= 50 for unit, _ in units)
    assert any(content.count(b"\n") == 1 for content in facs.values())
    assert any(name.endswith(".DS_Store") for name in files)


def test_the_official_tree_is_complete_on_disk(official):
    """Each sequence has a neutral first frame, a peak, and codes named after it."""
    for row in plan(2, 1):
        place = f"{row.subject}/{row.number:03d}"
        frames = sorted((official / "cohn-kanade-images" / place).glob("*.png"))
        codes = list((official / "FACS" / place).glob("*_facs.txt"))

        assert frames[0].stem == row.frame(1)
        assert frames[-1].stem == row.name
        assert [path.name for path in codes] == [f"{row.name}_facs.txt"]
    folders = [path for path in (official / "Emotion").rglob("*") if path.is_dir()]
    assert any(not list(folder.iterdir()) for folder in folders)


def test_both_layouts_show_the_same_faces(coursework, official):
    """A peak frame has the same bytes in both layouts."""
    for path in (coursework / "cohn-kanade-images").rglob("*.png"):
        twin = official / path.relative_to(coursework)
        assert path.read_bytes() == twin.read_bytes()


def test_the_table_has_the_rendered_intensities():
    """A peak has the intensities of the plan, a frame half-way half of them."""
    rows = plan(6, 1)
    text = table_layout.labels(rows)["faces.csv"].decode("ascii")
    table = list(csv.DictReader(text.splitlines()))
    assert [row["image"] for row in table] == [
        spec.path for spec in table_layout.images(rows)
    ]
    planned = {row.name: row for row in rows}
    peaks = [row for row in table if Path(row["image"]).stem in planned]
    assert len(peaks) == len(rows)
    for row in peaks:
        shown = planned[Path(row["image"]).stem].shown
        for unit in CKPLUS_ACTION_UNITS:
            assert int(row[f"intensity_AU{unit}"]) == shown.get(unit, 0)
            assert row[f"AU{unit}"] == str(int(unit in shown))
    first, half = rows[0], table[0]
    for unit in CKPLUS_ACTION_UNITS:
        level = first.shown.get(unit, 0)
        assert level // 2 - 1 <= int(half[f"intensity_AU{unit}"]) <= level // 2 + 1
    assert {row["intensity_AU12"] for row in table} > {"0", "2", "4"}
