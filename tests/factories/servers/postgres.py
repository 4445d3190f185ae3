"""A private PostgreSQL server for tests, on a loopback port, in its own folder."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

PATIENCE = "300"
"""Seconds for a start, on a machine with other work."""

USER, PASSWORD = "searcher", "s3cret/p@ss"
QUOTED = "s3cret%2Fp%40ss"


class Server:
    """A server that can be stopped and started again; its data stay."""

    def __init__(self, programs, *, fsync="off"):
        """Makes the server's files.

        Args:
            programs: the folder of ``initdb`` and ``pg_ctl``.
            fsync: whether a commit waits for the disk, ``on`` as in production.
        """
        self._programs = programs
        self._fsync = fsync
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._data = self._folder / "data"
        password = self._folder / "password"
        password.write_text(PASSWORD)
        if os.geteuid() == 0:  # the server refuses to run as root
            for path in (self._folder, password):
                shutil.chown(path, "postgres", "postgres")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._run(
            "initdb",
            f"--username={USER}",
            "--auth=scram-sha-256",
            f"--pwfile={password}",
            "--no-sync",
            "--locale=C",
            "--encoding=UTF8",
        )

    def url(self, database="postgres", user=USER, driver=""):
        """Returns the URL of a database, its password in it."""
        return f"postgresql{driver}://{user}:{QUOTED}@127.0.0.1:{self.port}/{database}"

    def start(self):
        """Starts the server and waits until it takes connections."""
        words = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync={self._fsync} "
            f"-c unix_socket_directories='' -c autovacuum=off"
        )
        log = str(self._folder / "log")
        self._run("pg_ctl", "start", "-w", "-t", PATIENCE, "-o", words, "-l", log)

    def stop(self):
        """Stops the server at once and closes its connections."""
        self._run("pg_ctl", "stop", "-w", "-m", "fast")

    def crash(self, noticed=lambda: True):
        """Stops the server as a crash does, and starts it once that was noticed."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")
        while not noticed():
            time.sleep(0.01)
        self.start()

    def remove(self):
        """Removes the server's files."""
        shutil.rmtree(self._folder)

    def _run(self, program, *words):
        command = [str(self._programs / program), "-D", str(self._data), *words]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(  # noqa: S603 - our own words
            command, check=True, stdout=subprocess.DEVNULL, cwd=self._folder
        )


def programs():
    """Finds the server's programs, which are in one folder a version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path))
    return found[-1].parent if found else None
