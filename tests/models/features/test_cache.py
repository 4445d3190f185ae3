"""The cache of features: computed once, resumed, repaired, named by what they are."""

from dataclasses import replace

import numpy as np
import pytest

from data_pipeline.system.errors import RunError
from models.features.cache import CHUNK, FeatureKey, cached_features

ROWS = 2 * CHUNK + 5
SHAPE = (ROWS, 2, 3)
KEY = FeatureKey(pixels="images-0", network="net", copies=1, augmentation=(0.5,))
FEATURES = np.arange(np.prod(SHAPE), dtype=np.float32).reshape(SHAPE)


class Network:
    """Counts the chunks that it computes; may be killed before one."""

    def __init__(self, dies_at=None):
        """Lets it die before a chunk."""
        self.chunks = []
        self._dies_at = dies_at

    def __call__(self, rows):
        """Returns the features of some rows."""
        if len(self.chunks) == self._dies_at:
            raise KeyboardInterrupt
        self.chunks.append(rows)
        return FEATURES[rows.start : rows.stop]


def _read(folder, network, key=KEY):
    return cached_features(folder, key, shape=SHAPE, compute=network)


def test_features_are_computed_once(tmp_path):
    """The second call maps the file of the first, and computes nothing."""
    first, second = Network(), Network()
    np.testing.assert_array_equal(_read(tmp_path, first), FEATURES)
    found = _read(tmp_path, second)
    np.testing.assert_array_equal(found, FEATURES)
    assert (len(first.chunks), second.chunks) == (3, [])
    assert not found.flags.writeable


def test_a_killed_computation_is_resumed(tmp_path):
    """What was written before a kill is not computed again."""
    with pytest.raises(KeyboardInterrupt):
        _read(tmp_path, Network(dies_at=2))
    rest = Network()
    np.testing.assert_array_equal(_read(tmp_path, rest), FEATURES)
    assert rest.chunks == [range(2 * CHUNK, ROWS)]


@pytest.mark.parametrize("damage", ["flip", "truncate"])
def test_a_damaged_file_is_repaired(tmp_path, damage):
    """A wrong byte or a lost end costs the chunks that have it, and no number."""
    _read(tmp_path, Network())
    path = tmp_path / KEY.name()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content if damage == "flip" else content[:-8])
    again = Network()
    np.testing.assert_array_equal(_read(tmp_path, again), FEATURES)
    assert again.chunks == [range(2 * CHUNK, ROWS)]


@pytest.mark.parametrize(
    "change",
    [
        {"pixels": "images-1"},
        {"network": "other"},
        {"copies": 2},
        {"augmentation": (0.25,)},
    ],
)
def test_other_features_have_another_name(change):
    """Every part of the key is in the name."""
    assert replace(KEY, **change).name() != KEY.name()


def test_a_folder_that_cannot_be_written(tmp_path):
    """The message names the folder and a way out."""
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"features cannot be written there .*--out"):
        _read(tmp_path / "file", Network())
