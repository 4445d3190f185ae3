"""Linear baselines of a run: fitted to its development part, for the same hold-out."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from data_pipeline.development import UsableRows
from data_pipeline.images.cache import Images
from data_pipeline.system.errors import WeightsError
from models.config.config import GraphConfig
from models.config.hyperparameters import FEATURES, FULL
from models.pretrained.sources import NONE
from search.inputs.initial_weights import graphs_to_check
from search.inputs.run import Run
from search.study.finetuning import STAGE
from search.trial.objective import score

if TYPE_CHECKING:  # loads scikit-learn, which only the test needs
    from models.evaluation.linear import FittedBaseline

ON_FEATURES = "linear_features"
"""Name of the baseline on features of a pretrained network."""

MOST_IMAGES = 10_000

POOLING = "average"
"""How a network's map becomes features, as in most originals."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """A fitted baseline; ``origin`` tells where its features come from, if anywhere."""

    baseline: "FittedBaseline"
    origin: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Source:
    """What a baseline learns from, of all development rows and of the hold-out.

    ``features`` makes numbers of some rows.
    """

    development: np.ndarray
    held_out: np.ndarray
    features: Callable[[np.ndarray], np.ndarray]
    origin: Mapping[str, str] = field(default_factory=dict)


def fit_baselines(
    run: Run, images: Images, used: UsableRows, held_out: np.ndarray, *, weights: str
) -> dict[str, Fitted]:
    """Fits each baseline to the development rows in use, and predicts the hold-out.

    ``held_out`` are the hold-out's raw pixels; its labels are not needed. ``weights``
    are those that the tested model started from. Without ``search.baselines`` there
    are none.
    """
    if not run.study.search.baselines:
        return {}
    from models.evaluation.linear import (  # noqa: PLC0415 - only this stage needs it
        BaselineData,
        fit_linear,
    )

    run.print(f"fitting linear baselines to {len(used.rows)} development images")
    found = {}
    for name, source in _sources(run, images, held_out, weights):
        data = BaselineData(
            images=source.development,
            targets=run.data.scoring_targets,
            rows=used.rows,
            folds=used.folds,
            objective=dict(run.study.objective),
        )
        baseline = fit_linear(data, source.held_out, source.features)
        found[name] = Fitted(baseline=baseline, origin=source.origin)
    return found


def _sources(
    run: Run, images: Images, held_out: np.ndarray, weights: str
) -> Iterator[tuple[str, _Source]]:
    """Yields what each baseline learns from."""
    from models.evaluation.linear import (  # noqa: PLC0415 - loads scikit-learn
        LINEAR_BASELINES,
        as_numbers,
    )

    for name, features in LINEAR_BASELINES.items():
        pixels = _Source(development=images.array, held_out=held_out, features=features)
        yield name, pixels
    graph = feature_graph(run, weights, images=len(images.array))
    if graph is None:
        return
    from models.features.backbones import Backbones  # noqa: PLC0415 - loads Keras

    try:
        backbone = Backbones(images.path).find(graph)
    except WeightsError as error:
        # The hold-out is open: its report must not wait for a file.
        run.print(f"no linear baseline on features: {error}")
        return
    yield (
        ON_FEATURES,
        _Source(
            development=backbone.kept(images.array, POOLING),
            held_out=backbone.pooled(held_out, POOLING),
            features=as_numbers,
            origin={"weights": _named(run, graph.weights)},
        ),
    )


def feature_graph(run: Run, weights: str, *, images: int) -> GraphConfig | None:
    """Returns the network whose features a baseline learns from, if there is one.

    It starts from the weights of the tested model, else from the first that the study
    names. Of more than ``MOST_IMAGES`` no features are computed, unless the study
    trains on features.
    """
    space = run.study.space
    if images > MOST_IMAGES and FEATURES not in space.ends(STAGE, FULL):
        return None
    graphs = [
        graph
        for graph in graphs_to_check(space, run.data.data_spec)
        if graph.weights != NONE and not graph.standardized
    ]
    # Stable: of others the first stays the first.
    graphs.sort(key=lambda graph: _named(run, graph.weights) != weights)
    return next(iter(graphs), None)


def _named(run: Run, weights: str) -> str:
    """Returns the study's name for weights, which may be those of an earlier study."""
    names = {path: name for name, path in run.data.data_spec.models}
    return names.get(weights, weights)


def baseline_entries(
    run: Run,
    fitted: Mapping[str, Fitted],
    gains: Mapping[str, Mapping[str, Any]],
) -> dict[str, Mapping[str, Any]]:
    """Describes the baselines for a report; empty where there are none.

    ``value`` is the objective of the pooled predictions of validation rows, comparable
    with the value of a trial, and ``gains`` compare the tested one.
    """
    if not fitted:
        return {}
    entries = {
        name: {
            **each.origin,
            **each.baseline.description,
            "value": _value(run, each.baseline),
            "scores": dict(each.baseline.scores),
            **({"gain": gains[name]} if name in gains else {}),
        }
        for name, each in fitted.items()
    }
    return {"baselines": entries}


def _value(run: Run, baseline: "FittedBaseline") -> float:
    """Scores the pooled predictions of validation rows by the objective."""
    rows, groups = baseline.rows, run.data.groups
    return score(
        run.data.scoring_targets.take(rows),
        baseline.validated,
        dict(run.study.objective),
        None if groups is None else groups[rows],
    )
