"""The post in a cluster: notes by an actor, pixels by the object store, files as bytes.

A worker writes to a folder of its own below that of its node's Ray session.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import ray
from ray.exceptions import RayError

from search.executors.machine import project_versions
from search.executors.parcels import Parcel
from search.executors.post import Delivery
from search.executors.ray.cluster.nodes import check_versions, node_name
from search.trial.messages import Job, RetrainRequest

PATIENCE = 30.0
"""Seconds that a note may take."""

LOST = (RayError, ConnectionError)
"""What a call to the actor raises where its node was lost."""

SCRATCH = "search-worker-"


class Notes:
    """The notes of a board; runs as an actor."""

    def __init__(self) -> None:
        """Begins without a note."""
        self._notes: dict[str, str] = {}

    def write(self, name: str, text: str) -> None:
        """Keeps a note."""
        self._notes[name] = text

    def has(self, name: str) -> bool:
        """Looks for a note."""
        return name in self._notes

    def remove(self, name: str) -> None:
        """Forgets a note."""
        self._notes.pop(name, None)

    def read(self, ending: str) -> dict[str, str]:
        """Returns notes by the ending of their names."""
        return {k: v for k, v in sorted(self._notes.items()) if k.endswith(ending)}


@dataclass(frozen=True, slots=True)
class ActorBoard:
    """A board whose notes an actor has; ``get`` waits for its answers."""

    actor: Any
    get: Callable[..., Any] = ray.get

    def write(self, name: str, text: str) -> None:
        """Sends a note."""
        with suppress(*LOST):
            self.get(self.actor.write.remote(name, text), timeout=PATIENCE)

    def has(self, name: str) -> bool:
        """Asks for a note; where nobody answers, it was there."""
        with suppress(*LOST):
            return bool(self.get(self.actor.has.remote(name), timeout=PATIENCE))
        return True

    def remove(self, name: str) -> None:
        """Has a note removed."""
        with suppress(*LOST):
            self.get(self.actor.remove.remote(name), timeout=PATIENCE)

    def read(self, ending: str) -> dict[str, str]:
        """Asks for notes; there are none where nobody answers."""
        with suppress(*LOST):
            found: dict[str, str] = self.get(
                self.actor.read.remote(ending), timeout=PATIENCE
            )
            return found
        return {}


@dataclass(frozen=True, kw_only=True)
class ClusterPost:
    """The post of one search.

    ``pixels`` holds the reference of all pixels, ``record`` is the ``record_of`` their
    file, ``here`` are the driver's versions. ``place`` is the folder for workers' own
    files, ``None`` that of the node's Ray session.
    """

    board: ActorBoard
    pixels: list[Any]
    record: str
    here: Mapping[str, str]
    place: str | None = None

    @property
    def in_cluster(self) -> bool:
        """Workers run on any node."""
        return True

    @property
    def node(self) -> str:
        """The node's name."""
        return node_name()

    def deliver(self, job: Job) -> Delivery:
        """Maps the pixels where the same file is on this node; else gets them by Ray.

        ``RunError`` is raised where the versions of this node are others.
        """
        check_versions(self.here, project_versions(), self.node)
        kept = None if job.checkpoints is None else str(self._files)
        own = replace(job, checkpoints=kept)
        if self.record and record_of(Path(job.images)) == self.record:
            return Delivery(job=own)
        # Features of frozen networks are kept beside the pixels' file.
        away = self._scratch / Path(job.images).name
        images: np.ndarray = self.board.get(self.pixels[0])
        return Delivery(job=replace(own, images=str(away)), images=images)

    def readdress(self, request: RetrainRequest) -> RetrainRequest:
        """Has the model written to this worker's folder."""
        self._files.mkdir(exist_ok=True)
        return replace(request, path=str(self._files / Path(request.path).name))

    def collect(self) -> Parcel:
        """Packs the files of a trial, or of a retraining."""
        return Parcel.packed(self._files)

    def close(self) -> None:
        """Removes the folder."""
        shutil.rmtree(self._scratch, ignore_errors=True)

    @property
    def _files(self) -> Path:
        return self._scratch / "files"

    @cached_property
    def _scratch(self) -> Path:
        """Makes this process's folder; removes those of dead processes."""
        place = Path(self.place or _session_folder())
        for left in place.glob(f"{SCRATCH}*"):
            if not psutil.pid_exists(int(left.name.removeprefix(SCRATCH))):
                shutil.rmtree(left, ignore_errors=True)
        folder = place / f"{SCRATCH}{os.getpid()}"
        # That of a dead process which had the same number.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        return folder


def _session_folder() -> str:
    node = ray._private.worker._global_node  # noqa: SLF001 - no public way to it
    return str(node.get_session_dir_path())


def record_of(images: Path) -> str:
    """Digests the checksums of a pixel file; "" where it is not on this machine."""
    try:
        if not images.is_file():
            return ""
        return hashlib.sha256(images.with_suffix(".rows").read_bytes()).hexdigest()
    except OSError:
        return ""
