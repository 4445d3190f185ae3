"""Laws that every reader obeys, and the messages about a wrong folder."""

import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from data_pipeline.dataset.datasets import DATASETS
from data_pipeline.images.decode import decode
from data_pipeline.labels.labels import BASIC_EMOTIONS, HighLevelEmotion
from data_pipeline.readers import read
from data_pipeline.system.errors import DataError
from tests.factories.data.own import WORDS, write_own_folders, write_own_table
from tests.factories.data.readers import READERS
from tests.strategies.tables import write_ck48, write_coursework, write_official


class ReaderLaws:
    """Laws of one reader on one fixture tree; subclasses name both."""

    reader = ""

    @staticmethod
    def write(root):
        """Writes the tree without inner folders but with wrappers."""
        raise NotImplementedError

    @pytest.fixture
    def tree(self, tmp_path):
        """Gives a fresh fixture tree."""
        self.write(tmp_path / "tree")
        return tmp_path / "tree"

    @pytest.fixture
    def table(self, tree):
        """Gives the reader's table of the tree."""
        return READERS[self.reader].read(tree)

    def test_detected(self, tree, tmp_path):
        """A reader detects its own layout, and not an empty folder."""
        (tmp_path / "empty").mkdir()
        assert READERS[self.reader].detect(tree)
        assert not READERS[self.reader].detect(tmp_path / "empty")

    def test_chosen(self, tree):
        """Reading by the name of a data set uses the reader of the layout found."""
        module = READERS[self.reader].__name__
        for dataset, entry in DATASETS.items():
            if module in entry.readers:
                assert read(tree, dataset).source == self.reader

    def test_named(self, table, tree):
        """A table names its reader, its root and one row for each image."""
        assert table.source == self.reader
        assert table.root == tree
        assert list(table.frame.index) == list(range(len(table)))
        assert table.frame["image"].is_unique

    def test_images_exist(self, table):
        """Every image path leads from the root to a file that can be decoded."""
        for image in table.frame["image"]:
            assert decode(table.root / image, size=8, channels=1).shape == (8, 8, 1)

    def test_labels(self, table):
        """Labels are of the closed sets, or missing and then None or NA."""
        high = set(table.frame["high_level_emotion"]) - {None}
        basic = set(table.frame["emotion"]) - {None}
        assert high <= set(HighLevelEmotion)
        assert basic <= set(BASIC_EMOTIONS)
        for unit in table.action_units:
            column = table.frame[unit]
            assert column.dtype == pd.Int8Dtype()
            assert set(column.dropna()) <= {0, 1}

    def test_subjects(self, table):
        """Every image is under its subject's name, and has a place of its label."""
        for row in table.frame.itertuples():
            assert f"/{row.subject}/" in row.image
            assert row.place

    def test_repeatable(self, table, tree):
        """Reading twice gives the same table."""
        pd.testing.assert_frame_equal(
            table.frame, READERS[self.reader].read(tree).frame
        )

    def test_moved(self, table, tree, tmp_path):
        """A tree that was moved has the same fingerprint."""
        shutil.move(tree, tmp_path / "elsewhere")
        moved = READERS[self.reader].read(tmp_path / "elsewhere")
        assert moved.fingerprint() == table.fingerprint()

    def test_blind(self, table, tree):
        """Only names are read, not pixels."""
        for image in table.frame["image"]:
            (tree / image).unlink()
        assert READERS[self.reader].read(tree).fingerprint() == table.fingerprint()

    def test_root_link(self, table, tree, tmp_path):
        """The data folder itself may be a link."""
        (tmp_path / "link").symlink_to(tree)
        linked = READERS[self.reader].read(tmp_path / "link")
        assert linked.fingerprint() == table.fingerprint()

    def test_link_out(self, table, tree, tmp_path):
        """An image linked from outside the data folder is refused with its name."""
        image = tree / table.frame["image"].iloc[0]
        image.rename(tmp_path / "outside.png")
        image.symlink_to(tmp_path / "outside.png")
        with pytest.raises(DataError, match=r"leaves the data folder.*outside\.png"):
            READERS[self.reader].read(tree)


class TestCoursework(ReaderLaws):
    """The coursework table."""

    reader = "ckplus_csv"
    write = staticmethod(write_coursework)


class TestOfficial(ReaderLaws):
    """The official tree as unpacked."""

    reader = "ckplus"
    write = staticmethod(write_official)


class TestWrapped(ReaderLaws):
    """The official tree with the folders that some unpackers put around it."""

    reader = "ckplus"

    @staticmethod
    def write(root):
        """Writes the tree with wrapper folders."""
        write_official(
            root,
            facs="FACS_labels/FACS",
            emotion="Emotion_labels/Emotion",
            images="extended-cohn-kanade-images/cohn-kanade-images",
        )


class TestLowerCase(ReaderLaws):
    """The official tree with the folder names that some copies have."""

    reader = "ckplus"

    @staticmethod
    def write(root):
        """Writes the tree with lower-case names."""
        write_official(root, facs="facs", emotion="emotions", images="images")


class TestFlatWrapped(ReaderLaws):
    """The official tree with subjects straight under the wrapper folders."""

    reader = "ckplus"

    @staticmethod
    def write(root):
        """Writes the tree with wrappers in place of the inner folders."""
        write_official(
            root,
            facs="FACS_labels",
            emotion="Emotion_labels",
            images="extended-cohn-kanade-images",
        )


class TestCk48(ReaderLaws):
    """CK+48 in its own folder."""

    reader = "ckplus48"
    write = staticmethod(write_ck48)

    def test_subjects(self, table):
        """Every image is named after its subject and sequence, and has a place."""
        for row in table.frame.itertuples():
            assert f"/{row.subject}_{row.sequence}_" in row.image
            assert row.place

    def test_blind(self, table, tree):
        """Names alone are read: pixels are not looked at."""
        for image in table.frame["image"]:
            (tree / image).write_bytes(b"")
        assert READERS[self.reader].read(tree).fingerprint() == table.fingerprint()


class TestCk48Itself(TestCk48):
    """CK+48 where the folder itself is given."""

    @staticmethod
    def write(root):
        """Writes the emotions' folders straight into the root."""
        write_ck48(root, inner="")


class TestOwnTable(ReaderLaws):
    """Own data in a table, its columns named after what they hold."""

    reader = "table"
    write = staticmethod(write_own_table)

    def test_labels(self, table):
        """Labels are the table's words, or missing and then None or NA."""
        assert table.words == WORDS
        assert set(table.frame["emotion"]) - {None} == set(WORDS)
        for unit in table.action_units:
            assert table.frame[unit].dtype == pd.Int8Dtype()

    def test_subjects(self, table):
        """Every image is named after its subject, and has a place of its label."""
        for row in table.frame.itertuples():
            assert f"/{row.subject}_" in row.image
            assert row.place


class TestOwnFolders(ReaderLaws):
    """Own data in folders of classes, inside parts."""

    reader = "folders"
    write = staticmethod(write_own_folders)

    def test_labels(self, table):
        """Labels are the names of the folders."""
        assert table.words == WORDS
        for row in table.frame.itertuples():
            assert f"/{row.emotion}/" in row.image

    def test_subjects(self, table):
        """Without an expression nobody is named; places are folders."""
        assert table.frame["subject"].isna().all()
        assert all(table.frame["place"].str.endswith("/"))

    def test_blind(self, table, tree):
        """Names alone are read: pixels are not looked at."""
        for image in table.frame["image"]:
            (tree / image).write_bytes(b"")
        assert READERS[self.reader].read(tree).fingerprint() == table.fingerprint()


def test_table_wins(tmp_path):
    """A folder with both layouts is read by its coursework table."""
    write_coursework(write_official(tmp_path))
    assert read(tmp_path, "ckplus").source == "ckplus_csv"


def test_no_folder(tmp_path):
    """A missing folder: its path, the layouts, how to get CK+, a way out."""
    with pytest.raises(DataError) as caught:
        read(tmp_path / "ckplus", "ckplus")
    message = str(caught.value)
    assert str(tmp_path / "ckplus") in message
    for part in (
        "data_labels.csv",
        "FACS/",
        "Emotion/",
        "jeffcohn.net",
        "--data synthetic",
    ):
        assert part in message
    assert "\n" not in message


def test_no_layout(tmp_path):
    """A folder without any layout is refused with the layouts accepted."""
    (tmp_path / "notes.txt").write_text("nothing here")
    with pytest.raises(DataError, match=r"no known layout.*data_labels\.csv.*FACS/"):
        read(tmp_path, "ckplus")


def test_no_dataset(tmp_path):
    """An unknown data set is refused with the available names."""
    with pytest.raises(
        DataError,
        match=r"ckplus, .*, affectnet, table, folders; found 'ckpluss'",
    ):
        read(tmp_path, "ckpluss")


def test_light():
    """Importing the readers loads no Keras, TensorFlow, Ray, SciPy or scikit-learn."""
    code = (
        "import sys, data_pipeline.readers, data_pipeline.split.split; heavy = "
        "{'keras', 'tensorflow', 'ray', 'sklearn', 'scipy'} & set(sys.modules); "
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    done = subprocess.run(  # noqa: S603 (our own interpreter and code)
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_decoded_modes(tmp_path):
    """Grey and RGB images of one tree decode into one shape."""
    table = read(write_coursework(tmp_path), "ckplus")
    shapes = {
        decode(tmp_path / image, size=16, channels=1).shape
        for image in table.frame["image"]
    }
    assert shapes == {(16, 16, 1)}
    assert np.all(table.frame["emotion"].isna())
