"""Nodes of a Ray cluster on this machine, each with a folder and ports of its own."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

HOST = "127.0.0.1"
SECONDS = 300
COMMAND = Path(__file__).with_name("ray_start.py")
STARTED = b"Ray runtime started"


def free_port():
    """Finds a port that nothing listens on."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        return found.getsockname()[1]


class RayNodes:
    """A cluster that asks for a token; ``close`` kills all of its nodes."""

    def __init__(self):
        """Starts nothing."""
        # Sockets need a short path.
        self.place = Path(tempfile.mkdtemp(prefix="rn"))
        self.port, self.client_port = free_port(), free_port()
        self.nodes = {}
        self.variables = {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(20),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": "0",
            "RAY_health_check_initial_delay_ms": "0",
            "RAY_health_check_period_ms": "1000",
        }

    @property
    def address(self):
        """Where the head is."""
        return f"{HOST}:{self.port}"

    def start_head(self, *, cpus):
        """Starts the head, which also answers clients from outside."""
        self._start(
            "head",
            *("--head", f"--port={self.port}", f"--num-cpus={cpus}"),
            f"--ray-client-server-port={self.client_port}",
            f"--dashboard-port={free_port()}",
            *("--include-dashboard=false", "--no-monitor"),
        )

    def start_node(self, name, *, cpus, hidden=None):
        """Starts another node, from which a folder can be hidden."""
        self._start(
            name, f"--address={self.address}", f"--num-cpus={cpus}", hidden=hidden
        )

    def processes(self, name):
        """Lists the processes of a node."""
        try:
            found = psutil.Process(self.nodes[name].pid)
            return [found, *found.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def kill_node(self, name):
        """Kills all processes of a node at once, as a power cut does."""
        for process in self.processes(name):
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self.nodes.pop(name).wait()

    def kill_all(self):
        """Kills all nodes; they may be started again."""
        for name in list(self.nodes):
            self.kill_node(name)

    def close(self):
        """Kills all nodes, and removes their folders."""
        self.kill_all()
        shutil.rmtree(self.place, ignore_errors=True)

    def _start(self, name, *words, hidden=None):
        log = self.place / f"{name}.log"
        command = [
            *(sys.executable, "-P", str(COMMAND), "--block"),
            *(f"--temp-dir={self.place / name}", "--object-store-memory=80000000"),
            *("--include-log-monitor=false", *words),
        ]
        if hidden is not None:
            script = 'mount -t tmpfs none "$0" && exec "$@"'
            command = ["unshare", "-m", "sh", "-c", script, str(hidden), *command]
        # Nothing of this project is on a node before a driver sends it.
        kept = {k: v for k, v in os.environ.items() if k[:4] not in ("RAY_", "PYTH")}
        with log.open("wb") as output:
            self.nodes[name] = subprocess.Popen(  # noqa: S603 - our own command
                command,
                env=kept | self.variables,
                stdout=output,
                stderr=output,
                start_new_session=True,
                cwd=self.place,
            )
        end = time.monotonic() + SECONDS
        while STARTED not in log.read_bytes():
            assert self.nodes[name].poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)


def can_hide():
    """Whether this user may hide folders from processes: root outside a container."""
    if shutil.which("unshare") is None:
        return False
    command = ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - own
    return done.returncode == 0
