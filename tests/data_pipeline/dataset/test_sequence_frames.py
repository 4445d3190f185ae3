"""Frames of a sequence, by their names: the neutral first one and the last ones."""

import shutil

import pytest

from data_pipeline.config.split_config import SplitConfig
from data_pipeline.dataset.sequence_frames import Frames
from data_pipeline.readers import read
from data_pipeline.readers.reader import ReadOptions
from data_pipeline.split.split import split
from data_pipeline.system.errors import DataError
from data_pipeline.targets.targets import read_targets
from search.study.study import check_study, read_study
from tests.factories.data.readers import READERS
from tests.factories.runs import searched, write_study
from tests.strategies.tables import write_ck48, write_coursework, write_official

NEUTRAL = Frames(neutral="first")


@pytest.fixture
def root(tmp_path):
    """Gives the official fixture tree, whose sequences end at frame 11."""
    return write_official(tmp_path / "tree")


def rows(root, frames, reader="ckplus"):
    """Lists image numbers and emotions of each sequence."""
    frame = READERS[reader].read(root, ReadOptions(frames=frames)).frame
    found = {}
    for row in frame.itertuples():
        number = int(row.image.removesuffix(".png")[-8:])
        found.setdefault((row.subject, row.sequence), []).append((number, row.emotion))
    return found


def test_usual(root):
    """Default options given explicitly or left out give the same table."""
    table = read(root, "ckplus")
    for frames in (Frames(), Frames(neutral="none", last=None), Frames(last=1)):
        assert read(root, "ckplus", frames).fingerprint() == table.fingerprint()


def test_neutral(root):
    """Each sequence with an emotion begins with a neutral row; the others do not."""
    found = rows(root, NEUTRAL)
    assert found["S005", "001"] == [(1, "neutral"), (11, "disgust")]
    assert found["S999", "003"] == [(1, "neutral"), (11, "surprise")]
    assert found["S005", "002"] == [(11, None)]


def test_neutral_labels(root):
    """A neutral face shows none of the coded action units; uncoded ones stay masked."""
    frame = read(root, "ckplus", NEUTRAL).frame
    neutral = frame[frame["emotion"] == "neutral"].set_index("subject")
    units = [name for name in frame.columns if name.startswith("AU")]
    assert neutral["high_level_emotion"].isna().all()
    assert neutral.loc["S005", units].eq(0).all()
    assert neutral.loc["S999", units].isna().all()


def test_last(root):
    """The last frames share emotion and action units of the peak."""
    table = read(root, "ckplus", Frames(last=3))
    assert rows(root, Frames(last=3))["S005", "001"] == [
        (9, "disgust"), (10, "disgust"), (11, "disgust"),
    ]  # fmt: skip
    assert len(table) == 15
    units = table.frame.iloc[:3][list(table.action_units)]
    assert units.nunique().eq(1).all()
    assert table.frame["AU17"].iloc[:3].tolist() == [1, 1, 1]


def test_first_is_never_the_peak(root):
    """However many frames are read, the neutral one does not share the label."""
    found = rows(root, Frames(neutral="first", last=50))["S010", "010"]
    assert found[0] == (1, "neutral")
    assert found[1:] == [(number, "happiness") for number in range(2, 12)]


def test_blind(root):
    """The frames follow from the names of the labels: no image is looked for."""
    frames = Frames(neutral="first", last=3)
    table = read(root, "ckplus", frames)
    shutil.rmtree(root / "cohn-kanade-images/S005/001")
    assert read(root, "ckplus", frames).fingerprint() == table.fingerprint()


def test_together(root):
    """All frames of a subject are in one part."""
    table = read(root, "ckplus", Frames(neutral="first", last=3))
    divided = split(table, SplitConfig(folds=2, hold_out=0.3))
    held = set(divided.hold_out.subjects)
    assert not held & set(divided.development.frame["subject"])


def test_targets(root):
    """Neutral is a class of basic_neutral, and masked in basic."""
    table = read(root, "ckplus", NEUTRAL)
    wide = read_targets(table, wanted=("emotion",), emotions="basic_neutral")
    assert wide.emotions[0] == "neutral"
    assert len(wide.emotions) == 8
    assert wide.emotion[:, 0].sum() == 3
    narrow = read_targets(table, wanted=("emotion",), emotions="basic")
    assert narrow.emotion_mask.sum() == 3


def test_no_neutral_faces(root):
    """Neutral as a class without neutral faces is refused with the way out."""
    with pytest.raises(DataError, match=r'neutral faces.*neutral = "first"'):
        read_targets(
            read(root, "ckplus"), wanted=("emotion",), emotions="basic_neutral"
        )


def test_ck48(tmp_path):
    """CK+48 gives all three frames or the last ones, and has no neutral face."""
    root = write_ck48(tmp_path)
    assert rows(root, Frames(last=2), "ckplus48")["S010", "004"] == [
        (18, "anger"), (19, "anger"),
    ]  # fmt: skip
    assert len(read(root, "ckplus", Frames(last=1))) == 7
    assert len(read(root, "ckplus", Frames(last=9))) == 21
    with pytest.raises(DataError, match=r'neutral = "first": CK\+48.*"none"'):
        read(root, "ckplus", NEUTRAL)


def test_coursework(tmp_path):
    """The coursework table names peaks only: other frames are refused."""
    root = write_coursework(tmp_path)
    for frames in (NEUTRAL, Frames(last=3)):
        with pytest.raises(DataError, match=r"neutral and frames.*official CK\+ tree"):
            read(root, "ckplus", frames)


@pytest.mark.parametrize(
    ("values", "words"),
    [({"neutral": "last"}, "none, first; found 'last'"), ({"last": 0}, "found 0")],
)
def test_refused(values, words):
    """Values that no study may have are refused with the rule."""
    with pytest.raises(DataError, match=words):
        Frames(**values)


def changed(**keys):
    """Checks the CK+ study with other keys in its data section."""
    raw = dict(read_study("ckplus").raw)
    return check_study(
        raw | {"data": dict(raw["data"]) | keys}, name="ckplus", place="ckplus.toml"
    )


def test_identity():
    """A default is the same whether it is named or not; another value is not."""
    usual = read_study("ckplus").identity()
    assert changed(neutral="none").identity() == usual
    other = changed(neutral="first", frames=3).identity()
    assert other == usual | {"data.neutral": "first", "data.frames": 3}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"neutral": "last"}, r"neutral: must be 'none' or 'first', found 'last'"),
        ({"frames": 0}, r"frames: must be.*1, found 0"),
        (
            {"neutral": "first", "targets": ["emotion"]},
            r'neutral: "first".*"high_level" has no class.*"basic_neutral"',
        ),
    ],
)
def test_bad_study(keys, words):
    """Wrong keys are refused with file, key and value."""
    with pytest.raises(ValueError, match=words):
        changed(**keys)


@pytest.mark.slow
def test_run(official, tmp_path):
    """A search with neutral faces and three frames a sequence runs to its end."""
    study = write_study(tmp_path)
    words = ("data.emotions=basic_neutral", "data.neutral=first", "data.frames=3")
    settings = [
        part for word in (*words, "search.trials=1") for part in ("--set", word)
    ]
    answer = searched(study, official, tmp_path / "runs", *settings)
    assert (answer.code, answer.err) == (0, "")
    text = (tmp_path / "runs/tiny-synthetic/model.json").read_text()
    assert '"neutral"' in text
