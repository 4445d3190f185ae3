"""Laws of the sample table: validated, order-blind fingerprint, missing as missing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.dataset.table_checks import image_path
from data_pipeline.labels.labels import DIMENSIONS
from data_pipeline.system.errors import DataError
from tests.strategies.tables import LAW, UNITS, sample, table_of, tables


@LAW
@given(tables(), st.randoms())
def test_fingerprint_order(table, random):
    """The fingerprint does not depend on the order of rows."""
    rows = list(range(len(table)))
    random.shuffle(rows)
    assert table.take(np.array(rows)).fingerprint() == table.fingerprint()


def test_fingerprint_root():
    """The fingerprint does not depend on the root or on where labels stood."""
    rows = [sample("S005", 1), sample("S010", 1)]
    elsewhere = table_of(rows, Path("/somewhere/else"))
    assert elsewhere.fingerprint() == table_of(rows).fingerprint()


@pytest.mark.parametrize(
    "change",
    [
        {"high_level": "positive"},
        {"high_level": None},
        {"basic": "fear"},
        {"units": (True, False, False)},
        {"units": (None, False, False)},
    ],
)
def test_fingerprint_labels(change):
    """The fingerprint changes with any label, and 0 is not the same as unknown."""
    plain = table_of([sample("S005", 1)])
    assert table_of([sample("S005", 1, **change)]).fingerprint() != plain.fingerprint()


def test_ratings():
    """Valence and arousal are hashed where there are some; missing is not 0."""
    plain = sample("S005", 1)
    rated = [replace(plain, valence=v, arousal=a) for v, a in ((0.0, None), (0.0, 0.0))]
    tables = [table_of([row]) for row in (plain, *rated)]
    assert [table.dimensions for table in tables] == [(), DIMENSIONS, DIMENSIONS]
    assert "valence" not in tables[0].frame.columns
    assert tables[1].frame["arousal"].tolist() == [pd.NA]
    assert len({table.fingerprint() for table in tables}) == 3
    assert tables[1].take(np.array([0])).dimensions == DIMENSIONS


def test_intensities():
    """Intensities have columns where some were coded; a target of them is hashed."""
    plain = sample("S005", 1, units=(True, False, None))
    coded = table_of([replace(plain, intensities={"AU17": 3, "AU1": 0, "AU12": None})])
    assert coded.intensities == UNITS
    levels = [coded.frame[f"intensity_{unit}"].tolist() for unit in UNITS]
    assert levels == [[3], [0], [pd.NA]]
    assert coded.fingerprint() == table_of([plain]).fingerprint()
    assert coded.fingerprint(intensities=True) != coded.fingerprint()
    bare = table_of([plain])
    assert bare.intensities == ()
    assert bare.fingerprint(intensities=True) == bare.fingerprint()


@LAW
@given(tables())
def test_take(table):
    """Taking rows keeps their values and types, and numbers them from 0."""
    rows = np.arange(len(table))[::2]
    part = table.take(rows)
    assert list(part.frame.index) == list(range(len(rows)))
    assert part.frame.dtypes.equals(table.frame.dtypes)
    assert part.frame["image"].tolist() == table.frame["image"].iloc[rows].tolist()


def test_missing():
    """A missing text is None and a missing action unit is NA, never an empty value."""
    row = sample("S005", 1, high_level=None, units=(None, True, False))
    frame = table_of([row]).frame
    assert frame["high_level_emotion"].tolist() == [None]
    assert frame["AU17"].tolist() == [pd.NA]
    assert frame[list(UNITS)].dtypes.unique().tolist() == [pd.Int8Dtype()]


def test_twice():
    """A table has an image once."""
    with pytest.raises(DataError, match=r"S005_001\.png twice"):
        table_of([sample("S005", 1), sample("S005", 1)])


@LAW
@given(st.text(max_size=30))
def test_image_paths(text):
    """Whatever is accepted as an image path stays below the root, in one spelling."""
    try:
        path = image_path(text, "here")
    except DataError:
        return
    assert not path.startswith("/")
    assert ".." not in path.split("/")
    assert image_path(path, "here") == path
