"""The graphs of a space: how many a search compiles, and what they share."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from models.config.backbone_sizes import is_own_size
from models.config.config import (
    DataSpec,
    GraphConfig,
    ModelConfig,
    SharedGraph,
    model_config,
)
from models.config.hyperparameters import DEVELOPMENT, HYPERPARAMETERS, Value
from search.study.space import Choices, Domain, IntRange, SearchSpace, grid_values

KEYS = frozenset(
    {
        *(key for key, row in HYPERPARAMETERS.items() if row.new_graph),
        "finetune.frozen_epochs",
        "backbone.normalization",  # with pretrained weights
    }
)
"""What graphs depend on, beside the data and what all graphs of a space allow."""

AT_MOST = 1000
"""Combinations of these that are looked at, which takes less than a second."""


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


def describe_graphs(
    space: SearchSpace, data_spec: DataSpec, *, at_most: int = AT_MOST
) -> str:
    """Describes how many graphs a space has, without a look at more than ``at_most``.

    Example:
        >>> spec = DataSpec(
        ...     image_size=64, channels=1, emotions=("happy",), action_units=()
        ... )
        >>> describe_graphs(SearchSpace(parameters=()), spec)
        'this space has 1 graph to compile'
    """
    count, all_seen = count_graphs(space, data_spec, at_most=at_most)
    least = "" if all_seen else "at least "
    noun = "graph" if count == 1 else "graphs"
    return f"this space has {least}{count} {noun} to compile"


def count_graphs(
    space: SearchSpace, data_spec: DataSpec, *, at_most: int = AT_MOST
) -> tuple[int, bool]:
    """Counts the graphs of ``at_most`` combinations; and says whether these are all."""
    configs = _configs(space, data_spec)
    count = len(_graphs(islice(configs, at_most)))
    return count, next(configs, None) is None


def graphs_of(space: SearchSpace, data_spec: DataSpec) -> set[GraphConfig]:
    """Lists the distinct graphs of a space, those of frozen epochs among them."""
    return _graphs(_configs(space, data_spec))


def _graphs(configs: Iterable[ModelConfig]) -> set[GraphConfig]:
    return {graph for one in configs for graph in one.graphs}


def _configs(space: SearchSpace, data_spec: DataSpec) -> Iterator[ModelConfig]:
    """Yields a configuration for each combination of the keys that graphs depend on."""
    kept = tuple(
        replace(
            parameter,
            domain=Choices(values=_all_values(parameter.domain)),
            when=tuple(when for when in parameter.when if _is_key(when[0])),
        )
        for parameter in space.parameters
        if _is_key(parameter.key)
    )
    widest = {"head.dense_units": data_spec.shared.dense_width}
    for point in SearchSpace(parameters=kept, fixed=space.fixed).parameter_sets():
        yield model_config({**dict(space.fixed), **point, **widest}, data_spec)


def _is_key(key: str) -> bool:
    return key in KEYS or is_own_size(key)


def _all_values(domain: Domain) -> tuple[Value, ...]:
    """Lists all values, of a logarithmic range of integers too."""
    if isinstance(domain, IntRange) and domain.log:
        return tuple(range(domain.low, domain.high + 1))
    return grid_values(domain)
