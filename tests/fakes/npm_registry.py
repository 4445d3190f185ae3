"""A registry of npm with one tarball, on this computer."""

import io
import json
import tarfile
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote


def tarball(files, version="1.0.0"):
    """Packs files, by path, as npm does; a script that npm must not run is among them.

    Args:
        files: content by path.
        version: of the package.
    """
    described = {
        "name": "@small/weights",
        "version": version,
        "scripts": {"prepack": "touch was_run", "install": "touch was_run"},
    }
    members = {"package/package.json": json.dumps(described).encode()} | files
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as file:
        for path, content in members.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return packed.getvalue()


@contextmanager
def npm_registry(package, version, content):
    """Serves a tarball of a package, with npm's description of it; yields its address.

    Args:
        package: its name, with a scope.
        version: the only one.
        content: the tarball.
    """
    file = f"/{package}/-/{package.rpartition('/')[2]}-{version}.tgz"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            here = f"http://{self.headers['Host']}"
            entry = {"name": package, "version": version, "dist": {}}
            entry["dist"]["tarball"] = f"{here}{file}"
            document = {
                "name": package,
                "dist-tags": {"latest": version},
                "versions": {version: entry},
            }
            pages = {file: content, f"/{package}": json.dumps(document).encode()}
            page = pages.get(unquote(self.path))
            self.send_response(404 if page is None else 200)
            self.end_headers()
            self.wfile.write(page or b"{}")

        def log_message(self, *_):
            """Writes no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
