"""Laws of the linear baselines: blind to the hold-out, tuned on folds, no straw men."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from data_pipeline.split.split import Fold
from models.evaluation import linear
from models.evaluation.baseline import baseline_predictions, least_error_predictions
from models.evaluation.linear import BaselineData, fit_linear, pixel_features
from models.metrics.scores import scores
from tests.factories.models import pictures

ROWS, HELD = 72, 24
OBJECTIVE = {"emotion.macro_f1": 1.0, "action_units.mean_auc": 1.0}
DIMENSIONS = ("valence", "arousal")


def folded(rows, count=3):
    """Makes folds of some rows, each with all classes."""
    parts = np.array_split(rows, count)
    return tuple(
        Fold(train=np.setdiff1d(rows, part), validation=part) for part in parts
    )


def data_of(arrays, rows=None, **changes):
    """Makes a development part of the first rows; the others are not part of it."""
    rows = np.arange(ROWS) if rows is None else rows
    data = BaselineData(
        images=arrays.images,
        targets=arrays.targets,
        rows=rows,
        folds=folded(rows),
        objective=OBJECTIVE,
    )
    return replace(data, **changes)


def fitted(arrays, held=None, **changes):
    """Fits the baseline on pixels; the rows after the development part are held out."""
    held = arrays.images[ROWS:] if held is None else held
    return fit_linear(data_of(arrays, **changes), held, pixel_features)


def heads(found):
    """Lists the outputs of a fitted baseline."""
    return [head for head in found.candidate.predictions.heads() if head is not None]


def same(one, other):
    """Whether two fits agree to the bit."""
    return (
        one.description == other.description
        and one.scores == other.scores
        and all(map(np.array_equal, heads(one), heads(other)))
    )


@pytest.fixture(scope="module")
def arrays():
    """Development and held-out pictures with every kind of label."""
    return pictures(ROWS + HELD, dimensions=DIMENSIONS, intensities=("AU12",))


@pytest.fixture(scope="module")
def found(arrays):
    """The baseline of these pictures."""
    return fitted(arrays)


def test_labels_outside_of_the_development_part_change_nothing(arrays, found):
    """Permuted labels of held-out rows change no prediction, penalty or threshold."""
    order = np.arange(ROWS + HELD)
    order[ROWS:] = np.random.default_rng(1).permutation(order[ROWS:])
    permuted = replace(arrays, targets=arrays.targets.take(order))
    assert not np.array_equal(permuted.targets.emotion, arrays.targets.emotion)
    assert same(found, fitted(permuted))


def test_held_out_pixels_decide_their_own_predictions_alone(arrays, found):
    """Penalties, thresholds and other rows do not depend on a held-out picture."""
    half = fitted(arrays, held=arrays.images[ROWS : ROWS + HELD // 2])
    assert half.description == found.description
    assert half.scores == found.scores
    for part, all_rows in zip(heads(half), heads(found), strict=True):
        assert part == pytest.approx(all_rows[: HELD // 2], abs=1e-4)


def test_separable_pictures_are_learned(arrays, found):
    """Where a linear model can tell the labels, it is far above the constant."""
    held = np.arange(ROWS, ROWS + HELD)
    truth, development = arrays.targets.take(held), arrays.targets.take(np.arange(ROWS))
    reached = scores(truth, found.candidate.predictions)
    constant = scores(truth, baseline_predictions(development, count=HELD))
    prevalence = scores(truth, least_error_predictions(development, count=HELD))
    for name in ("emotion.macro_f1", "action_units.mean_auc"):
        assert reached[name] > constant[name] + 0.3, name
        assert found.scores[name] > constant[name] + 0.3, name
    for name in ("emotion.nll", "action_units.mean_nll"):
        assert reached[name] < prevalence[name], name
    assert reached["valence_arousal.mean_rmse"] < constant["valence_arousal.mean_rmse"]


def test_the_order_of_rows_does_not_matter(arrays, found):
    """A development part in another order gives the same predictions."""
    order = np.random.default_rng(2).permutation(ROWS)
    place = np.argsort(order)
    rows = np.concatenate([order, np.arange(ROWS, ROWS + HELD)])
    moved = replace(
        arrays, images=arrays.images[rows], targets=arrays.targets.take(rows)
    )
    folds = tuple(
        Fold(train=place[fold.train], validation=place[fold.validation])
        for fold in folded(np.arange(ROWS))
    )
    other = fitted(moved, folds=folds)
    assert other.description["penalties"] == found.description["penalties"]
    for one, two in zip(heads(found), heads(other), strict=True):
        assert two == pytest.approx(one, abs=2e-3)


def test_the_same_part_gives_the_same_numbers(arrays, found):
    """A second fit agrees with the first to the bit."""
    assert same(found, fitted(arrays))


def test_of_many_rows_a_sample_is_used(arrays, monkeypatch):
    """Beyond the limit, the same rows are sampled every time, in every part."""
    monkeypatch.setattr(linear, "MOST_ROWS", 20)
    found = fitted(arrays)
    assert found.description["rows"] == 20
    assert found.description["components"] <= 20
    assert same(found, fitted(arrays))


@pytest.mark.parametrize("objective", [OBJECTIVE, {"valence_arousal.mean_ccc": 1.0}])
def test_the_penalty_is_the_best_on_the_folds(arrays, monkeypatch, objective):
    """Each head has the penalty of its best out-of-fold score, among equals the first.

    Heads without a metric in the objective have that of the least error.
    """
    noisy = replace(arrays, images=noise_of(arrays.images))
    found = fitted(noisy, objective=objective)
    alone = []
    for penalty in linear.PENALTIES:
        monkeypatch.setattr(linear, "PENALTIES", (penalty,))
        alone.append(fitted(noisy, objective=objective))
    for head, error in linear.ERRORS.items():
        own = [name for name in objective if name.startswith(f"{head}.")]
        name, sign = (own[0], 1) if own else (f"{head}.{error}", -1)
        values = [sign * each.scores[name] for each in alone]
        chosen = found.description["penalties"][head]
        tried = [each.description["penalties"][head] for each in alone]
        assert values[tried.index(chosen)] == pytest.approx(max(values), abs=0.02)
    assert len({tuple(each.scores.values()) for each in alone}) > 1


def noise_of(images):
    """Mixes pictures with noise, so that the penalty matters."""
    generator = np.random.default_rng(3)
    noise = generator.integers(0, 256, images.shape)
    return (0.2 * images + 0.8 * noise).astype(np.uint8)


def test_masked_labels_have_no_effect(arrays, found):
    """What stands under a mask is not learned from."""
    generator = np.random.default_rng(4)
    targets = arrays.targets
    masks = {
        "emotion_mask": generator.random(len(targets)) < 0.8,
        "action_unit_mask": generator.random(targets.action_unit.shape) < 0.8,
        "valence_arousal_mask": generator.random(targets.valence_arousal.shape) < 0.8,
    }
    masked = replace(targets, **masks)
    changed = replace(
        masked,
        emotion=np.where(masks["emotion_mask"][:, None], targets.emotion, 0.0),
        action_unit=np.where(masks["action_unit_mask"], targets.action_unit, 1.0),
        valence_arousal=np.where(
            masks["valence_arousal_mask"], targets.valence_arousal, 0.7
        ),
    )
    without = fitted(replace(arrays, targets=masked))
    assert same(without, fitted(replace(arrays, targets=changed)))
    assert not same(without, found)


def test_labels_of_one_class_are_constants(arrays):
    """A unit that is always, never, or nowhere coded is predicted as it occurs."""
    targets = arrays.targets
    units = np.stack([np.ones(len(targets)), np.zeros(len(targets))], axis=1)
    one = np.zeros_like(targets.emotion)
    one[:, 1] = 1.0
    found = fitted(
        replace(arrays, targets=replace(targets, emotion=one, action_unit=units))
    ).candidate
    assert (found.predictions.action_units == [1.0, 0.0]).all()
    assert (found.predictions.emotion == [0.0, 1.0, 0.0]).all()
    assert found.thresholds == {"AU1": 0.5, "AU12": 0.5}

    nowhere = replace(
        targets,
        action_unit_mask=np.zeros_like(targets.action_unit_mask),
        valence_arousal_mask=np.zeros_like(targets.valence_arousal_mask),
    )
    found = fitted(replace(arrays, targets=nowhere)).candidate
    assert (found.predictions.action_units == 0.0).all()
    assert (found.predictions.valence_arousal == 0.0).all()


def test_an_emotion_that_a_part_lacks_has_no_probability(arrays):
    """Classes keep their columns where development rows lack one of them."""
    emotion = arrays.targets.emotion.copy()
    emotion[emotion[:, 0] > 0] = [0.0, 1.0, 0.0]
    targets = replace(arrays.targets, emotion=emotion)
    found = fitted(replace(arrays, targets=targets)).candidate.predictions.emotion
    assert (found[:, 0] == 0.0).all()
    assert found.sum(axis=1) == pytest.approx(np.ones(HELD))


def test_outputs_are_in_their_ranges(arrays):
    """Probabilities are in [0, 1], emotions sum to 1, ratings are in [-1, 1]."""
    extreme = np.sign(arrays.targets.valence_arousal)
    targets = replace(arrays.targets, valence_arousal=extreme)
    harsh = np.where(arrays.images[ROWS:] > 100, 255, 0).astype(np.uint8)
    found = fitted(replace(arrays, targets=targets), held=harsh).candidate.predictions
    assert found.finite()
    assert found.emotion.sum(axis=1) == pytest.approx(np.ones(HELD))
    assert found.action_units.min() >= 0.0
    assert found.action_units.max() <= 1.0
    assert np.abs(found.valence_arousal).max() == 1.0


def test_axes_lose_nothing(arrays, monkeypatch):
    """With few rows it is the logistic regression on all standardized pixels."""
    monkeypatch.setattr(linear, "PENALTIES", (1.0,))
    found = fitted(arrays).candidate.predictions.emotion
    scaler = StandardScaler().fit(pixel_features(arrays.images[:ROWS]))
    pixels = scaler.transform(pixel_features(arrays.images)).astype(np.float64)
    pixels /= np.sqrt(pixels.shape[1])
    peer = LogisticRegression(C=1.0, max_iter=1000).fit(
        pixels[:ROWS], arrays.targets.emotion[:ROWS].argmax(axis=1)
    )
    assert found == pytest.approx(peer.predict_proba(pixels[ROWS:]), abs=1e-3)


def test_pixels_are_averaged():
    """Colours are averaged, and blocks of pixels where a side has more than 48."""
    generator = np.random.default_rng(5)
    small = generator.integers(0, 256, (3, 32, 32, 1), dtype=np.uint8)
    assert pixel_features(small) == pytest.approx(small.reshape(3, -1))
    colour = generator.integers(0, 256, (2, 48, 48, 3), dtype=np.uint8)
    assert pixel_features(colour) == pytest.approx(
        colour.mean(axis=3).reshape(2, -1), rel=1e-5
    )
    large = generator.integers(0, 256, (2, 96, 96, 1), dtype=np.uint8)
    blocks = large.reshape(2, 48, 2, 48, 2).mean(axis=(2, 4))
    assert pixel_features(large) == pytest.approx(blocks.reshape(2, -1), rel=1e-5)
    odd = np.full((1, 224, 224, 3), 77, np.uint8)
    assert pixel_features(odd) == pytest.approx(np.full((1, 48 * 48), 77.0))
