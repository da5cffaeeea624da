"""OpenAI's chat protocol as servers really speak it: a question to a body, a response to a reply or to a failure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from workbench.assist.chat import Reply, Request
from workbench.core.parse import json_value

# Worth another try: too many requests, time-outs on the way, and servers that stumble.
AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_STRUCTURES = ("json_schema", "json_object", "none")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a server understands: how an answer's form is asked for, the name of the bound, and whether temperature may
    be set. Found out by asking; the plainest works everywhere."""

    structure: str = "json_schema"
    bound: str = "max_tokens"
    temperature: bool = True

    def plainer(self, complaint: str) -> "Dialect | None":
        """The dialect to try next after a 400 with that complaint; None where it is about something else."""
        said = complaint.lower()
        if "max_completion_tokens" in said and self.bound == "max_tokens":
            return replace(self, bound="max_completion_tokens")
        if "temperature" in said and self.temperature:
            return replace(self, temperature=False)
        about = ("response_format", "json_schema", "json schema", "schema", "grammar", "structured", "guided")
        if any(word in said for word in about) and self.structure != _STRUCTURES[-1]:
            return replace(self, structure=_STRUCTURES[_STRUCTURES.index(self.structure) + 1])
        return None


class BadResponseError(Exception):
    """A response that is no chat completion; its text says why."""


def body_of(request: Request, *, model: str, dialect: Dialect) -> dict[str, Any]:
    """The JSON to send. No tools are ever offered."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [asdict(message) for message in request.messages],
        dialect.bound: request.max_tokens,
        "stream": False,
    }
    if dialect.temperature:
        body["temperature"] = request.temperature
    if request.temperature > 0:
        body["seed"] = request.sample
    if dialect.structure == "json_schema":
        named = {"name": "spans", "strict": True, "schema": request.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": named}
    elif dialect.structure == "json_object":
        body["response_format"] = {"type": "json_object"}
    return body


def reply_of(content: bytes, *, seconds: float, estimate: tuple[int, int]) -> Reply:
    """The reply in a response's body; `estimate` stands in for token counts that it lacks.

    Raises BadResponseError for a body that breaks off, is no JSON or no chat completion.
    """
    try:
        value = json_value(content)
        choice = value["choices"][0]
        message = choice["message"]
        refused = message.get("refusal")
        text = message.get("content")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise BadResponseError(f"no chat completion ({type(error).__name__})") from None
    usage = value.get("usage") if isinstance(value.get("usage"), Mapping) else {}
    finish = "content_filter" if refused else str(choice.get("finish_reason") or "")
    return Reply(
        # A lone surrogate that the model wrote can be kept nowhere, and stands in no quote of use.
        content=text.encode("utf-8", "replace").decode("utf-8") if isinstance(text, str) else "",
        finish=finish,
        prompt_tokens=_count(usage.get("prompt_tokens"), estimate[0]),
        completion_tokens=_count(usage.get("completion_tokens"), estimate[1]),
        seconds=seconds,
    )


def complaint_of(content: bytes) -> str:
    """What an error response says, on one line and short."""
    try:
        value = json_value(content)
        error = value.get("error", value)
        said = error.get("message") or error.get("detail") if isinstance(error, Mapping) else error
    except (ValueError, AttributeError, RecursionError):
        said = content[:500].decode("utf-8", "replace")
    return " ".join(str(said).split())[:300]


def retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks for, given as seconds or as a date; None where none can be read."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


def _count(value: Any, otherwise: int) -> int:
    return value if type(value) is int and value >= 0 else otherwise
