"""Joins a running Ray cluster for one search, and leaves nothing behind on it.

A connection has the search's actors and placement groups; when it ends, also by the
death of this process, Ray removes them.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from data_pipeline.system.errors import RunError
from data_pipeline.system.interrupts import kept_sigterm, restore_sigterm
from data_pipeline.system.terminal import print_note
from search.executors.machine import project_versions
from search.executors.ray.cluster.code import stage_code
from search.executors.ray.cluster.watch import Server, watched
from search.executors.ray.environment import joined_environment, set_joined_environment
from search.executors.ray.folder import ray_folder
from search.executors.workers import Workers
from search.inputs.gpu_shares import Devices
from search.trial.messages import Job

set_joined_environment(os.environ)

import ray  # noqa: E402 - reads its environment when it is imported
from ray import _raylet  # noqa: E402
from ray._private import ray_constants  # noqa: E402
from ray._private import utils as ray_utils  # noqa: E402
from ray.train._internal import storage as tune_storage  # noqa: E402
from ray.util.scheduling_strategies import (  # noqa: E402
    NodeAffinitySchedulingStrategy,
)

from search.executors.ray.cluster.nodes import (  # noqa: E402 - likewise
    NodeFacts,
    ask_nodes,
    check_unambiguous,
    check_versions,
    kill_process,
    live_nodes,
    name_of,
    places,
    process_lives,
)
from search.executors.ray.cluster.post import (  # noqa: E402 - likewise
    ActorBoard,
    ClusterPost,
    Notes,
    record_of,
)

UNGUARDED = (
    "warning: this Ray cluster asks for no token: whoever reaches its ports can run "
    "code on it; set RAY_AUTH_MODE=token and the same RAY_AUTH_TOKEN for every node "
    "and here (search/clusters/README.md)"
)
LOST, GRACE = 40, 5
"""Looks without an answer of the head, or of this machine's node, before the end.

Ray would end this process after 60 seconds, with messages of its own.
"""
HEAD, HERE = "the head of the Ray cluster", "this machine's node of the Ray cluster"


class Cluster:
    """A running cluster, joined when it is needed first."""

    def __init__(
        self, address: str, *, cpus: int, most: int | None, modules: tuple[str, ...]
    ) -> None:
        """Takes the address, and what trials need.

        ``cpus`` are the threads of a trial, ``most`` how many run at once at most.
        ``modules`` are those of the user's own code.
        """
        self.address = address
        self._cpus, self._most, self._modules = cpus, most, modules
        self._stack = ExitStack()

    @cached_property
    def nodes(self) -> list[NodeFacts]:
        """Joins the cluster; checks that all of its nodes have these versions.

        ``RunError`` is raised where the cluster cannot be joined, or a node differs.
        """
        with kept_sigterm():
            self._join()
        found = ask_nodes()
        here = project_versions()
        for node in found:
            check_versions(here, node.versions, node.name)
        if not all(node.token for node in found):
            print_note(UNGUARDED)
        return found

    def devices(self) -> Devices:
        """Adds up what the nodes have."""
        asked, nodes = self.nodes, live_nodes()
        return Devices(
            gpus=tuple(gpu for node in asked for gpu in node.gpus),
            cores=sum(int(node["Resources"].get("CPU", 0)) for node in nodes),
            places=max(places([node], cpus=self._cpus, gpus=0.0) for node in nodes),
            processors=", ".join(sorted({node.processor for node in asked})),
        )

    def leave(self) -> None:
        """Disconnects, if it was joined; the cluster goes on."""
        self._stack.close()

    def capacity(self, gpus: float) -> int:
        """Counts the trials that run at once: nodes may have come, or gone."""
        if self._most is not None:
            return self._most
        return max(1, places(live_nodes(), cpus=self._cpus, gpus=gpus))

    def names(self, gpus: float) -> list[str]:
        """Names the nodes that take trials now."""
        nodes = live_nodes()
        return [name_of(n) for n in nodes if places([n], cpus=self._cpus, gpus=gpus)]

    @contextmanager
    def workers(self, job: Job) -> Iterator[Workers]:
        """Makes the cluster ready for a job: its pixels travel once to each node."""
        _ = self.nodes
        board = ActorBoard(_start_notes())
        post = ClusterPost(
            board=board,
            pixels=[_put_pixels(job)],
            record=record_of(Path(job.images)),
            here=project_versions(),
        )
        with self._watch.workers(board, kill=kill_process, lives=process_lives):
            place = str(self._folder.ray)
            tune_storage._get_ray_train_session_dir = lambda: place  # noqa: SLF001
            yield Workers(
                post=post,
                folder=self._folder.tune,
                resources={"cpu": self._cpus, "gpu": job.gpus},
                capacity=partial(self.capacity, job.gpus),
                nodes=partial(self.names, job.gpus),
            )

    def _servers(self) -> list[Server]:
        """Lists what must answer: the head, and from outside its server for clients."""
        text = self.address.removeprefix("ray://")
        outside = text != self.address
        context = ray.get_runtime_context()
        host, _, port = (text if outside else context.gcs_address).rpartition(":")
        head = Server(name=HEAD, address=(host, int(port)), looks=LOST)
        if outside:
            return [head]
        here = context.get_node_id()
        (own,) = [node for node in live_nodes() if node["NodeID"] == here]
        address = (own["NodeManagerAddress"], int(own["NodeManagerPort"]))
        return [head, Server(name=HERE, address=address, looks=GRACE)]

    def _join(self) -> None:
        check_unambiguous(self.address)
        logging.getLogger("ray").setLevel(logging.CRITICAL)
        # Where a search on this machine came before, Ray has read other settings.
        core: Any = _raylet
        core.Config.initialize("")
        core.AuthenticationTokenLoader.instance().reset_cache()
        # A head that does not answer is tried for 40 seconds, not for 12 minutes.
        ray_constants.NUM_REDIS_GET_RETRIES = 1
        # SIGTERM, which batch systems send, stays with `handle_interrupts`.
        ray_utils.set_sigterm_handler = _keep_handler
        self._folder = self._stack.enter_context(ray_folder())
        code = self._folder.ray / "code"
        stage_code(code, self._modules)
        self._stack.callback(restore_sigterm)
        self._stack.callback(ray.shutdown)
        try:
            ray.init(
                self.address,
                runtime_env={
                    "working_dir": str(code),
                    "env_vars": joined_environment(self._cpus),
                },
                log_to_driver=False,
                logging_level=logging.CRITICAL,
            )
        except Exception as error:
            raise RunError(self._refusal(error)) from error
        # Until the end, also while data are read and the best model is tested: Ray's
        # client would end this process with messages of its own.
        watch = watched(self._servers(), self._folder.tune.parent)
        self._watch = self._stack.enter_context(watch)

    def _refusal(self, error: Exception) -> str:
        cause = " ".join(str(error).split())[:400] or type(error).__name__
        return (
            f"--address {self.address}: the Ray cluster cannot be joined ({cause}). "
            "Check that `ray status` answers on its head, that this machine is one of "
            "its nodes (elsewhere use ray://HOST:10001), and that RAY_AUTH_MODE and "
            "RAY_AUTH_TOKEN are here as there"
        )


def _keep_handler(_: object) -> None:
    """Leaves a handler of SIGTERM as it is."""


def _start_notes() -> Any:
    """Starts the actor of a board, beside the driver where that is on a node."""
    here = NodeAffinitySchedulingStrategy(
        ray.get_runtime_context().get_node_id(), soft=True
    )
    notes = ray.remote(num_cpus=0, max_restarts=-1)(Notes)
    return notes.options(scheduling_strategy=here).remote()


def _put_pixels(job: Job) -> Any:
    """Puts the pixels into the object store, from which each node gets them once."""
    images = np.load(job.images, mmap_mode="r", allow_pickle=False)
    try:
        return ray.put(np.asarray(images))
    except Exception as error:
        raise RunError(
            f"{images.nbytes / 1e9:.1f} GB of pixels do not go into Ray's object store "
            f"({str(error).splitlines()[0]}); start the nodes with a larger "
            "--object-store-memory, or lower [data] image_size"
        ) from error
