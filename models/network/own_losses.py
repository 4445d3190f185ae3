"""Losses of the user's own, in place of a head's."""

from collections.abc import Callable
from typing import Any

from data_pipeline.own_code.named_code import load, unusable
from models.config.config import GraphConfig
from models.config.hyperparameters import OWN_LOSSES, STANDARD

Loss = Callable[[Any, Any], Any]
"""Target (B, K, 2) and logits (B, K) to a scalar."""


def own_losses(graph: GraphConfig) -> dict[str, Loss]:
    """Returns the own losses of a graph by the head's name."""
    named = {head: getattr(graph, f"{head}_loss") for head in OWN_LOSSES}
    return {
        head: load_loss(head, name) for head, name in named.items() if name != STANDARD
    }


def load_loss(head: str, name: str) -> Loss:
    """Imports an own loss of a head, and names it in what it raises.

    Raises:
        StudyError: it cannot be imported, or is no function.
    """
    kind = OWN_LOSSES[head]
    found = load(kind, name)
    if not callable(found):
        raise unusable(kind, name, f"it is {found!r:.60}")

    def loss(target: Any, logits: Any) -> Any:
        try:
            value = found(target, logits)
        except Exception as error:  # code of others may raise anything
            raise unusable(kind, name, error) from error
        if tuple(getattr(value, "shape", (1,))):
            raise unusable(kind, name, f"it returned {value!r:.60}")
        return value

    return loss
