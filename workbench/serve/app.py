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
    from anyio import CapacityLimiter
    from starlette.requests import Request
    from starlette.responses import Response

MOST_BYTES = 64 << 20
# Requests for predictions that are worked on at once, in threads of their own: all others wait for nobody's model.
PREDICTING = 32


def application(service: Service, credentials: Credentials, *, most_bytes: int = MOST_BYTES) -> Application:
    """The ASGI application. Raises MissingExtraError where starlette is not installed."""
    try:
        from anyio import CapacityLimiter
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
    predicting, rest = CapacityLimiter(PREDICTING), CapacityLimiter(PREDICTING)
    routes: list[Route] = [Route("/metrics", metrics)]
    for path, act in gets.items():
        routes.append(Route(path, _endpoint(service, path, act, reads=False, limiter=rest)))
    for path, act in posts.items():
        limiter = predicting if path == "/predict" else rest
        routes.append(Route(path, _endpoint(service, path, act, reads=True, limiter=limiter), methods=["POST"]))
    return Guard(Starlette(routes=routes), credentials=credentials, most_bytes=most_bytes)


def _endpoint(
    service: Service, path: str, act: Callable[[Any], Any], *, reads: bool, limiter: "CapacityLimiter"
) -> "Callable[[Request], Awaitable[Response]]":
    """A request to one path: its body parsed, the service asked in a thread of its own, a failure made a sentence."""

    async def endpoint(request: "Request") -> "Response":
        from anyio.to_thread import run_sync
        from starlette.responses import Response as Answer

        began = time.perf_counter()
        try:
            body = await request.body() if reads else None
            status, table = await run_sync(_answered, service, path, act, body, limiter=limiter)
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
