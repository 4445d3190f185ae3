"""Which processes Ray starts: its two servers and the workers, and nothing else.

Ray has no settings for this. By itself it also starts five Python processes: the server
and the agent of its dashboard, an agent for runtime environments, and monitors of logs
and of the cluster. A search uses none of them. They cost more CPU time than Ray's
servers, and its start waits for three of them.
"""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ray._private import ray_constants, services
from ray._private.node import Node

_AGENTS = ("dashboard_agent_command", "runtime_env_agent_command")
_PORTS = (
    *("metrics-agent-port", "metrics_export_port"),
    *("dashboard_agent_listen_port", "runtime_env_agent_port"),
)
"""Ports that its node server waits for, until the agents have opened them."""

PATIENCE = 120.0
"""Seconds until the node server must be known; Ray waits 30, few on a busy machine."""

_start_process: Callable[..., Any] = services.start_ray_process
_get_node: Callable[..., Any] = services.get_node


def start_servers_only(variables: Mapping[str, str], hook: str) -> None:
    """Sets up the next ``ray.init`` of this process.

    ``variables`` is the environment of the node server and of the workers. ``hook``
    names a function, as ``module.function``, that each worker calls first.
    """
    Node.start_api_server = _no_dashboard
    Node.start_monitor = Node.start_log_monitor = _nothing
    named = {ray_constants.WORKER_PROCESS_SETUP_HOOK_ENV_VAR: hook}
    services.start_ray_process = partial(_start, {**variables, **named})
    services.get_node = patient(_get_node)


def patient(
    get_node: Callable[..., Any], seconds: float = PATIENCE
) -> Callable[..., Any]:
    """Lets a lookup that fails with ``RuntimeError`` succeed within some seconds."""

    def found(*words: Any) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                return get_node(*words)
            except RuntimeError:
                time.sleep(0.1)
        return get_node(*words)

    return found


def _no_dashboard(node: Node, **_: Any) -> None:
    node._webui_url = ""  # noqa: SLF001 - what Ray itself sets without a dashboard


def _nothing(node: Node) -> None:
    """Starts no process."""


def _start(
    variables: Mapping[str, str], command: Sequence[str], kind: str, **options: Any
) -> Any:
    if kind == ray_constants.PROCESS_TYPE_RAYLET:
        command = without_agents(command)
        options["env_updates"] = {**(options.get("env_updates") or {}), **variables}
    return _start_process(command, kind, **options)


def without_agents(command: Sequence[str]) -> list[str]:
    """Replaces the agents in the node server's command line.

    The node server needs a command for each agent, and ends when one ends. ``cat``
    reads from the node server until that ends, and costs nothing.

    Example:
        >>> "--metrics-agent-port=-1" in without_agents(["raylet"])
        True
    """
    cat = shutil.which("cat", path="/bin:/usr/bin") or "cat"
    replaced = dict.fromkeys(_AGENTS, cat) | dict.fromkeys(_PORTS, "-1")
    kept = [word for word in command if word[2:].partition("=")[0] not in replaced]
    return [*kept, *(f"--{name}={value}" for name, value in replaced.items())]
