"""What the Ray executor knows of its workers, on this machine or in a cluster."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from search.executors.post import Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Workers that are ready for a job.

    Attributes:
        post: is sent to each worker.
        folder: where Tune keeps its own files, on this machine.
        resources: of one worker, as Ray counts them.
        capacity: counts the trials that run at once, now.
        nodes: names a cluster's nodes that take trials now.
        most: as many run at once at most; ``None`` leaves it to ``capacity``.
        was_killed: tells by a ``trial_name`` whether the kernel killed its worker for
            memory; a cluster's driver cannot know.
        last_words: reads why the worker of an error crashed, if this machine knows.
    """

    post: Post
    folder: Path
    resources: Mapping[str, float]
    capacity: Callable[[], float] = lambda: float("inf")
    nodes: Callable[[], Sequence[str]] = tuple
    most: int | None = None
    was_killed: Callable[[str], bool] = lambda _: False
    last_words: Callable[[str], str] = lambda _: ""
