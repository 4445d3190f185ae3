"""The port between a worker and its driver, beside Tune's results.

It gives the worker the job as it is for it, and takes the worker's notes and files. On
one machine both use the same folders. In a cluster notes and files travel over Ray, and
no path of one machine is opened on another.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from search.executors.board import Board, FolderBoard
from search.executors.parcels import Parcel
from search.trial.messages import Job, RetrainRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A job as it is for one worker; ``images`` are its pixels, if not to be mapped."""

    job: Job
    images: np.ndarray | None = None


class Post(Protocol):
    """What a worker gets and sends; the driver sends it to each worker, pickled."""

    @property
    def in_cluster(self) -> bool:
        """Whether workers run on other nodes, which can be lost."""

    @property
    def board(self) -> Board:
        """The board for the worker's notes."""

    @property
    def node(self) -> str:
        """The name of the node that this process runs on; "" on one machine."""

    def deliver(self, job: Job) -> Delivery:
        """Makes a job ready for this process; ``RunError`` where it cannot run here."""

    def readdress(self, request: RetrainRequest) -> RetrainRequest:
        """Lets a retraining write where this process may."""

    def collect(self) -> Parcel | None:
        """Takes the files that were written since; ``None`` if they are in place."""

    def close(self) -> None:
        """Removes what this process wrote for itself alone."""


@dataclass(frozen=True, slots=True)
class LocalPost:
    """The post on one machine: the driver's own folders."""

    folder: Path

    @property
    def in_cluster(self) -> bool:
        """Workers run on this machine."""
        return False

    @property
    def board(self) -> Board:
        """A board of files."""
        return FolderBoard(self.folder)

    @property
    def node(self) -> str:
        """There is one node."""
        return ""

    def deliver(self, job: Job) -> Delivery:
        """Leaves the job as it is."""
        return Delivery(job=job)

    def readdress(self, request: RetrainRequest) -> RetrainRequest:
        """Leaves the request as it is."""
        return request

    def collect(self) -> None:
        """Leaves the files where they are."""

    def close(self) -> None:
        """Leaves nothing."""
