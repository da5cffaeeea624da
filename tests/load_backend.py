"""The backend under many clients at once, over real HTTP."""

import base64
import itertools
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from load_help import Machine, percentile, real_documents, use_of
from serve_help import Served, asking, serving

from workbench.core.workspace import Workspace
from workbench.serve.credentials import make_credentials
from workbench.serve.home import Home
from workbench.studio.labeling import labeling_config

FEW = 5  # bulletins of a larger request
SAMPLE = 2.0  # seconds between two looks at the backend's memory


@dataclass
class Heard:
    """What all clients together got: seconds by path, errors by their words, what was said of each text."""

    times: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter[str] = field(default_factory=Counter)
    said: dict[str, Any] = field(default_factory=dict)
    bulletins: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Load:
    """So many clients for so long, each waiting `think` seconds between an answer and its next request."""

    clients: int = 50
    seconds: float = 600.0
    think: float = 0.0
    texts: int = 1000


def measure(load: Load, folder: Path) -> dict[str, Any]:
    """Starts a backend, puts the load on it, ends it; what came of it, as a table."""
    texts = [document.text for document in real_documents(load.texts, longest=3000)]
    with serving(Workspace(folder)) as served:
        body = asking(texts[:20])
        _ask(served, "/predict", json.dumps(body).encode(), _headers(served))
        heard, machine, memory = Heard(), Machine(), [use_of(served.process.pid)]
        begun = time.monotonic()
        ends = begun + load.seconds
        clients = [
            threading.Thread(target=_client, args=(number, served, texts, load, ends, heard), daemon=True)
            for number in range(load.clients)
        ]
        for client in clients:
            client.start()
        while time.monotonic() < ends:
            time.sleep(min(SAMPLE, max(0.0, ends - time.monotonic())))
            memory.append(use_of(served.process.pid))
            machine.look()
        for client in clients:
            client.join(timeout=120)
        took = time.monotonic() - begun
        failed = [event for event in served.events() if event.get("level") == "error"]
    return _table(load, heard, memory, took, failed) | {"machine": str(machine)}


def _client(number: int, served: Served, texts: list[str], load: Load, ends: float, heard: Heard) -> None:
    """One client: a connection of its own that it keeps, one request after the other until the time is over."""
    chance = random.Random(number)  # noqa: S311 - no secret
    config = labeling_config(Workspace(Path("/nowhere")).schema())
    headers, connection = _headers(served), _connection(served)
    for turn in itertools.count():
        if time.monotonic() >= ends:
            break
        some: list[str] = []
        path = "/predict"
        if turn % 20 == 10:
            path = chance.choice(["/health", "/metrics"])
        else:
            some = chance.sample(texts, FEW if turn % 10 == 5 else 1)
        body = json.dumps(asking(some, config=config)).encode() if some else None
        began = time.perf_counter()
        try:
            status, answer = _sent(connection, path, body, headers)
            wrong = f"{path}: status {status}" if status != 200 else _wrong(path, some, answer, heard)
        except (OSError, HTTPException) as error:
            wrong, connection = f"{path}: {type(error).__name__}", _connection(served)
        seconds = time.perf_counter() - began
        with heard.lock:
            heard.bulletins += len(some)
            heard.times.setdefault(path, []).append(seconds)
            if wrong:
                heard.errors[wrong] += 1
        time.sleep(load.think)
    connection.close()


def _wrong(path: str, texts: list[str], answer: bytes, heard: Heard) -> str | None:
    """What is wrong with an answer: every text gets what it got before, whoever asks beside."""
    if path != "/predict":
        return None if answer else f"{path}: empty"
    results = json.loads(answer)["results"]
    if len(results) != len(texts):
        return f"{path}: {len(results)} results for {len(texts)} bulletins"
    for text, result in zip(texts, results, strict=True):
        said = [each["value"] for each in result["result"] if each["type"] == "labels"]
        if any(text[each["start"] : each["end"]] != each["text"] for each in said):
            return f"{path}: a region that is not in its text"
        with heard.lock:
            if heard.said.setdefault(text, said) != said:
                return f"{path}: another answer for the same bulletin"
    return None


def _table(load: Load, heard: Heard, memory: list[Any], took: float, failed: list[Any]) -> dict[str, Any]:
    requests = sum(map(len, heard.times.values()))
    sizes = [round(each.memory) for each in memory]
    middle = len(sizes) // 2
    return {
        "clients": load.clients,
        "seconds": round(took, 1),
        "requests": requests,
        "errors": sum(heard.errors.values()),
        "which": dict(heard.errors),
        "errors_in_log": len(failed),
        "requests_per_second": round(requests / took, 1),
        "bulletins_per_second": round(heard.bulletins / took, 1),
        "milliseconds": {path: _latencies(times) for path, times in sorted(heard.times.items())},
        "memory_mb": {
            "start": sizes[0],
            "quarter": sizes[middle // 2],
            "middle": sizes[middle],
            "end": sizes[-1],
            "most": max(sizes),
        },
        "open_files": {"start": memory[0].files, "end": memory[-1].files},
        "threads": {"start": memory[0].threads, "end": memory[-1].threads},
    }


def _latencies(times: list[float]) -> dict[str, float]:
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
    return {name: round(1000 * percentile(times, share), 1) for name, share in shares.items()} | {
        "max": round(1000 * max(times), 1),
        "count": len(times),
    }


def _ask(served: Served, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
    connection = _connection(served)
    try:
        status, answer = _sent(connection, path, body, headers)
    finally:
        connection.close()
    assert status == 200, answer
    return answer


def _sent(connection: HTTPConnection, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, bytes]:
    connection.request("POST" if body else "GET", path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def _connection(served: Served) -> HTTPConnection:
    host, _, port = served.url.removeprefix("http://").partition(":")
    return HTTPConnection(host, int(port), timeout=120)


def _headers(served: Served) -> dict[str, str]:
    credentials = make_credentials(Home.of(served.workspace).credentials)
    told = base64.b64encode(f"{credentials.user}:{credentials.password}".encode()).decode()
    return {"Authorization": f"Basic {told}", "Content-Type": "application/json"}
