"""Trained weights as one vector: one update of millions of numbers, not hundreds.

An optimizer that loops over weights adds some 15 operations to the graph for each of
the 364 of a DenseNet121; on one vector a weight costs no more than its cut.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.keras_api import ops

UNDECAYED = ("bias", "gamma", "beta")
"""Names of weights that neither decoupled decay nor L1 and L2 change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatLayout:
    """Where each weight lies in the vector.

    The ``kernels`` that L1 and L2 act on, so many, come first, then all others that
    decay, then the rest; ``penalized`` and ``decayed`` are where the first and the
    second part end.
    """

    shapes: tuple[tuple[int, ...], ...]
    kernels: int
    penalized: int
    decayed: int

    @property
    def size(self) -> int:
        """Length of the vector."""
        return sum(map(math.prod, self.shapes))


def join(values: Sequence[Any]) -> Any:
    """Joins tensors or variables of any shapes to one vector, of length 0 for none."""
    if not values:
        return ops.zeros((0,))
    # Two of three weights are vectors already, which saves operations.
    return ops.concatenate(
        [v if len(v.shape) == 1 else ops.reshape(v, (-1,)) for v in values]
    )


def split(vector: Any, shapes: Sequence[tuple[int, ...]]) -> list[Any]:
    """Cuts a vector into values of the given shapes."""
    if not shapes:
        return []
    ends = list(itertools.accumulate(map(math.prod, shapes)))
    parts = ops.split(vector, ends[:-1]) if len(ends) > 1 else [vector]
    return [
        part if len(shape) == 1 else ops.reshape(part, shape)
        for part, shape in zip(parts, shapes, strict=True)
    ]


def shapes_of(variables: Sequence[Any]) -> list[tuple[int, ...]]:
    """Lists the shapes of variables."""
    return [tuple(variable.shape) for variable in variables]


def ordered(variables: Sequence[Any], penalized: Sequence[Any]) -> list[Any]:
    """Orders trained variables as ``layout_of`` expects them."""
    kernels = {id(kernel) for kernel in penalized}
    return sorted(variables, key=lambda v: (id(v) not in kernels, not decays(v)))


def layout_of(variables: Sequence[Any], penalized: Sequence[Any]) -> FlatLayout:
    """Describes the vector of variables that are ``ordered``."""
    kernels = {id(kernel) for kernel in penalized}
    return FlatLayout(
        shapes=tuple(shapes_of(variables)),
        kernels=sum(id(variable) in kernels for variable in variables),
        penalized=sum(math.prod(v.shape) for v in variables if id(v) in kernels),
        decayed=sum(math.prod(v.shape) for v in variables if decays(v)),
    )


def decays(variable: Any) -> bool:
    """Whether decay acts on a weight: on kernels, not on biases and normalisation."""
    return not any(name in variable.name for name in UNDECAYED)


def assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    """Sets as many variables as there are values."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
