"""The suite itself: it finds planted flaws, and leaves nothing to chance.

``test_backbones`` shows that it gives no false alarm on deep networks.
"""

import numpy as np
import pytest

from data_pipeline.own_code.laws import BrokenLawError
from models.conformance.backbones import BackboneBench
from models.conformance.rows import assert_same, logits, rounding_named, settle

LAWS = ("rows_are_apart", "export_is_stock_keras")


@pytest.fixture(name="bench", scope="module")
def _bench():
    """Returns benches by name; the same one for each test of a network."""
    benches = {}

    def bench(name):
        if name not in benches:
            benches[name] = BackboneBench(f"tests.fakes.backbones:{name}")
        return benches[name]

    return bench


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
def test_a_sound_network_keeps_the_law(bench, law):
    """What the flaws below are planted in breaks none of the laws that find them."""
    getattr(bench("sound"), law)()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "law"),
    [("mixing", "rows_are_apart"), ("drifting", "export_is_stock_keras")],
)
def test_a_planted_flaw_is_found(bench, name, law):
    """A tenth of other rows, or a clip in the export alone, breaks the law of it."""
    with pytest.raises(AssertionError, match="Mismatched elements"):
        getattr(bench(name), law)()


@pytest.mark.slow
def test_a_network_that_magnifies_rounding_is_named_so(bench):
    """A difference is not said to be of rows where tiny changes make such ones too."""
    one = bench("endless")
    one.fresh()
    settle(one.model)
    with (
        pytest.raises(BrokenLawError, match="magnifies how floats are rounded"),
        rounding_named(one.model, one.images),
    ):
        assert_same(np.ones((2, 1), "f4"), np.eye(2, 1, dtype="f4"))


@pytest.mark.slow
def test_settling_leaves_nothing_to_chance(bench):
    """Other draws settle a network alike; what is set to 0 meanwhile comes back."""
    one, outputs = bench("sound"), []
    one.fresh()
    before = _chances(one.model)
    for seed in (1, 2):
        for layer in one.model.layers:
            if hasattr(layer, "seed_generator"):
                layer.seed_generator.state.assign([seed, 0])
        settle(one.model)
        outputs.append(logits(one.model, one.images)["emotion"])

    assert_same(*outputs)
    assert len(set(before)) > 1
    assert _chances(one.model) == before


def _chances(model):
    """Lists what decides how much a training changes by chance, and momenta."""
    names = ("rate", "stddev", "momentum")
    layers = [vars(layer) for layer in model.layers]
    found = [float(layer[name]) for layer in layers for name in names if name in layer]
    amounts = model.runtime_variables()["augmentation"].numpy()
    return [*found, *map(float, amounts)]
