"""What a run may cost. Tokens are reserved before a call and settled after it, so that calls at once stop in time."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from workbench.assist.chat import Reply, Request
from workbench.core.errors import AssistError

# English prose has about four characters a token; three is on the safe side until the server has counted.
CHARACTERS_A_TOKEN = 3.0


class BudgetSpentError(AssistError):
    """The next call could cost more than is left."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Money for a million tokens read and written, in whatever currency the budget is in."""

    prompt: float = 0.0
    completion: float = 0.0

    def of(self, prompt: int, completion: int) -> float:
        """What so many tokens cost."""
        return (prompt * self.prompt + completion * self.completion) / 1e6


@dataclass(frozen=True, slots=True)
class Cost:
    """Tokens read and written, and the money for them."""

    prompt: int
    completion: int
    money: float

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.prompt + self.completion


class Budget:
    """Counts what calls use and refuses the one that could go beyond. Safe between threads. None is no bound."""

    def __init__(self, *, tokens: int | None = None, money: float | None = None, prices: Prices | None = None) -> None:
        self.prices = prices or Prices()
        self._most_tokens, self._most_money = tokens, money
        self._used = [0, 0]
        self._reserved = [0, 0]
        self._characters = CHARACTERS_A_TOKEN
        self._lock = Lock()

    def estimate(self, request: Request) -> Cost:
        """The most that one call may cost: all that is read, and an answer of full length."""
        return self._cost(math.ceil(request.characters / self._characters) + 16, request.max_tokens)

    @property
    def spent(self) -> Cost:
        """What was used so far."""
        return self._cost(*self._used)

    @contextmanager
    def call(self, request: Request) -> Iterator["Settle"]:
        """Holds what a call may cost while it runs; what is not settled within was not used.

        Raises BudgetSpentError where it would not fit into what is left beside the calls that are under way.
        """
        most = self.estimate(request)
        self._reserve(most)
        settle = Settle()
        try:
            yield settle
        finally:
            with self._lock:
                self._reserved[0] -= most.prompt
                self._reserved[1] -= most.completion
                if settle.lost:
                    # Nobody told what it used, and it may be on the bill.
                    self._used[0] += most.prompt
                    self._used[1] += most.completion
                if settle.reply is not None:
                    self._used[0] += settle.reply.prompt_tokens
                    self._used[1] += settle.reply.completion_tokens
                    # A tokenizer that needs more than was thought is believed from now on.
                    seen = request.characters / max(1, settle.reply.prompt_tokens)
                    self._characters = max(0.5, min(self._characters, seen))

    def _reserve(self, most: Cost) -> None:
        with self._lock:
            after = self._cost(
                self._used[0] + self._reserved[0] + most.prompt,
                self._used[1] + self._reserved[1] + most.completion,
            )
            if self._most_tokens is not None and after.tokens > self._most_tokens:
                raise BudgetSpentError(self._over(f"{self._most_tokens:,} tokens", f"{after.tokens:,}"))
            if self._most_money is not None and after.money > self._most_money:
                raise BudgetSpentError(self._over(f"{self._most_money:.2f}", f"{after.money:.2f}"))
            self._reserved[0] += most.prompt
            self._reserved[1] += most.completion

    def _over(self, bound: str, would: str) -> str:
        return f"the budget of {bound} would be passed by the next call ({would} with it); raise it to go on"

    def _cost(self, prompt: int, completion: int) -> Cost:
        return Cost(prompt, completion, self.prices.of(prompt, completion))


@dataclass
class Settle:
    """Where a call leaves what came back; `lost` where the server may have answered and nothing was heard."""

    reply: Reply | None = None
    lost: bool = False
