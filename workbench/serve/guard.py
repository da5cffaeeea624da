"""What stands before every request: who asks, and how much they send."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from workbench.serve.credentials import Credentials

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = ("/", "/health")  # what anybody may ask: whether it lives


class BodyTooLargeError(Exception):
    """More was sent than is taken; raised to who reads the body."""


class Guard:
    """An ASGI application around another: asks for credentials, and takes bodies of at most `most_bytes`.

    A body is refused by its announced length before a byte of it is read; one without a length where it grows too
    long, by BodyTooLargeError to its reader.
    """

    def __init__(self, inner: Application, *, credentials: Credentials, most_bytes: int) -> None:
        self._inner, self._credentials, self._most = inner, credentials, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        if scope["path"] not in OPEN and not self._credentials.admit(
            headers.get(b"authorization", b"").decode("latin-1")
        ):
            await refuse(send, 401, "user and password are needed, or these are wrong; see `workbench studio connect`")
            return
        announced = headers.get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > self._most:
            await refuse(send, 413, self._too_large)
            return
        await self._counted(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0

        async def bounded() -> MutableMapping[str, Any]:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                raise BodyTooLargeError(self._too_large)
            return message

        await self._inner(scope, bounded, send)

    @property
    def _too_large(self) -> str:
        return f"the request is larger than {self._most >> 20} MiB; send fewer tasks at once"


async def refuse(send: Send, status: int, sentence: str) -> None:
    """An answer without the application: a status and one sentence, and the connection is closed after it."""
    import json

    body = json.dumps({"error": sentence}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    if status == 401:
        headers.append((b"www-authenticate", b'Basic realm="workbench", charset="UTF-8"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
