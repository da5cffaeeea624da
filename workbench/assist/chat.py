"""What is asked of a language model, and what comes back."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """One turn: role is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True)
class Request:
    """One question, with everything that makes its answer what it is. `sample` numbers repeated askings."""

    messages: tuple[Message, ...]
    schema: Mapping[str, Any] = field(hash=False)
    max_tokens: int
    temperature: float = 0.0
    sample: int = 0

    @property
    def characters(self) -> int:
        """The length of all that is sent to be read."""
        return sum(len(message.content) for message in self.messages)

    def key(self, *, address: str, model: str) -> str:
        """The name of its answer in the cache: a hash of the address, the model and every part of the question."""
        everything = [address, model, [asdict(message) for message in self.messages], self.schema]
        numbers = [self.max_tokens, self.temperature, self.sample]
        text = json.dumps([everything, numbers], sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came, and what it cost. Tokens are the server's own count, or an estimate where it has none."""

    content: str
    finish: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    tries: int = 1
    cached: bool = False
