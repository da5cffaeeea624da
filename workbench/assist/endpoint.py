"""Which language model is asked: an OpenAI-compatible address, a key and a model's name."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from workbench.core.errors import AssistError

URL, KEY, MODEL = "WORKBENCH_LLM_URL", "WORKBENCH_LLM_KEY", "WORKBENCH_LLM_MODEL"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Endpoint:
    """`url` is the base that /chat/completions is put behind, such as https://host/v1. The key is never shown."""

    url: str
    model: str
    key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise AssistError(
                f"the language model's address is {_bare(self.url)!r}; expected one such as http://127.0.0.1:8080/v1"
            )
        if parts.username or parts.password:
            raise AssistError(f"the language model's address holds a password; give the key as {KEY} instead")
        if not self.model.strip():
            raise AssistError(f"no language model is named; set {MODEL} or give --llm NAME")

    @property
    def chat(self) -> str:
        """Where questions go."""
        return f"{self.url.rstrip('/')}/chat/completions"

    @property
    def local(self) -> bool:
        """Whether it is on this machine."""
        return urlsplit(self.url).hostname in _LOOPBACK

    @property
    def identity(self) -> str:
        """What the address says of who answers: everything but the port of a server on this machine."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc="localhost")) if self.local else _bare(self.url)

    def hide(self, message: str) -> str:
        """The message without the key, which servers like to repeat."""
        return message.replace(self.key, "***") if self.key else message


def endpoint(
    *, url: str | None = None, model: str | None = None, environment: Mapping[str, str] | None = None
) -> Endpoint:
    """The options, else the environment. Raises AssistError where address or model are named nowhere.

    The key comes from the environment only: an option would stand in the list of processes and the shell's history.
    """
    source = os.environ if environment is None else environment
    address, name = url or source.get(URL, "").strip(), model or source.get(MODEL, "").strip()
    if not address:
        raise AssistError(
            f"no language model is named; set {URL} (an OpenAI-compatible address such as http://127.0.0.1:8080/v1) "
            f"and {MODEL}, and {KEY} where it asks for a key, or give --local for the small model on this machine"
        )
    return Endpoint(address, name, source.get(KEY, "").strip() or None)


def _bare(url: str) -> str:
    """An address without what may be secret in it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))
