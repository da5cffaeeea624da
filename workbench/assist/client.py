"""One question to a language model, until it is answered or there is no more sense in asking."""

import json
import random
import time
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Event, Lock
from typing import Any

from workbench.assist.budget import Budget, Settle
from workbench.assist.chat import Reply, Request
from workbench.assist.endpoint import KEY, MODEL, URL, Endpoint
from workbench.assist.store import Call, Store
from workbench.assist.wire import AGAIN, BadResponseError, Dialect, body_of, complaint_of, reply_of, retry_after
from workbench.core.errors import AssistError, MissingExtraError

# An answer is some kilobytes; whatever sends more than this is no chat completion.
_LARGEST = 16 * 2**20


class CallError(Exception):
    """One question got no answer; others may. Its text says why, without the key."""


class StoppedError(CallError):
    """The run was stopped while the question waited."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for one request as a whole, how often it is tried, the first wait (doubled each time, drawn at random
    below that, as in "full jitter"), and the longest wait that is put up with."""

    timeout: float = 180.0
    tries: int = 5
    first_wait: float = 1.0
    longest_wait: float = 120.0


class _AgainError(Exception):
    """Worth another try; `wait` is what the server asked for, in seconds."""

    def __init__(self, outcome: str, wait: float | None = None) -> None:
        super().__init__(outcome)
        self.wait = wait


class Client:
    """Asks one endpoint, from many threads at once. What it learns of the server's dialect it keeps."""

    def __init__(
        self, endpoint: Endpoint, *, store: Store, budget: Budget, run: str, patience: Patience | None = None
    ) -> None:
        self.endpoint, self.store, self.budget, self.run = endpoint, store, budget, run
        self.patience = patience or Patience()
        self.stopped = Event()
        self._dialect, self._lock = Dialect(), Lock()
        self._not_before = 0.0
        self._random = random.Random()  # noqa: S311 - spreads waits, hides nothing

    def close(self) -> None:
        """Ends waits and connections."""
        self.stopped.set()
        if "_http" in self.__dict__:
            self._http.close()

    def send(self, request: Request, *, document: str = "") -> Reply:
        """The answer of the model as it came.

        Raises CallError where this question got none, BudgetSpentError before a call that could cost too much, and
        AssistError where no question will be answered (a wrong address, key or model).
        """
        waited, problem = 0.0, ""
        for number in range(self.patience.tries):
            if number:
                waited += self._pause(number, problem)
            waited += self._hold()
            try:
                with self.budget.call(request) as settle:
                    return replace(self._once(request, document, waited, settle), tries=number + 1)
            except _AgainError as again:
                problem = str(again)
                if again.wait is not None:
                    self._put_off(again.wait, problem)
        raise CallError(f"{problem}, {self.patience.tries} times")

    def _once(self, request: Request, document: str, waited: float, settle: Settle) -> Reply:
        """One request over the wire, noted in the table whatever comes of it."""
        began, dialect, status, reply, outcome = time.monotonic(), self._dialect, None, None, "stopped"
        try:
            status, content, after = self._post(body_of(request, model=self.endpoint.model, dialect=dialect))
            if status != 200:
                outcome = f"HTTP {status}"
                self._refused(status, self.endpoint.hide(complaint_of(content)), after, dialect)
            most = self.budget.estimate(request)
            seconds = time.monotonic() - began
            reply = reply_of(content, seconds=seconds, estimate=(most.prompt, most.completion))
            settle.reply, outcome = reply, "answered"
            return reply
        except BadResponseError as error:
            outcome, settle.lost = str(error), True
            raise _AgainError(f"the server at {self.endpoint.identity} sent {outcome}") from None
        except _TransportError as error:
            outcome, settle.lost = str(error), error.sent
            raise _AgainError(f"{error} from {self.endpoint.identity}") from None
        finally:
            cost = (reply.prompt_tokens, reply.completion_tokens, reply.finish) if reply else (0, 0, "")
            call = Call(document, request.sample, status, outcome, time.monotonic() - began, waited, *cost)
            self.store.note(self.run, self.endpoint.model, call)

    def _post(self, body: dict[str, Any]) -> tuple[int, bytes, str | None]:
        """Status, body and Retry-After. Raises _TransportError where the connection or the time fails."""
        import httpx

        deadline, received = time.monotonic() + self.patience.timeout, bytearray()
        try:
            # ASCII escapes, so that even a lone surrogate of a damaged bulletin can be sent.
            content = json.dumps(body).encode("ascii")
            with self._http.stream("POST", self.endpoint.chat, content=content) as response:
                for chunk in response.iter_bytes():
                    received += chunk
                    # The library's time-outs are for each piece: a server that drips would never end.
                    if time.monotonic() > deadline or len(received) > _LARGEST:
                        raise _TransportError("a time-out" if len(received) <= _LARGEST else "far too much", sent=True)
                return response.status_code, bytes(received), response.headers.get("retry-after")
        except httpx.ConnectError:
            raise _TransportError("no connection", sent=False) from None
        except httpx.TimeoutException:
            raise _TransportError("a time-out", sent=True) from None
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError, UnicodeError) as error:
            raise _TransportError(f"a broken connection ({type(error).__name__})", sent=True) from None

    def _refused(self, status: int, complaint: str, after: str | None, dialect: Dialect) -> None:
        """Raises what a status other than 200 means."""
        where = f"the language model at {self.endpoint.identity}"
        if status in (401, 403):
            raise AssistError(f"{where} does not take the key ({complaint}); set {KEY} to one that it takes")
        if status == 404:
            raise AssistError(f"{where} has no such address or model ({complaint}); check {URL} and {MODEL}")
        if status in AGAIN:
            raise _AgainError(f"HTTP {status} ({complaint})", retry_after(after))
        if status in (400, 422, 501) and (other := dialect.plainer(complaint)):
            with self._lock:
                self._dialect = other
            raise _AgainError(f"HTTP {status} ({complaint})", 0.0)
        if 300 <= status < 400:
            raise AssistError(f"{where} sends elsewhere (HTTP {status}); give the address that it sends to as {URL}")
        raise CallError(f"HTTP {status} ({complaint})")

    def _pause(self, number: int, problem: str) -> float:
        """Waits before another try, at random up to a bound that doubles."""
        most = min(self.patience.first_wait * 2 ** (number - 1), self.patience.longest_wait)
        return self._wait(self._random.uniform(0, most), problem)

    def _put_off(self, seconds: float, problem: str) -> None:
        """Holds all threads for as long as the server asked."""
        if seconds > self.patience.longest_wait:
            raise CallError(f"{problem}; it asks to wait {seconds:.0f} s")
        with self._lock:
            self._not_before = max(self._not_before, time.monotonic() + seconds)

    def _hold(self) -> float:
        return self._wait(self._not_before - time.monotonic(), "it was stopped")

    def _wait(self, seconds: float, problem: str) -> float:
        if self.stopped.wait(max(0.0, seconds)) or self.stopped.is_set():
            raise StoppedError(problem)
        return max(0.0, seconds)

    @cached_property
    def _http(self) -> Any:
        try:
            import httpx
        except ImportError:
            raise MissingExtraError("httpx", "llm") from None
        key = self.endpoint.key
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {})
        timeout = httpx.Timeout(self.patience.timeout, connect=min(15.0, self.patience.timeout))
        limits = httpx.Limits(max_connections=None)
        # A proxy of the environment is for the world, not for this machine.
        return httpx.Client(headers=headers, timeout=timeout, limits=limits, trust_env=not self.endpoint.local)


class _TransportError(Exception):
    """No response; `sent` where the server may have worked on the question all the same."""

    def __init__(self, what: str, *, sent: bool) -> None:
        super().__init__(what)
        self.sent = sent
