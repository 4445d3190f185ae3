"""A private MariaDB server for tests, on a loopback port, in its own folder."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.factories.servers.postgres import PASSWORD, QUOTED, USER

PATIENCE = 300


class Server:
    """A server that can be stopped and started again; its data stay."""

    def __init__(self, program, *, flush=2):
        """Makes the server's files.

        Args:
            program: the path of ``mariadbd``.
            flush: whether a commit waits for the disk, 1 as in production.
        """
        self._program = program
        self._flush = flush
        self._folder = Path(tempfile.mkdtemp(prefix="mariadb-"))
        self._data = self._folder / "data"
        self._first = self._folder / "first.sql"
        self._first.write_text(
            f"CREATE USER IF NOT EXISTS '{USER}'@'127.0.0.1' IDENTIFIED BY "
            f"'{PASSWORD}';\nGRANT ALL ON *.* TO '{USER}'@'127.0.0.1' "
            "WITH GRANT OPTION;\n"
        )
        self._as = ["--user=mysql"] if os.geteuid() == 0 else []
        if self._as:
            shutil.chown(self._folder, "mysql", "mysql")
            self._folder.chmod(0o755)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        subprocess.run(  # noqa: S603 - our own words
            [
                shutil.which("mariadb-install-db"),
                "--no-defaults",
                f"--datadir={self._data}",
                "--skip-test-db",
                "--auth-root-authentication-method=normal",
                *self._as,
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def url(self, database="mysql", user=USER):
        """Returns the URL of a database, its password in it."""
        return f"mysql+pymysql://{user}:{QUOTED}@127.0.0.1:{self.port}/{database}"

    def start(self):
        """Starts the server and waits until it takes connections."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own words
                [
                    str(self._program),
                    "--no-defaults",
                    f"--datadir={self._data}",
                    f"--port={self.port}",
                    "--bind-address=127.0.0.1",
                    f"--socket={self._data / 's'}",
                    f"--init-file={self._first}",
                    "--innodb-buffer-pool-size=32M",
                    f"--innodb-flush-log-at-trx-commit={self._flush}",
                    *self._as,
                ],
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + PATIENCE
        while True:
            with (
                suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), 5) as found,
            ):
                if found.recv(1):  # it greets, which it does only once it has started
                    return
            assert self._process.poll() is None, "the server did not start"
            assert time.monotonic() < end, "the server does not listen"
            time.sleep(0.1)

    def stop(self):
        """Stops the server at once and closes its connections."""
        self._process.terminate()
        self._process.wait()

    def crash(self, noticed=lambda: True):
        """Stops the server as a crash does, and starts it once that was noticed."""
        self._process.kill()
        self._process.wait()
        while not noticed():
            time.sleep(0.01)
        self.start()

    def remove(self):
        """Removes the server's files."""
        shutil.rmtree(self._folder)


def program():
    """Finds the server's program, which is not on every path."""
    found = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
    return found if shutil.which("mariadb-install-db") else None
