"""People with CK+'s labels, and predictions whose errors persons share: no pixels."""

from dataclasses import dataclass, replace

import numpy as np

from data_pipeline.labels.labels import Emotion
from data_pipeline.synthetic.population.plan import plan
from data_pipeline.targets.targets import Targets
from models.metrics.predictions import Predictions
from tests.strategies.metrics import labels

UNITS = (1, 2, 4, 5, 6, 7, 9, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 27)
CLASSES = {Emotion.HAPPINESS: 1, Emotion.SURPRISE: 2}
VOTERS = 10
MEAN_RATINGS = np.array([[-0.5, 0.2], [0.6, 0.3], [0.1, 0.6]])
PEOPLE = 123


@dataclass(frozen=True, kw_only=True)
class Population:
    """Labels, votes and models' predictions of the same rows, with subjects."""

    targets: Targets
    votes: Targets
    better: Predictions
    worse: Predictions
    others: tuple[Predictions, ...]
    subject: np.ndarray

    def rows(self, generator, people):
        """Draws people with replacement; returns their rows, and whose each one is."""
        drawn = generator.integers(0, self.subject.max() + 1, people)
        rows = [np.flatnonzero(self.subject == person) for person in drawn]
        names = np.repeat(np.arange(people), [len(part) for part in rows])
        return np.concatenate(rows), [f"S{name:04}" for name in names]


def population(*, plans=1, icc=0.25, skills=(), shared=0.5, seed=0):
    """Draws as many times 123 people; ``icc`` is the share of a person in the noise.

    ``skills`` are those of further models. All models have the share ``shared`` of
    their noise in common.
    """
    shown = [
        (number * PEOPLE + int(one.subject[1:]), one)
        for number in range(plans)
        for one in plan(PEOPLE, number)
        if one.emotion is not None
    ]
    subject = np.unique([name for name, _ in shown], return_inverse=True)[1]
    classes = np.array([CLASSES.get(one.emotion, 0) for _, one in shown])
    units = np.array([[unit in one.coded for unit in UNITS] for _, one in shown])
    generator = np.random.default_rng(seed)

    def noise(columns, deviation=1.0):
        own = generator.normal(size=(subject.max() + 1, columns))[subject]
        other = generator.normal(size=(len(subject), columns))
        return deviation * (np.sqrt(icc) * own + np.sqrt(1 - icc) * other)

    ratings = np.clip(MEAN_RATINGS[classes] + noise(2, 0.25), -1, 1)
    levels = np.array([[max(one.coded.get(unit, -1), 1) * (unit in one.coded)
                        for unit in UNITS] for _, one in shown], float)  # fmt: skip
    targets = labels(classes, units.astype(int), ratings=ratings, intensities=levels)
    common = (noise(3), noise(len(UNITS)), noise(2, 0.2), noise(len(UNITS)))

    def model(skill):
        errors = [
            np.sqrt(shared) * one + np.sqrt(1 - shared) * noise(one.shape[1], one.std())
            for one in common
        ]
        emotion = np.exp(1.3 * (skill * np.eye(3)[classes] + errors[0]))
        scores = 1.5 * (skill * units + errors[1]) - 2.2
        return Predictions(
            emotion=emotion / emotion.sum(axis=1, keepdims=True),
            action_units=1 / (1 + np.exp(-scores)),
            valence_arousal=np.clip(0.35 * skill * ratings + errors[2], -1, 1),
            action_unit_intensities=np.clip(0.35 * skill * levels + errors[3], 0, 5),
        )

    return Population(
        targets=targets,
        votes=_votes(classes, generator),
        better=model(2.0),
        worse=model(1.6),
        others=tuple(model(skill) for skill in skills),
        subject=subject,
    )


def _votes(classes, generator):
    """Draws the votes of ten people for each face."""
    chances = np.exp(2 * np.eye(3)[classes] + generator.normal(size=(len(classes), 3)))
    chances /= chances.sum(axis=1, keepdims=True)
    shares = generator.multinomial(VOTERS, chances) / VOTERS
    return replace(labels(classes), emotion=shares.astype(np.float32))
