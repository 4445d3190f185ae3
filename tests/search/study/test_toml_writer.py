"""The text of a study file: reads back as it was, in the order it was."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from search.study.toml_writer import study_text

KEYS = st.text("abé.-_ \"\\'#=[]", max_size=6)
PLAIN = st.one_of(
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=6,
)


def in_order(value):
    """Makes the order of keys part of a value, so that == compares it."""
    if isinstance(value, dict):
        return [(key, in_order(inner)) for key, inner in value.items()]
    return [in_order(inner) for inner in value] if isinstance(value, list) else value


@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=4), max_size=3))
def test_round_trips(tables):
    """Any sections read back with the same keys, values and order of keys."""
    assert in_order(tomllib.loads(study_text(tables))) == in_order(tables)
