"""One call to Label Studio: tried again where that is safe, and each failure turned into a sentence with its remedy."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from workbench.core.errors import StudioError, WorkbenchError

T = TypeVar("T")
UNAUTHORIZED = 401
LONGEST_WAIT = 30.0  # seconds; what a Retry-After header may ask for at most


@dataclass(frozen=True)
class Failure:
    """Why one try failed: the sentence for the user, whether another try may help, and what the server asked to wait.

    `status` is the HTTP status where the server answered.
    """

    sentence: str
    passing: bool = False
    wait: float | None = None
    status: int | None = None


class CallError(StudioError):
    """A StudioError that also knows the HTTP status (None where the server did not answer)."""

    def __init__(self, sentence: str, *, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


def call(action: Callable[[], T], *, url: str, what: str, again: bool, waits: tuple[float, ...] = (0.5, 2.0)) -> T:
    """The action's result. `what` says what was asked, as in "read the project's tasks".

    With `again` (only for what may be done twice without harm) a passing failure (refused, slow, 429, 5xx) is tried
    once more after each of `waits`, in seconds. Raises CallError.
    """
    for pause in (*waits, None) if again else (None,):
        try:
            return action()
        except Exception as error:  # noqa: BLE001 - everything unknown is raised again by failure_of
            failure = failure_of(error, url=url, what=what)
        if not failure.passing or pause is None:
            break
        time.sleep(pause if failure.wait is None else min(failure.wait, LONGEST_WAIT))
    raise CallError(failure.sentence, status=failure.status)


def failure_of(error: Exception, *, url: str, what: str) -> Failure:
    """What an exception of the transport or the SDK means for the user; raises anything else again."""
    if isinstance(error, WorkbenchError):
        raise error
    import httpx
    from label_studio_sdk.core.api_error import ApiError

    if isinstance(error, ApiError):
        return _answered(error.status_code or 0, error.body, error.headers or {}, url=url, what=what)
    if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
        return Failure(
            f"Label Studio at {url} does not answer ({_reason(error)}); start it (`workbench studio start`), "
            "or check LABEL_STUDIO_URL",
            passing=True,
        )
    if isinstance(error, httpx.TimeoutException):
        return Failure(
            f"Label Studio at {url} took too long to {what}; wait until it is less busy and run the same command "
            "again: what it has done already is not done twice",
            passing=True,
        )
    if isinstance(error, httpx.TransportError):
        return Failure(
            f"the connection to Label Studio at {url} broke while it was to {what} ({_reason(error)}); "
            "run the same command again: what it has done already is not done twice",
            passing=True,
        )
    # What is not JSON, or JSON of another form (pydantic's errors are ValueErrors): some other program answered.
    if isinstance(error, ValueError | TypeError | AttributeError | httpx.InvalidURL):
        return _stranger(url)
    raise error


def _answered(status: int, body: Any, headers: dict[str, str], *, url: str, what: str) -> Failure:
    detail = _detail(body)
    if status == UNAUTHORIZED:
        return Failure(
            f"Label Studio at {url} does not accept the token ({detail}); take the personal access token of its page "
            "Account & Settings into LABEL_STUDIO_API_KEY, or for the embedded server run `workbench studio start`",
            status=status,
        )
    if status == 403:
        return Failure(
            f"Label Studio at {url} does not allow this user to {what} ({detail}); ask for the right in its "
            "organization, or use the token of a user who has it",
            status=status,
        )
    if status == 404:
        return Failure(
            f"Label Studio at {url} has nothing there when asked to {what} ({detail}); was it deleted meanwhile, "
            "or is the server an old version?",
            status=status,
        )
    if status == 429:
        return Failure(
            f"Label Studio at {url} asks to slow down; wait a minute and run the same command again",
            passing=True,
            wait=_seconds(headers),
            status=status,
        )
    if status >= 500:
        return Failure(
            f"Label Studio at {url} failed (status {status}) when asked to {what} ({detail}); look into its log, "
            "then run the same command again: what it has done already is not done twice",
            passing=True,
            wait=_seconds(headers),
            status=status,
        )
    if status >= 400:
        return Failure(f"Label Studio at {url} refused to {what}: {detail}", status=status)
    return _stranger(url)


def _stranger(url: str) -> Failure:
    return Failure(f"what answers at {url} is not Label Studio; check LABEL_STUDIO_URL")


def _detail(body: Any) -> str:
    """The server's own words, short: `detail` and, for wrong input, what it says of each field."""
    if not isinstance(body, dict):
        return " ".join(str(body or "no reason given").split())[:200]
    fields = body.get("validation_errors")
    said = f"{body.get('detail') or 'no reason given'}"
    return (said + (f": {fields}" if fields else ""))[:400]


def _seconds(headers: dict[str, str]) -> float | None:
    value = {name.lower(): text for name, text in headers.items()}.get("retry-after", "")
    return float(value) if value.isdigit() else None


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
