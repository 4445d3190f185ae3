"""The page of study files lists every key as the registries have it."""

import pytest

from models.config.hyperparameters import HYPERPARAMETERS
from search.study.sections import SECTIONS
from tests.factories.texts.study_reference import PAGES, README, written


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_tables_are_the_registries(page):
    """Keys, ranges, defaults and meanings are those of the code."""
    text = page.read_text("utf-8")
    assert written(page) == text, "run python -m tests.factories.texts.study_reference"


@pytest.mark.parametrize("key", HYPERPARAMETERS)
def test_every_key_is_listed(key):
    """Each hyperparameter has a row."""
    assert f"\n| `{key}` |" in README.read_text("utf-8")


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_listed(section):
    """Each section has a row for each key."""
    text = README.read_text("utf-8")
    for field in SECTIONS[section].__dataclass_fields__:
        assert f"\n| `[{section}] {field}` |" in text
