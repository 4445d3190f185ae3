"""Linear baselines: logistic regression; ridge regression of ratings and intensities.

They show what a network adds to a linear model of the same images. A baseline is fitted
to development rows alone; no label of the hold-out is passed to it.

The features are standardized, rotated on their principal components and divided by the
root of their number, so that one grid of penalties serves every image size. Means,
deviations and axes are those of the rows that are trained on. A squared penalty does
not depend on the axes: nothing is lost with at most ``COMPONENTS`` rows or features. Of
more than ``MOST_ROWS`` rows, as many are sampled, always the same.

Each head has one penalty. The study's folds choose it by the study's objective, as they
choose among trials.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from data_pipeline.split.split import Fold
from data_pipeline.system.seeds import child_seed
from data_pipeline.targets.targets import Targets
from models.evaluation.comparison import Candidate
from models.metrics.predictions import Predictions
from models.metrics.scores import scores
from models.metrics.thresholds import choose_thresholds

PENALTIES = (100.0, 10.0, 1.0, 0.1, 0.01, 0.001)
"""Factors of the squared weights, beside the sum of the rows' losses."""

COMPONENTS = 512
MOST_ROWS = 10_000
SIDE = 48
"""Largest side of the pictures that are learned from, in pixels."""

STEPS = 500
AT_ONCE = 128
DIGITS = 9

ERRORS = {
    "emotion": "nll",
    "action_units": "mean_nll",
    "action_unit_intensities": "mean_mse",
    "valence_arousal": "mean_rmse",
}
"""What the penalty of a head is chosen by if the objective has none of its metrics."""

Features = Callable[[np.ndarray], np.ndarray]
"""Rows of the images to features, (N, F) and float32, each row by itself."""

_Penalties = Mapping[str, Sequence[float]]
_Outputs = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BaselineData:
    """The development part, to which a baseline is fitted.

    ``images`` are raw pixels, (N, S, S, C), or features, (N, F), usually mapped from a
    file. ``targets`` have one emotion a row. ``rows`` are trained on in the end; the
    folds choose the penalties by ``objective``, metric name to weight.
    """

    images: np.ndarray
    targets: Targets
    rows: np.ndarray
    folds: tuple[Fold, ...]
    objective: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedBaseline:
    """A fitted baseline with its predictions of the hold-out.

    ``validated`` are its pooled predictions of the validation ``rows``; they decide the
    thresholds of ``candidate``, and have ``scores``. ``description`` is how it was
    fitted.
    """

    candidate: Candidate
    rows: np.ndarray
    validated: Predictions
    scores: Mapping[str, float]
    description: Mapping[str, Any]


def pixel_features(images: np.ndarray) -> np.ndarray:
    """Averages colours, and blocks of pixels where a side has more than ``SIDE``."""
    edge = images.shape[1]
    starts = np.linspace(0, edge, min(edge, SIDE), endpoint=False).astype(int)
    grey = images.mean(axis=3, dtype=np.float32)
    for axis in (1, 2):
        grey = np.add.reduceat(grey, starts, axis=axis)
    lengths = np.diff(np.append(starts, edge))
    means = grey / np.outer(lengths, lengths)
    return np.asarray(means.reshape(len(images), -1), dtype=np.float32)


def as_numbers(features: np.ndarray) -> np.ndarray:
    """Takes features that are computed already."""
    return np.asarray(features, dtype=np.float32)


LINEAR_BASELINES: dict[str, Features] = {"linear_pixels": pixel_features}
"""Baselines on pixels, by name; a new one is a function and a line here."""


def fit_linear(
    data: BaselineData, held_out: np.ndarray, features: Features
) -> FittedBaseline:
    """Fits a linear model to the development part, and predicts the hold-out.

    Emotions have a multinomial logistic regression, each action unit one of its own,
    each intensity, valence and arousal a ridge regression. Rows without a label of a
    head are left out of it. Where a unit or an emotion has one class only, its
    frequency is predicted.

    Args:
        data: the development part.
        held_out: of the hold-out what ``data.images`` is of the development part.
        features: what is learned from.

    Returns:
        The predictions of the hold-out, in its order. They depend on ``held_out`` row
        by row, and on nothing else of it.
    """
    rows, tried = _out_of_fold(data, features)
    targets = data.targets.take(rows)
    place = {
        head: _best_place(head, outputs, targets, data.objective)
        for head, outputs in tried.items()
    }
    validated = Predictions.of({head: tried[head][place[head]] for head in tried})
    train = _sample(data.rows, "all")
    penalties = {head: (PENALTIES[found],) for head, found in place.items()}
    inputs = _read(data.images, train, features)
    rotated, rotate = _rotation(inputs)
    new = rotate(_read(held_out, np.arange(len(held_out)), features))
    fitted = _fit(rotated, data.targets.take(train), new, penalties)
    thresholds = choose_thresholds(targets, validated) if targets.action_units else {}
    return FittedBaseline(
        candidate=Candidate(
            predictions=Predictions.of({head: fitted[head][0] for head in fitted}),
            thresholds=thresholds,
        ),
        rows=rows,
        validated=validated,
        scores={
            name: value
            for name, value in scores(targets, validated, own=data.objective).items()
            if np.isfinite(value)
        },
        description={
            "rows": len(train),
            "features": inputs.shape[1],
            "components": rotated.shape[1],
            "penalties": {head: found for head, (found,) in penalties.items()},
            "thresholds": thresholds,
        },
    )


def _out_of_fold(data: BaselineData, features: Features) -> tuple[np.ndarray, _Outputs]:
    """Predicts the validation rows of all folds with every penalty.

    Returns the rows, and for each head outputs of shape (penalties, rows, columns).
    """
    rows: list[np.ndarray] = []
    parts: list[_Outputs] = []
    penalties = dict.fromkeys(_heads(data.targets), PENALTIES)
    for index, fold in enumerate(data.folds):
        train = _sample(fold.train, "train", index)
        rows.append(_sample(fold.validation, "validation", index))
        rotated, rotate = _rotation(_read(data.images, train, features))
        new = rotate(_read(data.images, rows[-1], features))
        parts.append(_fit(rotated, data.targets.take(train), new, penalties))
    pooled = {
        head: np.concatenate([part[head] for part in parts], axis=1)
        for head in penalties
    }
    return np.concatenate(rows), pooled


def _best_place(
    head: str, outputs: np.ndarray, targets: Targets, objective: Mapping[str, float]
) -> int:
    """Finds the penalty of the best score; among equals, the largest."""
    metrics = {
        name: weight
        for name, weight in objective.items()
        if name.partition(".")[0] == head
    } or {f"{head}.{ERRORS[head]}": -1.0}
    values = []
    for output in outputs:
        table = scores(targets, Predictions.of({head: output}), own=metrics)
        defined = (w * np.nan_to_num(table[name]) for name, w in metrics.items())
        values.append(round(float(sum(defined)), DIGITS))
    return int(np.argmax(values))


def _sample(rows: np.ndarray, *names: str | int) -> np.ndarray:
    """Selects at most ``MOST_ROWS`` rows at random, the same ones in every run."""
    if len(rows) <= MOST_ROWS:
        return rows
    generator = np.random.default_rng(child_seed(0, "linear baseline", *names))
    return np.sort(generator.choice(rows, MOST_ROWS, replace=False))


def _read(images: np.ndarray, rows: np.ndarray, features: Features) -> np.ndarray:
    """Computes the features of some rows, a few images at a time; (rows, F)."""
    return np.concatenate(
        [
            features(images[rows[start : start + AT_ONCE]])
            for start in range(0, max(len(rows), 1), AT_ONCE)
        ]
    )


def _rotation(
    train: np.ndarray,
) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """Fits the standardization and the axes; returns them, and the rotated rows."""
    scaler = StandardScaler().fit(train)
    # The covariance is the smaller problem where there are more rows than features.
    solver = "full" if len(train) < train.shape[1] else "covariance_eigh"
    axes = PCA(min(COMPONENTS, *train.shape), svd_solver=solver)
    axes.fit(scaler.transform(train))

    def rotate(rows: np.ndarray) -> np.ndarray:
        rotated = axes.transform(scaler.transform(rows)).astype(np.float64)
        return np.asarray(rotated / np.sqrt(train.shape[1]))

    return rotate(train), rotate


def _fit(
    train: np.ndarray, targets: Targets, new: np.ndarray, penalties: _Penalties
) -> _Outputs:
    """Fits each head with each of its penalties, and predicts new rows.

    Returns outputs of shape (penalties, new rows, columns) for each head.
    """
    return {
        head: _HEADS[head](train, targets, new, tried)
        for head, tried in penalties.items()
    }


def _heads(targets: Targets) -> list[str]:
    """Names the heads that targets have."""
    names = (
        targets.emotions,
        targets.action_units,
        targets.intensities,
        targets.dimensions,
    )
    return [head for head, labels in zip(_HEADS, names, strict=True) if labels]


def _emotions(
    train: np.ndarray, targets: Targets, new: np.ndarray, penalties: Sequence[float]
) -> np.ndarray:
    labelled = targets.emotion_mask
    classes = targets.emotion[labelled].argmax(axis=1)
    count = len(targets.emotions)
    return _probabilities(train[labelled], classes, new, penalties, count=count)


def _units(
    train: np.ndarray, targets: Targets, new: np.ndarray, penalties: Sequence[float]
) -> np.ndarray:
    columns = []
    for unit, labelled in enumerate(targets.action_unit_mask.T):
        present = (targets.action_unit[labelled, unit] > 0).astype(int)
        both = _probabilities(train[labelled], present, new, penalties, count=2)
        columns.append(both[:, :, 1])
    return np.stack(columns, axis=2)


def _ratings(
    train: np.ndarray, targets: Targets, new: np.ndarray, penalties: Sequence[float]
) -> np.ndarray:
    labels, mask = targets.valence_arousal, targets.valence_arousal_mask
    return _ridge(train, labels, mask, new, penalties).clip(-1.0, 1.0)


def _intensities(
    train: np.ndarray, targets: Targets, new: np.ndarray, penalties: Sequence[float]
) -> np.ndarray:
    labels, mask = targets.intensity, targets.intensity_mask
    return _ridge(train, labels, mask, new, penalties).clip(0.0, 5.0)


def _ridge(
    train: np.ndarray,
    labels: np.ndarray,
    mask: np.ndarray,
    new: np.ndarray,
    penalties: Sequence[float],
) -> np.ndarray:
    """Fits each column of labels, (N, columns); (penalties, new rows, columns)."""
    predicted = np.zeros((len(penalties), len(new), labels.shape[1]))
    for column, labelled in enumerate(mask.T):
        wanted = labels[labelled, column].astype(np.float64)
        for place, penalty in enumerate(penalties if len(wanted) else ()):
            model = Ridge(alpha=penalty).fit(train[labelled], wanted)
            predicted[place, :, column] = model.predict(new)
    return predicted


_HEADS = {
    "emotion": _emotions,
    "action_units": _units,
    "action_unit_intensities": _intensities,
    "valence_arousal": _ratings,
}


def _probabilities(
    train: np.ndarray,
    classes: np.ndarray,
    new: np.ndarray,
    penalties: Sequence[float],
    *,
    count: int,
) -> np.ndarray:
    """Predicts the probability of each class; (penalties, new rows, count).

    With fewer than two classes it is their frequency.
    """
    shape = (len(penalties), len(new), count)
    if len(np.unique(classes)) < 2:  # noqa: PLR2004 - nothing to tell apart
        shares = np.bincount(classes, minlength=count) / max(len(classes), 1)
        return np.array(np.broadcast_to(shares, shape))
    predicted = np.zeros(shape)
    model = LogisticRegression(max_iter=STEPS, warm_start=True)
    for place, penalty in enumerate(penalties):
        model.set_params(C=1 / penalty)
        with warnings.catch_warnings():
            # A baseline that needs more steps is used as far as it has come.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(train, classes)
        predicted[place][:, model.classes_] = model.predict_proba(new)
    return predicted
