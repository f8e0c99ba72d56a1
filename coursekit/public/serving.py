"""Serves the built site as a web server would: for an address that is none, its own page says so, at any depth."""

from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

LOST = "404.html"


class Site(SimpleHTTPRequestHandler):
    """The files of a folder; `404.html` in it stands for all that is not there."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """The site's own page, where it has one, for what is not there; else the plain one."""
        page = Path(self.directory, LOST)
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            return super().send_error(code, message, explain)
        body = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
