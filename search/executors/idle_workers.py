"""Idle workers by the graphs that they have compiled; imports nothing of Ray."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Any


class IdleWorkers:
    """Keeps idle workers, and gives a task the one that has most of its graphs.

    Takes the place of Tune's cache of actors, which keeps one idle worker and ends all
    others. They are idle while the last trials of a stage run; the next stage needs
    their graphs. All tasks of a search need the same resources, so the ``key`` of
    these is not looked at.
    """

    def __init__(self) -> None:
        """Knows no worker yet."""
        self.total_max_objects = 0
        """How many tasks wait for a worker; counted by Tune."""
        self._idle: list[Hashable] = []
        self._graphs: dict[Hashable, set[Hashable]] = defaultdict(set)
        self._wanted: frozenset[Hashable] = frozenset()

    @property
    def num_cached_objects(self) -> int:
        """How many workers are idle."""
        return len(self._idle)

    def expect(self, graphs: Iterable[Hashable]) -> None:
        """Takes the graphs of the task for which a worker is taken next."""
        self._wanted = frozenset(graphs)

    def has_run(self, worker: Hashable, graphs: Iterable[Hashable]) -> None:
        """Notes the graphs of a task that a worker has run."""
        self._graphs[worker].update(graphs)

    def forget(self, worker: Hashable) -> None:
        """Removes a worker that has ended."""
        self._graphs.pop(worker, None)
        if worker in self._idle:
            self._idle.remove(worker)

    def increase_max(self, key: object, by: int = 1) -> None:
        """Counts tasks that wait for a worker."""
        del key
        self.total_max_objects += by

    def decrease_max(self, key: object, by: int = 1) -> None:
        """Counts tasks that wait no longer."""
        del key
        self.total_max_objects -= by

    def has_cached_object(self, key: object) -> bool:
        """Whether a worker is idle."""
        del key
        return bool(self._idle)

    def cache_object(self, key: object, worker: Hashable) -> bool:
        """Keeps an idle worker, always."""
        del key
        self._idle.append(worker)
        return True

    def pop_cached_object(self, key: object) -> Any:
        """Takes the idle worker with most of the expected graphs; ``None`` without one.

        Among equals it is the one with the fewest graphs, which has most memory left,
        then the one that is idle for longest.
        """
        del key
        if not self._idle:
            return None
        best = max(self._idle, key=self._fit)
        self._idle.remove(best)
        return best

    def flush_cached_objects(self, force_all: bool = False) -> list[Any]:
        """Returns the workers to be ended: all at the end of a search, none before."""
        if not force_all:
            return []
        flushed, self._idle = self._idle, []
        return flushed

    def _fit(self, worker: Hashable) -> tuple[int, int]:
        graphs = self._graphs[worker]
        return len(graphs & self._wanted), -len(graphs)
