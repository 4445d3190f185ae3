"""Which configurations cannot fit: as large as two that ran out of memory.

Another program may have taken the memory. So some are tried all the same, and one that
trains takes back what is said of smaller ones.
"""

from collections.abc import Iterable, Mapping

from models.config.hyperparameters import HYPERPARAMETERS, Value

GROWING = (
    "training.batch_size",
    "backbone.blocks",
    "backbone.filters",
    "backbone.image_size",
    "finetune.blocks",
)
"""Keys by which a training step needs more memory, or as much."""

WHOLE = ("backbone.image_size", "finetune.blocks")
"""Keys whose 0 stands for all: the whole image, every block."""

SAME = (
    "backbone.name",
    "training.precision",
    "finetune.stage",
    "finetune.batch_norm",
)
"""Keys by whose value memory differs, in no order."""

SWITCHES = ("training.sam_rho", "augmentation.mixup")
"""Keys that need memory where they are not 0, however high they are."""

OWN = "backbone."

LEAST = 2
"""Trials that ran out, before none as large starts: another program may cause one."""

TRIED = 10
"""Of so many that cannot fit, one is tried."""

NOT_STARTED = "not started"
"""How the reason begins of a trial that is refused as too large."""


def is_as_large(values: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    """Whether a configuration needs at least the memory of another, in each respect.

    Two backbones, and two values of an own backbone's size, are not compared.

    Example:
        >>> ran_out = {"training.batch_size": 64}
        >>> is_as_large({"training.batch_size": 128}, ran_out)
        True
        >>> is_as_large({"training.batch_size": 32}, ran_out)
        False
    """
    own = {key for key in {*values, *other} if key.startswith(OWN)}
    same = {*SAME, *own - {*GROWING} - HYPERPARAMETERS.keys()}
    return (
        all(_value(values, key) == _value(other, key) for key in same)
        and all(_size(values, key) >= _size(other, key) for key in GROWING)
        and all(
            bool(_value(values, key)) >= bool(_value(other, key)) for key in SWITCHES
        )
    )


def _value(values: Mapping[str, Value], key: str) -> Value | None:
    row = HYPERPARAMETERS.get(key)
    return values.get(key, None if row is None else row.default)


def _size(values: Mapping[str, Value], key: str) -> float:
    size = float(_value(values, key) or 0)
    return float("inf") if key in WHOLE and not size else size


class MemoryLimit:
    """The trials of one start that ran out of memory, by their numbers.

    A later start begins without them: it may have more memory. In a cluster nothing is
    refused that a node may hold: two must have run out, on every node that takes trials
    now. A trial that ran out before it was located counts for all of them.
    """

    def __init__(self) -> None:
        """Knows no trial yet."""
        self._ran_out: dict[int, Mapping[str, Value]] = {}
        self._nodes: dict[int, str] = {}
        self._living: frozenset[str] = frozenset()
        self._refused = 0

    def locate(self, number: int, node: str) -> None:
        """Takes the node that a trial ran on."""
        self._nodes[number] = node

    def use_nodes(self, names: Iterable[str]) -> None:
        """Takes the nodes that take trials now: others may have come, or gone.

        Where there is none, the last ones are expected to come back.
        """
        self._living = frozenset(names) or self._living

    def add(self, number: int, values: Mapping[str, Value]) -> None:
        """Adds a trial that ran out, unless it would have been refused."""
        if len(self._smaller(values)) < LEAST or self._unknown(values):
            self._ran_out[number] = dict(values)

    def fits(self, values: Mapping[str, Value]) -> None:
        """Takes back what a trial that trained shows to be wrong."""
        for number in self._smaller(values):
            del self._ran_out[number]

    def refusal(self, values: Mapping[str, Value]) -> str:
        """Says why a configuration is not to be started; empty where it may fit."""
        smaller = self._smaller(values)
        if len(smaller) < LEAST or self._unknown(values):
            return ""
        self._refused += 1
        if self._refused % TRIED == 0:
            return ""
        first, second = smaller[:LEAST]
        return (
            f"{NOT_STARTED}, as large as trials {first} and {second}, which did not fit"
        )

    def _smaller(self, values: Mapping[str, Value]) -> list[int]:
        """Lists the trials that ran out which a configuration is as large as."""
        return [n for n, other in self._ran_out.items() if is_as_large(values, other)]

    def _unknown(self, values: Mapping[str, Value]) -> frozenset[str]:
        """Lists the living nodes on which nothing smaller has run out."""
        found = {self._nodes.get(number) for number in self._smaller(values)}
        return frozenset() if None in found else self._living - found
