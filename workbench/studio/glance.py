"""A quick look at a Label Studio server, for whoever cannot wait: its projects, or nothing, within a short time.

Plain HTTP instead of the SDK, which alone takes longer to import than the whole look may last.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Seen:
    """A project as the quick look sees it: how many tasks there are, and how many somebody annotated."""

    id: int
    title: str
    tasks: int
    annotated: int


def glance(url: str, token: str, *, seconds: float) -> tuple[Seen, ...] | None:
    """The server's projects, the newest first; None where it did not answer (rightly) within about `seconds`."""
    ends = time.monotonic() + seconds
    try:
        bearer = _asked(url, "POST", "/api/token/refresh", ends, body={"refresh": token})["access"]
        headers = {"Authorization": f"Bearer {bearer}"}
    except (LookupError, TypeError):  # a legacy token is sent as it is
        headers = {"Authorization": f"Token {token}"}
    except (OSError, HTTPException, ValueError):
        return None
    path = "/api/projects?page_size=100&include=id,title,task_number,num_tasks_with_annotations"
    try:
        rows = _asked(url, "GET", path, ends, headers=headers)["results"]
        found = [_seen(row) for row in rows]
    except (OSError, HTTPException, ValueError, LookupError, TypeError):
        return None
    return tuple(sorted(found, key=lambda project: -project.id))


def _seen(row: Mapping[str, Any]) -> Seen:
    counts = (row.get(name) or 0 for name in ("task_number", "num_tasks_with_annotations"))
    return Seen(int(row["id"]), str(row["title"]), *map(int, counts))


def _asked(
    url: str, method: str, path: str, ends: float, *, headers: Mapping[str, str] | None = None, body: Any = None
) -> Any:
    """The JSON that the server answers with. Raises OSError, HTTPException or ValueError where it does not."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection = kind(parts.hostname or "", parts.port, timeout=left)
    try:
        sent = None if body is None else json.dumps(body)
        connection.request(
            method, parts.path.rstrip("/") + path, sent, {"Content-Type": "application/json"} | dict(headers or {})
        )
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()
