"""The laws of metrics, on labels of which some are unknown."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from data_pipeline.own_code.laws import Law, law_of, must
from data_pipeline.targets.targets import Targets
from models.metrics.own.metric import load_metric, own_scores
from models.metrics.predictions import Predictions

Scores = Callable[[Targets, Predictions, np.ndarray], Mapping[str, np.ndarray]]
"""Labels, predictions and weights (B, N) of rows to metrics, (B,) each."""

ROWS = 40
EMOTIONS = ("negative", "positive", "surprise")
UNITS = ("AU1", "AU12")
DIMENSIONS = ("valence", "arousal")
TOLERANCE = 1e-9
UNKNOWN = 0.1
"""Share of labels that are masked."""


def metric_laws(target: str, name: str, *, maximized: bool) -> list[Law]:
    """Lists the laws of an own metric; ``maximized`` if 1 is perfect."""
    load_metric(name)
    targets, predictions = drawn()
    score: Scores = partial(own_scores, target, [name])
    cases = (
        is_a_number,
        rows_have_no_order,
        masked_outputs_do_not_matter,
        weights_are_repetitions,
    )
    laws = [law_of(case, score, targets, predictions) for case in cases]
    if maximized:
        laws.append(law_of(perfect_is_one, score, targets))
    return laws


def is_a_number(score: Scores, targets: Targets, predictions: Predictions) -> None:
    """It is a finite number where every class occurs."""
    found = score(targets, predictions, np.ones((1, len(predictions))))
    must(all(np.isfinite(v).all() for v in found.values()), _text(found))


def rows_have_no_order(
    score: Scores, targets: Targets, predictions: Predictions, seed: int = 0
) -> None:
    """The order of the rows changes nothing."""
    order = np.random.default_rng(seed).permutation(len(predictions))
    ones = np.ones((1, len(predictions)))
    moved = score(targets.take(order), predictions.take(order), ones)
    _same(moved, score(targets, predictions, ones))


def masked_outputs_do_not_matter(
    score: Scores, targets: Targets, predictions: Predictions
) -> None:
    """Predictions for masked labels change nothing, NaN included."""
    masks = {
        "emotion": targets.emotion_mask,
        "action_units": targets.action_unit_mask,
        "action_unit_intensities": targets.intensity_mask,
        "valence_arousal": targets.valence_arousal_mask,
    }
    blanked = {}
    for head, known in masks.items():
        values = getattr(predictions, head)
        if values is not None:
            blanked[head] = values.copy()
            blanked[head][~known] = np.nan
    others = Predictions.of(blanked)
    ones = np.ones((1, len(predictions)))
    _same(score(targets, others, ones), score(targets, predictions, ones))


def weights_are_repetitions(
    score: Scores, targets: Targets, predictions: Predictions, seed: int = 0
) -> None:
    """A row of weight k counts as k rows, and one of weight 0 as none."""
    times = np.random.default_rng(seed).integers(0, 3, len(predictions))
    rows = np.repeat(np.arange(len(predictions)), times)
    ones = np.ones((1, len(rows)))
    repeated = score(targets.take(rows), predictions.take(rows), ones)
    _same(score(targets, predictions, times[None].astype(float)), repeated)


def perfect_is_one(score: Scores, targets: Targets) -> None:
    """Perfect predictions score 1, the most there is."""
    perfect = Predictions(
        emotion=targets.emotion.astype(float),
        action_units=targets.action_unit.astype(float),
        action_unit_intensities=targets.intensity.astype(float),
        valence_arousal=targets.valence_arousal.astype(float),
    )
    found = score(targets, perfect, np.ones((1, len(perfect))))
    must(all(np.allclose(value, 1.0) for value in found.values()), _text(found))


def drawn(seed: int = 3) -> tuple[Targets, Predictions]:
    """Draws labels, a tenth of them masked, and predictions of some skill."""
    generator = np.random.default_rng(seed)
    emotion = np.eye(len(EMOTIONS))[np.arange(ROWS) % len(EMOTIONS)]
    units = generator.integers(0, 2, (ROWS, len(UNITS))).astype(float)
    levels = units * generator.integers(1, 6, units.shape)
    ratings = generator.uniform(-0.9, 0.9, (ROWS, len(DIMENSIONS)))
    shares = 0.4 * emotion + 0.6 * generator.dirichlet(np.ones(len(EMOTIONS)), ROWS)
    targets = Targets(
        emotions=EMOTIONS,
        action_units=UNITS,
        intensities=UNITS,
        dimensions=DIMENSIONS,
        emotion=emotion.astype(np.float32),
        emotion_mask=generator.random(ROWS) > UNKNOWN,
        action_unit=units.astype(np.float32),
        action_unit_mask=generator.random(units.shape) > UNKNOWN,
        intensity=levels.astype(np.float32),
        intensity_mask=generator.random(levels.shape) > UNKNOWN,
        valence_arousal=ratings.astype(np.float32),
        valence_arousal_mask=generator.random(ratings.shape) > UNKNOWN,
    )
    return targets, Predictions(
        emotion=shares,
        action_units=0.4 * units + 0.6 * generator.random(units.shape),
        action_unit_intensities=0.5 * levels + 2 * generator.random(levels.shape),
        valence_arousal=0.5 * ratings + 0.4 * generator.uniform(-1, 1, ratings.shape),
    )


def _same(found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> None:
    must(found.keys() == expected.keys(), f"other metrics: {', '.join(found)}")
    other = {
        name: value
        for name, value in found.items()
        if not np.allclose(value, expected[name], TOLERANCE, 1e-12, equal_nan=True)
    }
    must(not other, f"{_text(other)} in place of {_text(expected)}")


def _text(found: Mapping[str, np.ndarray]) -> str:
    return ", ".join(f"{float(value[0]):g}" for value in found.values())
