"""The graphs of a space: how many a search compiles, and what they share."""

from dataclasses import replace

from models.config.config import DataSpec, GraphConfig, SharedGraph, model_config
from models.config.hyperparameters import DEVELOPMENT, HYPERPARAMETERS, Value
from search.study.space import Choices, SearchSpace, grid_values

GRAPH_KEYS = frozenset(key for key, row in HYPERPARAMETERS.items() if row.new_graph)


def shared_graph(space: SearchSpace) -> SharedGraph:
    """Returns what a graph must allow to serve all configurations of a space."""

    def values(key: str) -> tuple[Value, ...]:
        return space.ends(key, HYPERPARAMETERS[key].default)

    widths = [int(width) for width in values("head.dense_units")]
    return SharedGraph(
        dense_width=max(widths),
        dense_optional=max(widths) > min(widths) == 0,
        weight_averaging=any(float(value) > 0 for value in values("training.ema")),
        standardized=DEVELOPMENT in values("backbone.normalization"),
        sharpness_aware=any(float(value) > 0 for value in values("training.sam_rho")),
    )


def graphs_of(space: SearchSpace, data_spec: DataSpec) -> set[GraphConfig]:
    """Lists the distinct graphs of a space, those of frozen epochs among them."""
    keys = GRAPH_KEYS | {"finetune.frozen_epochs"}
    kept = tuple(
        replace(
            parameter,
            domain=Choices(values=grid_values(parameter.domain)),
            when=tuple(when for when in parameter.when if when[0] in keys),
        )
        for parameter in space.parameters
        if parameter.key in keys
    )
    found, widest = set[GraphConfig](), data_spec.shared.dense_width
    for point in SearchSpace(parameters=kept, fixed=space.fixed).parameter_sets():
        values = {**dict(space.fixed), **point, "head.dense_units": widest}
        config = model_config(values, data_spec)
        found |= {config.graph, config.graph_at(1)}
    return found
