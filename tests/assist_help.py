"""A scripted chat server, for faults only: what a real model answers is tested with a real one (test_assist_real)."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from workbench.assist.budget import Budget
from workbench.assist.client import Client, Patience
from workbench.assist.endpoint import Endpoint
from workbench.assist.label import Method
from workbench.assist.prompt import Prompt
from workbench.assist.store import Store
from workbench.core.workspace import Workspace

KEY = "sk-very-secret-0123456789"
SCHEMA = Workspace(Path("/nowhere")).schema()
QUICK = Patience(timeout=2.0, tries=4, first_wait=0.01, longest_wait=1.0)


@dataclass(frozen=True)
class Say:
    """One response: status, headers, body; `pause` seconds before it, `drip` seconds between its bytes."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    drip: float = 0.0
    cut: int | None = None


def spans(*quotes: tuple[str, str], **more: Any) -> str:
    return json.dumps({"spans": [{"label": label, "quote": quote} | more for label, quote in quotes]})


def completion(
    content: str | None, *, finish: str = "stop", tokens: tuple[int, int] = (100, 20), **message: Any
) -> Say:
    choice = {"message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    return Say(json.dumps({"choices": [choice], "usage": usage}).encode())


def error(status: int, message: str, **headers: str) -> Say:
    return Say(json.dumps({"error": {"message": message}}).encode(), status, headers)


Script = Callable[[dict[str, Any], int], Say]


@dataclass
class Scripted:
    """The server's address, and every request that it got."""

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0


@contextmanager
def scripted(script: Script | list[Say]) -> Iterator[Scripted]:
    """Answers by a function of the request and its number, or by a list whose last answer is repeated."""
    lock, seen = threading.Lock(), Scripted("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with lock:
                number = len(seen.asked)
                seen.asked.append(asked)
                seen.keys.append(self.headers.get("authorization"))
                seen.times.append(time.monotonic())
                seen.at_once += 1
                seen.most_at_once = max(seen.most_at_once, seen.at_once)
            say = script[min(number, len(script) - 1)] if isinstance(script, list) else script(asked, number)
            time.sleep(say.pause)
            with lock:
                seen.at_once -= 1
            with suppress(OSError):
                self._send(say)

        def _send(self, say: Say) -> None:
            self.send_response(say.status)
            self.send_header("content-length", str(len(say.body)))
            for name, value in say.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            body = say.body if say.cut is None else say.body[: say.cut]
            for at in range(0, len(body), 1 if say.drip else len(body)):
                self.wfile.write(body[at : at + (1 if say.drip else len(body))])
                self.wfile.flush()
                time.sleep(say.drip)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    seen.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield seen
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def method_for(
    url: str,
    folder: Path,
    *,
    budget: Budget | None = None,
    patience: Patience = QUICK,
    prompt: Prompt | None = None,
    samples: int = 1,
) -> Iterator[Method]:
    store = Store(folder / "answers.sqlite")
    client = Client(
        Endpoint(url, "scripted", KEY), store=store, budget=budget or Budget(), run="test", patience=patience
    )
    try:
        yield Method(client, prompt or Prompt(SCHEMA, max_tokens=500), samples=samples, temperature=0.5 * (samples > 1))
    finally:
        client.close()
        store.close()
