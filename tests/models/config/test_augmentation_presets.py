"""Named augmentations: numbers of a configuration that one graph serves."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.config.augmentation_presets import AMOUNTS, PRESETS, Augmentation, resolve
from models.config.config import RuntimeHyperparameters, complete
from models.config.hyperparameters import HYPERPARAMETERS
from search.study.space import FloatRange
from search.study.study import read_study
from tests.factories.models import configured

NUMBERS = [name for name in AMOUNTS if name not in {"strength", "probability"}]


def _runtime(**keys) -> RuntimeHyperparameters:
    return configured(**{f"augmentation__{key}": v for key, v in keys.items()}).runtime


def test_each_number_is_a_setting():
    """Every number of a preset is a key that a study may fix or search."""
    keys = {f"augmentation.{name}" for name in ("preset", *AMOUNTS, "mixup")}
    assert keys == {key for key in HYPERPARAMETERS if key.startswith("augmentation.")}


def test_defaults_change_no_image():
    """The default configuration is the preset none."""
    defaults = {
        name: HYPERPARAMETERS[f"augmentation.{name}"].default for name in AMOUNTS
    }

    assert asdict(resolve({})) == defaults == asdict(PRESETS["none"])
    assert not any(defaults[name] for name in NUMBERS)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_within_the_settings(name):
    """A preset has only values that a study may set; only none does nothing."""
    preset = asdict(PRESETS[name])
    for key, value in preset.items():
        setting = HYPERPARAMETERS[f"augmentation.{key}"]
        assert setting.low <= value <= setting.high
    assert any(preset[key] for key in NUMBERS) == (name != "none")


def test_the_presets_of_the_sources():
    """FER+ projects and recipes of others are there with their published numbers."""
    project = PRESETS["ferplus_cnn"]
    vgg13 = PRESETS["ferplus_vgg13"]
    assert (project.probability, project.flip) == (0.5, 0.5)
    assert (project.brightness, project.contrast) == (0.05, 0.05)
    assert (project.shift, project.crop) == (0.1, 0.1)
    # Two angles of up to 10 degrees have twice the variance of one.
    assert project.rotation == round(2**0.5 * 10)
    assert (vgg13.rotation, vgg13.shift, vgg13.scale) == (20, 0.08, 0.05)
    assert (vgg13.skew, vgg13.flip) == (0.05, 0.5)
    assert (PRESETS["fer_strong"].shift, PRESETS["fer_strong"].crop) == (0.2, 0.2)
    assert PRESETS["affectnet_cage"].erasing == PRESETS["fer_strong"].erasing == 0.5


def test_the_standard_is_what_it_was():
    """Its numbers are those of runs before there were presets, to the bit."""
    former = {"rotation": 0.26, "scale": 0.15, "shift": 0.1, "contrast": 0.3}
    former |= {"strength": 1.0, "probability": 1.0, "flip": 0.5, "brightness": 51.0}
    before = [former.get(name, 0.0) for name in AMOUNTS]

    assert np.array_equal(np.float32(PRESETS["standard"].amounts()), np.float32(before))


def test_a_strength_alone_is_the_standard():
    """A strength without a preset means the standard preset."""
    assert resolve({"augmentation.strength": 0.3}) == replace(
        PRESETS["standard"], strength=0.3
    )


def test_a_preset_alone_is_as_published():
    """A preset without a strength is not weakened."""
    named = {"augmentation.preset": "ferplus_vgg13"}
    assert resolve(named) == PRESETS["ferplus_vgg13"]


def test_a_number_alone_is_all_there_is():
    """Without preset and strength, only the given number applies."""
    assert resolve({"augmentation.skew": 0.2}) == Augmentation(skew=0.2)


@pytest.mark.parametrize("name", AMOUNTS)
def test_a_given_number_replaces_the_presets(name):
    """A single key overrides only that number of the preset."""
    given_keys = {"augmentation.preset": "fer_strong", f"augmentation.{name}": 0.7}
    assert resolve(given_keys) == replace(PRESETS["fer_strong"], **{name: 0.7})


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "augmentation.preset": st.sampled_from(list(PRESETS)),
            **{f"augmentation.{name}": st.floats(0, 0.9) for name in AMOUNTS},
        },
    )
)
def test_spelled_out_it_is_the_same(values):
    """A completed configuration has every key and augments as before."""
    spelled = complete(values)

    assert list(spelled) == list(HYPERPARAMETERS)
    assert resolve(spelled) == resolve(values)
    assert complete(spelled) == spelled


def test_one_graph_serves_all_presets():
    """Presets and their numbers are no part of the GraphConfig."""
    graphs = {configured(augmentation__preset=name).graph for name in PRESETS}
    assert graphs == {configured(augmentation__rotation=90.0).graph}


def test_the_graph_has_its_own_units():
    """Angles become radians, brightness a number of grey levels."""
    amounts = dict(
        zip(AMOUNTS, _runtime(rotation=180, brightness=1.0).augmentation, strict=True)
    )
    assert amounts["rotation"] == pytest.approx(3.14159265)
    assert amounts["brightness"] == 255


@pytest.mark.parametrize(
    ("study", "presets"),
    [
        ("ckplus", {"pad_crop_flip_brightness", "angles_positions_lighting"}),
        ("ferplus", {"ferplus_cnn", "ferplus_vgg13"}),
    ],
)
def test_studies_offer_what_others_did_with_their_data(study, presets):
    """The spaces of CK+ and FER+ contain the published recipes."""
    space = {p.key: p.domain for p in read_study(study).space.parameters}

    assert presets <= set(space["augmentation.preset"].values)
    assert space["augmentation.strength"] == FloatRange(low=0.0, high=1.0)


def test_a_preset_is_one_entry(monkeypatch):
    """A preset added from outside is resolved, and allowed in a study."""
    monkeypatch.setitem(PRESETS, "mirror", Augmentation(flip=0.5))

    assert "mirror" in HYPERPARAMETERS["augmentation.preset"].choices
    assert resolve({"augmentation.preset": "mirror"}) == Augmentation(flip=0.5)
