"""DISFA and BP4D: the table that a study's header makes of a drawn tree is read."""

import numpy as np
import pytest

from data_pipeline import check, draft
from data_pipeline.config.study_data import read_study_data
from data_pipeline.development import read_table
from data_pipeline.files.study_files import STUDIES
from data_pipeline.targets.targets import read_targets
from tests.factories.data.layouts import draw
from tests.factories.runs import run_main

DISFA = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
BP4D = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)
GRADED = (6, 10, 12, 14, 17)
PEOPLE = 8
FRAMES = 45
"""Frames of a video; every twentieth is a row: 1, 21 and 41 of DISFA."""


def level(who, unit, frame):
    """Writes an intensity that tells people, units and frames apart."""
    return (3 * who + unit + frame // 20) % 6


def write_disfa(root):
    """Writes a file for each person and unit, and the images of some frames."""
    for who in range(1, PEOPLE + 1):
        name = f"SN{who:03d}"
        folder = root / "ActionUnit_Labels" / name
        folder.mkdir(parents=True)
        for unit in DISFA:
            lines = [f"{n},{level(who, unit, n)}\n" for n in range(1, FRAMES + 1)]
            (folder / f"{name}_au{unit}.txt").write_text("".join(lines))
        for frame in range(1, FRAMES + 1, 20):
            draw(root / f"DIR/frames/{name}/{frame}.png", 100 * who + frame, who % 6)


def write_bp4d(root):
    """Writes tables of presence and of intensities, and the images of two tasks."""
    for folder in ("AU_OCC", *(f"AU_INT/AU{unit:02}" for unit in GRADED)):
        (root / "AUCoding" / folder).mkdir(parents=True)
    for who in range(1, PEOPLE + 1):
        for task in ("T1", "T8"):
            _write_task(root, who, f"F{who:03d}", task)


def _write_task(root, who, name, task):
    frames = range(500, 500 + FRAMES)
    lines = [",".join(map(str, range(100)))]
    for n in frames:
        present = {u: int(level(who, u, n) > 0) for u in BP4D} | {24: 9}
        lines.append(",".join(str(present.get(u, 9)) for u in range(1, 100)))
        lines[-1] = f"{n},{lines[-1]}"
        if n % 20 != 1:
            digits = 4 if task == "T1" else 1
            path = root / f"DIR/images/{name}/{task}/{n:0{digits}d}.jpg"
            draw(path, n + who, who % 6)
    (root / f"AUCoding/AU_OCC/{name}_{task}.csv").write_text("\n".join(lines))
    for unit in GRADED:
        # One frame has no line, and one is unknown.
        known = [f"{n},{9 if n == 520 else level(who, unit, n)}" for n in frames[1:]]
        path = f"AUCoding/AU_INT/AU{unit:02}/{name}_{task}_AU{unit:02}.csv"
        (root / path).write_text("\n".join(known))


def snippet(name):
    """Returns the Python code in a study's header."""
    lines = (STUDIES / f"{name}.toml").read_text().splitlines()
    start = lines.index("#   from pathlib import Path")
    code = [line for line in lines[start:] if line.startswith("#   ")]
    return "\n".join(line.removeprefix("#   ") for line in code)


TREES = {"disfa": write_disfa, "bp4d": write_bp4d}


@pytest.fixture(params=TREES)
def made(request, tmp_path, monkeypatch):
    """Writes a tree, runs the header's code in it, and reads it as the study does."""
    name = request.param
    TREES[name](tmp_path)
    monkeypatch.chdir(tmp_path / "DIR")
    exec(compile(snippet(name), name, "exec"), {})  # noqa: S102 - our own header
    data = read_study_data(name).data
    table = read_table(tmp_path / "DIR", data, lambda *_: None)
    return name, table, read_targets(table, wanted=data.targets, emotions="own")


def test_every_label_is_that_of_its_file(made):
    """Presence and intensity are those of the person, the unit and the frame."""
    name, table, targets = made
    subjects = sorted(set(table.frame["subject"]))
    assert len(subjects) == PEOPLE
    assert all((table.root / image).is_file() for image in table.frame["image"])
    graded = DISFA if name == "disfa" else GRADED
    assert set(targets.intensities) == {f"AU{unit}" for unit in graded}
    rows = zip(table.frame["subject"], table.frame["image"], strict=True)
    for row, (subject, image) in enumerate(rows):
        frame = int(image.rpartition("/")[2].partition(".")[0])
        for place, unit in enumerate(targets.intensities):
            wanted = level(int(subject[-3:]), int(unit[2:]), frame)
            known = frame not in (500, 520)
            assert targets.intensity_mask[row, place] == known
            assert targets.intensity[row, place] == wanted * known
            column = targets.action_units.index(unit)
            least = 2 if name == "disfa" else 1
            assert targets.action_unit[row, column] == (wanted >= least)
    assert targets.action_unit_mask.all()
    units = DISFA if name == "disfa" else BP4D[:-1]  # AU24 is unknown everywhere
    assert set(targets.action_units) == {f"AU{unit}" for unit in units}


def test_rows_are_every_twentieth_frame(made):
    """Of each video as many rows as whole twenties, with an id of the video."""
    name, table, _ = made
    videos = table.frame.groupby("sequence").size()
    assert len(videos) == PEOPLE * (1 if name == "disfa" else 2)
    assert set(videos) == {3}
    assert np.unique(table.frame["image"]).size == len(table)


def test_check_finds_nothing_wrong(made):
    """The check of the study accepts its own layout, and a search could begin."""
    name, table, _ = made
    words = ("--study", name, "--data", str(table.root))
    answer = run_main(check.main, *words)
    assert (answer.code, answer.err) == (0, ""), answer.out


def test_a_draft_is_the_study(made, tmp_path):
    """The table that the header's lines make is recognized, with its ready study."""
    name, table, _ = made
    to = tmp_path / "mine.toml"
    answer = run_main(draft.main, "--data", str(table.root), "--to", str(to))
    assert (answer.code, answer.err) == (0, "")
    assert f"which studies/{name}.toml describes" in answer.out
    ready, drafted = read_study_data(name), read_study_data(str(to))
    assert drafted.data == ready.data
    assert (drafted.split.by, drafted.split.folds) == ("subject", ready.split.folds)


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize("below", ["", "DIR"])
def test_a_draft_names_the_lines_to_run_first(tmp_path, name, below):
    """The tree as published has no table yet: the message says where its lines are."""
    TREES[name](tmp_path)
    to = tmp_path / "mine.toml"
    answer = run_main(draft.main, "--data", str(tmp_path / below), "--to", str(to))
    assert answer.code == 2
    for word in (f"studies/{name}.toml", f"make {name}.csv", str(tmp_path)):
        assert word in answer.err
    assert not to.exists()
