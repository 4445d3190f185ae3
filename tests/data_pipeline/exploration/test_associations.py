"""Associations of labels: phi, co-occurrence, Cramer's V, entropy, and their edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats.contingency import association

from data_pipeline.exploration.associations import cramers_v, phi, prevalence
from data_pipeline.exploration.sections.votes import vote_entropy
from tests.strategies.tables import LAW

LABELS = arrays(bool, st.tuples(st.integers(2, 30), st.integers(1, 5)))
TABLES = arrays(np.int64, st.tuples(st.integers(1, 5), st.integers(1, 5)),
                elements=st.integers(0, 40))  # fmt: skip


@LAW
@given(LABELS)
def test_phi_is_pearsons_correlation(present):
    """Phi of fully coded labels is Pearson's correlation, NaN where that is."""
    values, counts = phi(present, np.ones_like(present))
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.corrcoef(present.astype(float), rowvar=False)
    np.testing.assert_allclose(values, np.atleast_2d(expected), atol=1e-9)
    assert (counts == len(present)).all()


@LAW
@given(LABELS, st.integers(0, 2**31 - 1))
def test_unknown_rows_are_as_if_absent(present, seed):
    """A pair's phi and co-occurrence use the rows where both units are coded."""
    coded = np.random.default_rng(seed).random(present.shape) < 0.7
    values, counts = phi(present, coded)
    shares, given_first = prevalence(present & coded, present, coded)
    for i, j in np.ndindex(*values.shape):
        both = coded[:, i] & coded[:, j]
        part = present[both][:, [i, j]]
        one, _ = phi(part, np.ones_like(part))
        other, rows = prevalence(part, part, np.ones_like(part))
        assert counts[i, j] == both.sum()
        assert given_first[i, j] == rows[0, 1]
        np.testing.assert_allclose(values[i, j], one[0, 1])
        np.testing.assert_allclose(shares[i, j], other[0, 1])


def test_label_that_never_or_always_occurs():
    """Phi with a constant label and P(j | never present) are undefined, not 0."""
    present = np.array([[0, 1, 1], [0, 1, 0], [0, 1, 1]], bool)
    values, _ = phi(present, np.ones_like(present))
    assert np.isnan(values[0]).all()
    assert np.isnan(values[1]).all()
    assert values[2, 2] == 1
    shares, given_first = prevalence(present, present, np.ones_like(present))
    assert np.isnan(shares[0]).all()
    assert given_first[0].tolist() == [0, 0, 0]
    assert shares[1].tolist() == [0, 1, pytest.approx(2 / 3)]


def test_prevalence_by_class():
    """A class's prevalence counts its coded rows; a class without any has none."""
    present = np.array([[1], [0], [1], [1]], bool)
    coded = np.array([[1], [1], [0], [1]], bool)
    members = np.array([[1, 0], [1, 0], [1, 0], [0, 0]], bool)
    shares, rows = prevalence(members, present, coded)
    assert shares[0].tolist() == [0.5]
    assert np.isnan(shares[1]).all()
    assert rows.tolist() == [[2], [0]]


@LAW
@given(TABLES)
def test_plain_v_is_scipys(table):
    """Plain V is SciPy's where that is defined, and both forms are in [0, 1]."""
    full = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    value, corrected = (cramers_v(table, corrected=flag) for flag in (False, True))
    if min(full.shape) < 2:
        assert np.isnan(value)
        assert np.isnan(corrected)
        return
    assert value == pytest.approx(association(full, method="cramer"))
    assert np.isnan(corrected) or 0 <= corrected <= 1


def test_corrected_v_by_hand():
    """The corrected V of a 2 x 2 table is Bergsma's, worked by hand."""
    table = np.array([[20, 10], [10, 20]])
    # phi^2 = 1/9; less 1/59; each side 2 - 1/59.
    expected = np.sqrt((1 / 9 - 1 / 59) / (1 - 1 / 59))
    assert cramers_v(table, corrected=True) == pytest.approx(expected)
    assert cramers_v(np.full((2, 2), 15), corrected=True) == 0


@LAW
@given(arrays(np.int64, (6, 4), elements=st.integers(0, 10)))
def test_entropy_is_bounded(votes):
    """Entropy is 0 to log2 of the categories, 0 only where all agree, NaN unvoted."""
    bits = vote_entropy(votes)
    voted = votes.sum(axis=1) > 0
    assert np.isnan(bits[~voted]).all()
    assert ((bits[voted] >= 0) & (bits[voted] <= 2 + 1e-9)).all()
    np.testing.assert_array_equal(bits[voted] == 0, (votes[voted] > 0).sum(axis=1) == 1)
