"""Which compiled graphs a worker keeps."""

from types import SimpleNamespace

import numpy as np
import pytest

from models.training import trainer as module
from models.training.trainer import Trainer
from tests.factories.models import graph_config

BASE, EACH = 600, 200
"""Bytes of a process without a graph, and of each graph."""

GRAPHS = [graph_config(head__dense_units=units) for units in range(1, 10)]


class Process:
    """A process of a known size, and how often it built each graph."""

    def __init__(self, monkeypatch, memory):
        """Gives the trainer graphs that only take memory."""
        self.built = []
        monkeypatch.setattr(module, "CompiledModel", self._build)
        self.trainer = Trainer(memory=memory, resident=self.resident)

    def resident(self):
        """Returns its bytes: those of a dropped graph are free again."""
        kept = len(self.trainer._kept) if self.built else 0  # noqa: SLF001
        return BASE + EACH * kept

    def _build(self, graph, _frozen):
        self.built.append(graph)
        return SimpleNamespace(graph=graph, built=0.0, loaded_weights=None)


def test_sixty_trials_of_nine_graphs_build_nine(monkeypatch):
    """Where memory allows, each graph is built once, in whatever order trials come."""
    process = Process(monkeypatch, memory=BASE + 9 * EACH)
    for place in np.random.default_rng(1).integers(0, len(GRAPHS), 60):
        process.trainer._compiled(GRAPHS[place])  # noqa: SLF001

    assert sorted(process.built, key=GRAPHS.index) == GRAPHS


@pytest.mark.parametrize("room", [1, 2, 5])
def test_memory_is_not_exceeded(monkeypatch, room):
    """It holds as many graphs as fit, and drops the one that was unused longest."""
    process = Process(monkeypatch, memory=BASE + room * EACH)
    sizes = []
    for graph in GRAPHS:
        process.trainer._compiled(graph)  # noqa: SLF001
        sizes.append(process.resident())

    assert max(sizes) == BASE + room * EACH
    assert list(process.trainer._kept) == GRAPHS[-room:]  # noqa: SLF001


def test_a_graph_in_use_is_kept(monkeypatch):
    """The graph of frozen epochs stays while that of the others is built from it."""
    process = Process(monkeypatch, memory=BASE)
    process.trainer._current = process.trainer._compiled(GRAPHS[0])  # noqa: SLF001
    process.trainer._compiled(GRAPHS[1])  # noqa: SLF001

    assert list(process.trainer._kept) == GRAPHS[:2]  # noqa: SLF001
