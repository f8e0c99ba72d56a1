"""Debian's Chromium and a folder on a loopback port: what tests and benchmarks look at pages with."""

from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = (
    "no-sandbox disable-gpu disable-quic no-first-run "
    "disable-background-networking disable-component-update disable-sync"
)
LAUNCH = {"executable_path": str(CHROMIUM), "args": [f"--{switch}" for switch in SWITCHES.split()]}


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        """Say nothing per request."""


@contextmanager
def served(folder: Path):
    """The folder on a loopback port; yields its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
