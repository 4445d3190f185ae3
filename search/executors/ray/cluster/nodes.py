"""The nodes of a cluster: their versions, their GPUs, and how many trials fit."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil
import ray
from ray._private import services
from ray._private.authentication.authentication_utils import is_token_auth_enabled
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from data_pipeline.system.errors import InputError, RunError, first_line
from data_pipeline.system.gpus import Gpu, find_gpus
from search.executors.heartbeat import Beat, is_process
from search.executors.machine import processor_name, project_versions

PATIENCE = 180.0
"""Seconds for the first answer of a node, which unpacks the project before it."""

SHORT = 10.0
"""Seconds for an answer about a process."""

SHOWN = 8
"""Digits of a node's id that its name has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """What a node tells of itself; ``token`` is whether it asks for one."""

    name: str
    versions: Mapping[str, str]
    gpus: tuple[Gpu, ...]
    processor: str
    cores: int
    token: bool


def node_name() -> str:
    """Names the node of this process, for messages and records."""
    node = ray.get_runtime_context().get_node_id()
    return f"{ray.util.get_node_ip_address()} {node[:SHOWN]}"


def name_of(node: Mapping[str, Any]) -> str:
    """Names a node that Ray lists, as ``node_name`` does on it."""
    return f"{node['NodeManagerAddress']} {node['NodeID'][:SHOWN]}"


def describe_node(gpus: int) -> NodeFacts:
    """Describes the node of this process, of whose GPUs Ray may give so many."""
    free = {k: v for k, v in os.environ.items() if k != "CUDA_VISIBLE_DEVICES"}
    return NodeFacts(
        name=node_name(),
        versions=project_versions(),
        gpus=find_gpus(free).gpus[:gpus],
        processor=processor_name(),
        cores=os.cpu_count() or 1,
        token=is_token_auth_enabled(),
    )


def check_unambiguous(address: str) -> None:
    """Refuses ``auto`` on a machine with nodes of several clusters.

    Ray would take any of them, also that of another search on this machine.
    """
    if address != "auto" or os.environ.get("RAY_ADDRESS"):
        return
    found = sorted(services.find_gcs_addresses())
    if len(found) > 1:
        raise InputError(
            f"--address auto: {len(found)} Ray clusters have a node on this machine "
            f"({', '.join(found)}); name one of them, such as --address {found[0]}"
        )


def ask_nodes() -> list[NodeFacts]:
    """Asks every node that can run a trial; one that dies meanwhile is left out.

    ``RunError`` is raised where a node that lives does not answer.
    """
    ask = ray.remote(num_cpus=0)(describe_node)
    asked = [
        (node, ask.options(scheduling_strategy=_only(node)).remote(gpus_of(node)))
        for node in live_nodes()
        if node["Resources"].get("CPU")
    ]
    found = [answer_of(node, answer) for node, answer in asked]
    return [facts for facts in found if facts is not None]


def gpus_of(node: Mapping[str, Any]) -> int:
    """Counts a node's GPUs for Ray: a batch system may have given it fewer."""
    return int(node["Resources"].get("GPU", 0))


def answer_of(node: Mapping[str, Any], answer: Any) -> NodeFacts | None:
    """Waits for what a node tells; none where it has died."""
    try:
        facts: NodeFacts = ray.get(answer, timeout=PATIENCE)
    except Exception as error:
        if node["NodeID"] not in {one["NodeID"] for one in live_nodes()}:
            return None
        raise RunError(
            f"the node {name_of(node)} of the Ray cluster cannot be asked for its "
            f"versions: {first_line(error)}; look into Ray's logs there"
        ) from error
    return facts


def _only(node: Mapping[str, Any]) -> NodeAffinitySchedulingStrategy:
    return NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)


def check_versions(
    here: Mapping[str, str], there: Mapping[str, str], name: str
) -> None:
    """Raises ``RunError`` where a node's versions are not the driver's."""
    wrong = [
        f"{key} {there.get(key, 'none')} there, {here.get(key, 'none')} here"
        for key in {**here, **there}
        if here.get(key) != there.get(key)
    ]
    if wrong:
        raise RunError(
            f"node {name} of the Ray cluster has other versions: {'; '.join(wrong)}. "
            "Trials would give other numbers: install the same on every node"
        )


def kill_process(beat: Beat) -> None:
    """Kills a worker's process on its node."""
    for node in _nodes_of(beat):
        kill = ray.remote(num_cpus=0)(_kill)
        kill.options(scheduling_strategy=_only(node)).remote(beat.pid, beat.process)


def process_lives(beat: Beat) -> bool:
    """Asks a worker's node whether its process lives; it does where nobody answers."""
    for node in _nodes_of(beat):
        ask = ray.remote(num_cpus=0)(is_process)
        asked = ask.options(scheduling_strategy=_only(node))
        with suppress(Exception):  # the node dies now, or is busy
            return bool(ray.get(asked.remote(beat.pid, beat.process), timeout=SHORT))
        return True
    return False


def _nodes_of(beat: Beat) -> list[dict[str, Any]]:
    """Finds the node of a worker; there is none where it has died."""
    return [one for one in live_nodes() if beat.node.endswith(one["NodeID"][:SHOWN])]


def _kill(pid: int, identity: int) -> None:
    if is_process(pid, identity):
        with suppress(psutil.Error):
            psutil.Process(pid).kill()


def live_nodes() -> list[dict[str, Any]]:
    """Lists the nodes that live, as Ray does."""
    return [node for node in ray.nodes() if node["Alive"]]


def places(nodes: Sequence[Mapping[str, Any]], *, cpus: int, gpus: float) -> int:
    """Counts the trials that nodes take at once; a trial runs on one node.

    Example:
        >>> places([{"Resources": {"CPU": 8.0, "GPU": 1.0}}], cpus=2, gpus=0.5)
        2
    """
    return sum(_places_of(node["Resources"], cpus, gpus) for node in nodes)


def _places_of(resources: Mapping[str, float], cpus: int, gpus: float) -> int:
    by_cpu = int(resources.get("CPU", 0.0) // cpus)
    if not gpus:
        return by_cpu
    count = resources.get("GPU", 0.0)
    by_gpu = count // gpus if gpus >= 1 else int(count) * int(1 / gpus + 1e-6)
    return min(by_cpu, int(by_gpu))
