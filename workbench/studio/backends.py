"""What the server knows of the machines beside it: ML backends and webhooks."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Backend:
    """An ML backend that a project asks for predictions. `state` is CO for connected.

    `version` is the model_version that it named last.
    """

    id: int
    url: str
    title: str
    state: str
    error: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that the server tells of events; `project` None means all of them.

    `authorized` where it sends an Authorization header along, `payload` where it sends more than the action's name.
    """

    id: int
    url: str
    project: int | None
    active: bool
    authorized: bool = False
    payload: bool = True


def backend_of(item: Any) -> Backend:
    """The SDK's form of a backend."""
    return Backend(
        int(item.id or 0),
        str(item.url),
        str(item.title or ""),
        str(item.state or ""),
        item.error_message,
        item.model_version,
    )


def webhook_of(item: Any) -> Webhook:
    """The SDK's form of a webhook."""
    return Webhook(
        int(item.id or 0),
        str(item.url),
        item.project,
        bool(item.is_active),
        authorized=any(name.lower() == "authorization" for name in item.headers or {}),
        payload=bool(item.send_payload),
    )
