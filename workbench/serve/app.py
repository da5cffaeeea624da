"""The service over HTTP: paths, JSON, statuses, and what is noted of each request."""

import json
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError, MissingExtraError, StudioError, WorkbenchError
from workbench.core.parse import json_value
from workbench.serve.credentials import Credentials
from workbench.serve.guard import Application, BodyTooLargeError, Guard
from workbench.serve.service import Service

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

MOST_BYTES = 64 << 20


def application(service: Service, credentials: Credentials, *, most_bytes: int = MOST_BYTES) -> Application:
    """The ASGI application. Raises MissingExtraError where starlette is not installed."""
    try:
        from starlette.applications import Starlette
        from starlette.responses import PlainTextResponse
        from starlette.routing import Route
    except ImportError:
        raise MissingExtraError("starlette", "serve") from None

    async def metrics(_: "Request") -> "Response":
        return PlainTextResponse(service.figures(), media_type="text/plain; version=0.0.4")

    gets: dict[str, Callable[[Any], Any]] = {
        "/": lambda _: service.health(),
        "/health": lambda _: service.health(),
        "/versions": lambda _: service.versions(),
        "/status": lambda _: service.status(),
    }
    posts: dict[str, Callable[[Any], Any]] = {
        "/setup": service.setup,
        "/predict": service.predict,
        "/webhook": service.webhook,
        "/job_status": service.job_status,
    }
    routes: list[Route] = [Route("/metrics", metrics)]
    routes += [Route(path, _endpoint(service, path, act, reads=False)) for path, act in gets.items()]
    routes += [Route(path, _endpoint(service, path, act, reads=True), methods=["POST"]) for path, act in posts.items()]
    return Guard(Starlette(routes=routes), credentials=credentials, most_bytes=most_bytes)


def _endpoint(
    service: Service, path: str, act: Callable[[Any], Any], *, reads: bool
) -> "Callable[[Request], Awaitable[Response]]":
    """A request to one path: its body parsed, the service asked in a thread of its own, a failure made a sentence."""

    async def endpoint(request: "Request") -> "Response":
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import Response as Answer

        began = time.perf_counter()
        try:
            body = await request.body() if reads else None
            status, table = await run_in_threadpool(_answered, service, path, act, body)
        except BodyTooLargeError as error:
            status, table = 413, {"error": str(error)}
        service.metrics.count("requests_total", path=path, status=str(status))
        service.metrics.time(path, time.perf_counter() - began)
        # Plain ASCII: a lone surrogate of a text has no form in UTF-8, but one in JSON.
        return Answer(json.dumps(table), status, media_type="application/json")

    return endpoint


def _answered(service: Service, path: str, act: Callable[[Any], Any], body: bytes | None) -> tuple[int, Any]:
    """Status and answer; what went wrong is one sentence, and a fault of ours is in the log alone."""
    try:
        return 200, act(None if body is None else _parsed(body))
    except (InputError, StudioError) as error:
        service.log("refused", path=path, reason=str(error))
        return 400, {"error": str(error)}
    except WorkbenchError as error:
        service.log("failed", level="error", path=path, reason=str(error))
        return 500, {"error": str(error)}
    except Exception as error:  # noqa: BLE001 - whatever it is, the server gets an answer and no traceback
        service.log.failure("failed", error, path=path)
        return 500, {"error": "the backend failed; its log says where"}


def _parsed(body: bytes) -> Any:
    try:
        return json_value(body)
    except (ValueError, RecursionError):
        raise InputError(f"the request's {len(body)} bytes are not JSON; expected an object") from None
