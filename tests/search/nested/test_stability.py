"""How far the outer parts agree on a configuration."""

import pytest

from search.nested.stability import stability
from tests.factories.ledger import small

SPACE = small().space


def config(optimizer="adam", rate=1e-3, decay=0.004):
    """Makes the complete configuration of a part."""
    return {
        "training.optimizer": optimizer,
        "training.learning_rate": rate,
        "training.weight_decay": decay,
    }


def test_counts_and_ranges():
    """Choices are counted, and numbers compared on the scale of their range."""
    chosen = [config(rate=1e-4), config("adamw", 1e-3, 5e-3), config(rate=1e-3)]
    found = stability(SPACE, chosen)
    assert found["training.optimizer"] == {
        "parts": 3,
        "counts": {"adam": 2, "adamw": 1},
        "agree": 2,
    }
    rate = found["training.learning_rate"]
    assert (rate["parts"], rate["least"], rate["median"]) == (3, 1e-4, 1e-3)
    assert rate["spread"] == pytest.approx(1 / 3), "one of three powers of ten"


def test_a_key_counts_where_it_has_an_effect():
    """The default of an inactive key is no choice."""
    decay = stability(SPACE, [config(), config("adamw", decay=5e-3)])
    assert decay["training.weight_decay"]["parts"] == 1
    assert decay["training.weight_decay"]["most"] == 5e-3
    nowhere = stability(SPACE, [config()])
    assert nowhere["training.weight_decay"] == {"parts": 0}


def test_equal_choices_do_not_spread():
    """Parts that chose the same agree, with a spread of 0."""
    found = stability(SPACE, [config(), config()])
    assert found["training.optimizer"]["agree"] == 2
    assert found["training.learning_rate"]["spread"] == 0
