"""The losses against second formulations, and the laws of their masks."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import softmax
from sklearn.metrics import log_loss

from data_pipeline.own_code.laws import check_laws
from models.config.hyperparameters import OWN_LOSSES
from models.conformance import check_loss
from models.conformance.losses import LossBench
from models.network.heads import LEVELS, expected_levels
from models.network.losses import (
    action_unit_loss,
    emotion_loss,
    intensity_loss,
    mean_present,
    multi_target_loss,
    penalty,
    valence_arousal_loss,
)
from tests.factories.gradients import gradient


@pytest.fixture(name="rows")
def _rows():
    generator = np.random.default_rng(5)
    classes = np.array([0, 1, 2, 2, 1, 0])
    return {
        "logits": generator.normal(size=(6, 3)).astype(np.float32),
        "classes": classes,
        "distribution": np.eye(3, dtype=np.float32)[classes],
        "units": generator.integers(0, 2, (6, 3)).astype(np.float32),
        "weights": generator.uniform(0.5, 3, (6, 3)).astype(np.float32),
    }


def _target(values, weights):
    weights = np.broadcast_to(weights, values.shape)
    return ops.convert_to_tensor(np.stack([values, weights], -1).astype(np.float32))


def _number(loss):
    return float(ops.convert_to_numpy(loss))


def _gradient(function, at):
    """Differentiates a loss by finite differences, whatever the backend is."""
    result = np.zeros_like(at, dtype=np.float64)
    for index in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[index] = 1e-2
        result[index] = _number(function(at + step)) - _number(function(at - step))
    return result / 2e-2


def test_emotion_loss_is_the_cross_entropy_of_scikit_learn(rows):
    """Without weights and smoothing the loss is the plain mean log loss."""
    found = emotion_loss(_target(rows["distribution"], 1.0), rows["logits"], 0.0, 0.0)
    probabilities = softmax(rows["logits"].astype(np.float64), axis=1)

    expected = log_loss(rows["classes"], probabilities)
    assert _number(found) == pytest.approx(expected, rel=1e-5)


def test_emotion_loss_smooths_as_keras_does(rows):
    """Label smoothing spreads the same share evenly over the classes."""
    found = emotion_loss(_target(rows["distribution"], 1.0), rows["logits"], 0.2, 0.0)
    keras_loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=0.2
    )

    expected = _number(keras_loss(rows["distribution"], rows["logits"]))
    assert _number(found) == pytest.approx(expected, rel=1e-5)


def test_emotion_loss_of_a_distribution_weighs_each_class(rows):
    """The loss of a row is -sum of w_c q_c log p_c, not that of its likeliest class."""
    shares = np.array([[0.5, 0.3, 0.2]], np.float32)
    weights = np.array([1.0, 2.0, 4.0], np.float32)
    logits = rows["logits"][:1]
    logs = np.log(np.exp(logits) / np.exp(logits).sum())

    found = emotion_loss(_target(shares, weights), logits, 0.0, 0.0)
    assert _number(found) == pytest.approx(-(weights * shares * logs).sum(), rel=1e-5)


def test_action_unit_loss_is_the_weighted_binary_cross_entropy(rows):
    """The loss is the plain formula on probabilities, averaged over elements."""
    p = 1 / (1 + np.exp(-rows["logits"].astype(np.float64)))
    t, w = rows["units"], rows["weights"]
    expected = (-w * (t * np.log(p) + (1 - t) * np.log(1 - p))).mean()

    found = action_unit_loss(_target(t, w), rows["logits"], 0.0)
    assert _number(found) == pytest.approx(expected, rel=1e-5)


def test_a_masked_unit_is_an_element_left_out(rows):
    """Masked equals sliced for single elements of the action units."""
    mask = np.ones((6, 3), np.float32)
    mask[0, 1] = mask[3, 2] = 0
    kept = mask.astype(bool)
    masked = action_unit_loss(_target(rows["units"], mask), rows["logits"], 2.0)
    sliced = action_unit_loss(
        _target(rows["units"][kept][:, None], 1.0), rows["logits"][kept][:, None], 2.0
    )

    assert _number(masked) == pytest.approx(_number(sliced), rel=1e-6)


@pytest.mark.parametrize("gamma", [0.0, 2.0])
def test_masked_elements_have_no_gradient(rows, gamma):
    """The gradient is exactly 0 where masked, and not elsewhere."""
    mask = np.ones((6, 3), np.float32)
    mask[2] = 0
    emotion = _target(rows["distribution"], mask)
    units = _target(rows["units"], mask)

    for function in (
        lambda logits: emotion_loss(emotion, logits, 0.1, gamma),
        lambda logits: action_unit_loss(units, logits, gamma),
    ):
        gradient = _gradient(function, rows["logits"])
        assert (gradient[2] == 0).all()
        assert (gradient[[0, 1, 3, 4, 5]] != 0).all()


def test_saturated_logits_keep_a_finite_loss():
    """A saturated wrong output has a large, finite loss."""
    logits = np.array([[-500.0, 500.0, 0.0]], np.float32)
    wanted = np.array([[1.0, 0.0, 0.0]], np.float32)

    target = _target(wanted, 1.0)
    for gamma in (0.0, 2.0):
        assert _number(emotion_loss(target, logits, 0.0, gamma)) == 1000.0
        found = _number(action_unit_loss(target, logits, gamma))
        half = np.log(2) * 0.5**gamma
        assert found == pytest.approx((500 + 500 + half) / 3)


def test_an_output_that_is_right_and_sure_keeps_its_small_loss():
    """It is log(1 + exp(-x)), which a difference of large numbers would round away."""
    sure = np.array([[8.0, 12.0, 16.0, 20.0]], np.float32)
    for sign, wanted in ((1, 1.0), (-1, 0.0)):
        for place, logit in enumerate(sure[0].astype(np.float64)):
            alone = np.arange(4)[None] == place
            target = _target(np.full((1, 4), wanted, np.float32), alone)
            found = _number(action_unit_loss(target, sign * sure, 0.0))
            assert found == pytest.approx(np.log1p(np.exp(-logit)), rel=1e-5)


def test_focal_emotion_loss_is_the_formula_on_probabilities(rows):
    """The loss is -w q (1 - p)^gamma log p; with one weight, that of Keras."""
    p = softmax(rows["logits"].astype(np.float64), axis=1)
    q, w = rows["distribution"], rows["weights"]
    expected = -(w * q * (1 - p) ** 1.5 * np.log(p)).sum(axis=1).mean()
    found = emotion_loss(_target(q, w), rows["logits"], 0.0, 1.5)
    assert _number(found) == pytest.approx(expected, rel=1e-5)
    peer = keras.losses.CategoricalFocalCrossentropy(
        alpha=1.0, gamma=1.5, from_logits=True, label_smoothing=0.1
    )
    found = emotion_loss(_target(q, 1.0), rows["logits"], 0.1, 1.5)
    assert _number(found) == pytest.approx(_number(peer(q, rows["logits"])), rel=1e-5)


def test_focal_action_unit_loss_is_the_formula_on_probabilities(rows):
    """The loss is -w (1 - p_t)^gamma log p_t with p_t that of the right answer."""
    p = 1 / (1 + np.exp(-rows["logits"].astype(np.float64)))
    t, w = rows["units"], rows["weights"]
    right = np.where(t > 0, p, 1 - p)
    expected = -(w * (1 - right) ** 1.5 * np.log(right)).mean()
    found = action_unit_loss(_target(t, w), rows["logits"], 1.5)
    assert _number(found) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("sure", [-500.0, 500.0])
def test_focal_gradients_are_finite_where_outputs_are_saturated(gamma, sure):
    """A power of 0 has no derivative; saturated outputs must have one."""
    logits = np.array([[sure, 0.0, -sure]], np.float32)
    target = _target(np.array([[1.0, 0.0, 0.0]], np.float32), 1.0)
    for loss in (
        lambda at: emotion_loss(target, at, 0.1, gamma),
        lambda at: action_unit_loss(target, at, gamma),
    ):
        assert np.isfinite(gradient(loss, logits)).all()


def test_penalty_is_the_sum_over_kernels():
    """L1 and L2 add l1 times the absolute and l2 times the squared weights."""
    kernels = np.array([1.0, -2.0, 3.0], np.float32)
    value, slope = penalty(kernels, 0.5, 0.1)

    assert _number(value) == pytest.approx(0.5 * 6 + 0.1 * 14)
    of_value = gradient(lambda at: penalty(at, 0.5, 0.1)[0], kernels)
    np.testing.assert_allclose(np.asarray(slope), of_value, rtol=1e-6)


def test_several_loss_by_hand(rows):
    """The loss is -w log of the highest t p, with t pressed towards 0.001."""
    shares = np.array([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0]], np.float32)
    weights = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]], np.float32)
    logits = rows["logits"][:2]
    pressed = (shares > 0) * 0.999 + 0.001
    products = pressed * softmax(logits.astype(np.float64), axis=1)
    best = products.argmax(axis=1)
    expected = -np.mean(weights[[0, 1], best] * np.log(products[[0, 1], best]))
    found = multi_target_loss(_target(shares, weights), logits)
    assert _number(found) == pytest.approx(expected, rel=1e-5)


def test_multi_target_loss_accepts_any_of_the_classes():
    """Either of two right classes costs nothing, a wrong one does; masks cost 0."""
    shares = np.array([[0.3, 0.7, 0.0]], np.float32)
    sure = 50 * np.eye(3, dtype=np.float32)
    costs = [
        _number(multi_target_loss(_target(shares, 1.0), sure[k : k + 1]))
        for k in (0, 1, 2)
    ]
    assert costs[:2] == pytest.approx([0.0, 0.0], abs=1e-5)
    assert costs[2] > 5
    assert _number(multi_target_loss(_target(0 * shares, 0.0), sure[:1])) == 0.0


BUILT_IN = {
    "emotion": ("emotion", partial(emotion_loss, smoothing=0.1, gamma=0.0)),
    "focal": ("emotion", partial(emotion_loss, smoothing=0.1, gamma=2.0)),
    "multi_target": ("emotion", multi_target_loss),
    "units": ("action_units", partial(action_unit_loss, gamma=0.0)),
    "focal_units": ("action_units", partial(action_unit_loss, gamma=2.0)),
    "squared": ("action_unit_intensities", partial(intensity_loss, kind=0.0)),
    "ordinal": ("action_unit_intensities", partial(intensity_loss, kind=1.0)),
    "ratings": ("valence_arousal", partial(valence_arousal_loss, ccc_share=0.5)),
}


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_keeps_the_laws(name):
    """The laws of the suite by which users check their own losses."""
    head, loss = BUILT_IN[name]
    check_laws(OWN_LOSSES[head], name, LossBench(head, loss).laws())


def absolute_loss(target, logits):
    """How many levels an intensity is off: an own loss."""
    wanted, weights = target[..., 0], target[..., 1]
    apart = expected_levels(ops.sigmoid(logits)) - expected_levels(wanted)
    heavy = expected_levels(weights) / LEVELS
    return mean_present(heavy * ops.abs(apart), heavy > 0)


@pytest.mark.slow
def test_an_own_loss_of_intensities():
    """A head of intensities trains with a loss of the user's own."""
    check_loss("action_unit_intensities", f"{__name__}:absolute_loss")
