"""A proxy in front of a real server that has its moods: some requests are refused, or cut off."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

# Headers that belong to one connection, or that the copy says anew.
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "host"})


@dataclass(frozen=True)
class Mood:
    """What is done instead of handing a request on: an answer with a status, or nothing at all (status 0: the
    connection is cut before the server hears of it, -1: after it has answered)."""

    status: int = 200


class Moody:
    """The proxy; `mood` says for the number of each request, from 1 on, what is done with it."""

    def __init__(self, url: str, mood: Callable[[int], Mood | None]) -> None:
        self.asked, self._there, self._mood, self._lock = (
            0,
            httpx.Client(base_url=url, timeout=120),
            mood,
            threading.Lock(),
        )
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.answer(self)

            do_POST = do_PATCH = do_DELETE = do_PUT = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, near: Any) -> None:
        """Hands one request on, or does what the mood says."""
        body = near.rfile.read(int(near.headers.get("content-length") or 0))
        with self._lock:
            self.asked += 1
            mood = self._mood(self.asked) or Mood()
        if mood.status == 0:
            near.close_connection = True
            return
        if mood.status > 200:
            self._send(
                near, mood.status, {"content-type": "application/json", "retry-after": "0"}, b'{"detail": "moody"}'
            )
            return
        headers = {name: value for name, value in near.headers.items() if name.lower() not in _HOP}
        said = self._there.request(near.command, near.path, headers=headers, content=body)
        if mood.status < 0:
            near.close_connection = True
            return
        kept = {name: value for name, value in said.headers.items() if name.lower() not in _HOP}
        self._send(near, said.status_code, kept, said.content)

    def close(self) -> None:
        """Ends listening."""
        self._server.shutdown()
        self._server.server_close()
        self._there.close()

    def _send(self, near: Any, status: int, headers: dict[str, str], body: bytes) -> None:
        near.send_response(status)
        for name, value in (headers | {"content-length": str(len(body))}).items():
            near.send_header(name, value)
        near.end_headers()
        near.wfile.write(body)
