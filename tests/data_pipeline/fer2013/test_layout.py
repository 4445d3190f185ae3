"""The image path of each row of FER2013 and FER+."""

import csv

import pytest

from data_pipeline.fer2013.ferplus_csv import read_ferplus
from data_pipeline.fer2013.layout import image_names, label_files
from data_pipeline.labels.labels import FERPLUS_VOTES
from data_pipeline.readers import read
from tests.factories.data.fer2013 import VOTES, needs_votes, write_votes


@pytest.fixture
def votes(tmp_path):
    """The table of votes of one fixture."""
    return write_votes(tmp_path)


def test_names(votes):
    """The later of two rows keeps a name; a nameless row has no image."""
    names = image_names(read_ferplus(votes))
    assert names[3] is None
    assert names[4] == "fer0000003_row4.png"
    assert names[6] == "fer0000003.png"


@pytest.mark.slow
@needs_votes
def test_real_votes(tmp_path):
    """The real table: 35,887 rows, 173 nameless, four repeated names kept apart."""
    voted = read_ferplus(VOTES)
    names = image_names(voted)
    assert len(voted) == 35887
    assert sum(name is None for name in names) == 173
    assert len(set(names)) == 35714 + 1
    doubled = [row for row, name in enumerate(names) if name and "_row" in name]
    assert doubled == [5274, 5348, 8423, 33200]
    assert {sum(row.votes) for row in voted} == {9, 10}
    assert [row for row, own in enumerate(voted) if sum(own.votes) == 9] == [10435]
    last = names[35886]
    assert last == "fer0035801.png"
    for path, content in label_files(voted).items():
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_bytes(content)
    table = read(tmp_path, "ferplus")
    sizes = table.frame["partition"].value_counts()
    assert [int(sizes[part]) for part in ("train", "validation", "test")] == [
        *(28561, 3579, 3574),
    ]


def test_vote_columns_are_named(votes):
    """The table's header has the vote columns in the project's order."""
    with votes.open() as file:
        assert tuple(next(csv.reader(file))[2:]) == FERPLUS_VOTES
