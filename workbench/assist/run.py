"""A corpus through a language model: many bulletins at once, in order, within a budget, taken up where it was left.

What makes a run resumable is the cache of answers: the same command asks only for what is not there yet.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.assist.budget import BudgetSpentError, Cost
from workbench.assist.label import Method, Outcome, label
from workbench.assist.proposal import HALLUCINATED, PLACED
from workbench.core.corpus import Document, Entry, write_corpus
from workbench.core.progress import Progress, silent

# Bulletins read ahead for each thread, so that none waits for the one whose turn it is to be written.
_AHEAD = 3


@dataclass
class Assisted:
    """What a run did. Tokens, money and seconds are of this run; what came out of the cache costs nothing."""

    documents: int = 0
    spans: int = 0
    answers: int = 0
    cached: int = 0
    again: int = 0
    proposals: int = 0
    review: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, str]] = field(default_factory=list)
    cost: Cost = field(default_factory=lambda: Cost(0, 0, 0.0))
    seconds: float = 0.0
    stopped: str | None = None

    @property
    def hallucinations(self) -> int:
        """Proposals that the text does not bear out."""
        return sum(self.statuses[status.value] for status in HALLUCINATED)

    @property
    def hallucination_rate(self) -> float | None:
        """Their share of all proposals; None where there were none."""
        return self.hallucinations / self.proposals if self.proposals else None

    def count(self, outcome: Outcome) -> None:
        """Adds a bulletin."""
        self.documents += 1
        self.spans += len(outcome.entry.spans)
        self.answers += len(outcome.asked)
        self.cached += sum(asked.reply.cached for asked in outcome.asked)
        self.again += sum(asked.again for asked in outcome.asked)
        for grounding in outcome.groundings:
            self.proposals += len(grounding.grounded)
            self.review += len(grounding.to_review)
            self.statuses.update(grounding.counts())
        if outcome.failure is not None:
            self.failures.append((outcome.entry.document.id, outcome.failure))

    def table(self) -> dict[str, Any]:
        """Plain data for --json."""
        return {
            "documents": self.documents,
            "labelled": self.documents - len(self.failures),
            "failed": [{"id": name, "reason": reason} for name, reason in self.failures],
            "stopped": self.stopped,
            "spans": self.spans,
            "proposals": self.proposals,
            "statuses": dict(sorted(self.statuses.items())),
            "placed": sum(self.statuses[status.value] for status in PLACED),
            "hallucinations": self.hallucinations,
            "hallucination_rate": self.hallucination_rate,
            "to_review": self.review,
            "answers": self.answers,
            "cached": self.cached,
            "asked_again": self.again,
            "prompt_tokens": self.cost.prompt,
            "completion_tokens": self.cost.completion,
            "money": self.cost.money,
            "seconds": round(self.seconds, 3),
        }


def assist(
    entries: Iterable[Entry],
    *,
    method: Method,
    out: Path,
    concurrency: int = 4,
    progress: Progress = silent,
    seen: Callable[[Outcome], None] = lambda outcome: None,
) -> Assisted:
    """Labels every bulletin and writes `out` as a corpus, whole or not at all; labels that it had are not looked at.

    `seen` hears of every outcome, in order. A bulletin without an answer comes out unlabelled, with its reason among
    the failures; so do all that are left when the budget is spent. Raises AssistError where none will be answered.
    """
    done, began = Assisted(), time.monotonic()

    def rows() -> Iterator[Entry]:
        for outcome in outcomes(progress(entries, what="asking"), method=method, concurrency=concurrency, done=done):
            done.count(outcome)
            seen(outcome)
            yield outcome.entry

    write_corpus(out, rows())
    done.cost, done.seconds = method.client.budget.spent, time.monotonic() - began
    return done


def outcomes(
    entries: Iterable[Entry], *, method: Method, concurrency: int, done: Assisted | None = None
) -> Iterator[Outcome]:
    """The outcomes in order, at most `concurrency` bulletins asked at once; constant memory."""
    done = done or Assisted()
    waiting = deque[tuple[Document, Future[Outcome] | None]]()
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="assist")
    try:
        for entry in entries:
            future = None if done.stopped else pool.submit(label, entry.document, method)
            waiting.append((entry.document, future))
            if len(waiting) >= concurrency * _AHEAD:
                yield _finished(*waiting.popleft(), done)
        while waiting:
            yield _finished(*waiting.popleft(), done)
    except BaseException:
        # Whoever waits inside is woken; answers that came are in the cache.
        method.client.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _finished(document: Document, future: "Future[Outcome] | None", done: Assisted) -> Outcome:
    try:
        if future is not None:
            return future.result()
    except BudgetSpentError as spent:
        done.stopped = done.stopped or str(spent)
    return Outcome(Entry(document), failure="not asked: the budget is spent")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would ask: bulletins, questions in all and in the cache already, and the most that it may cost."""

    documents: int
    questions: int
    cached: int
    cost: Cost

    def table(self) -> dict[str, Any]:
        """Plain data for --json."""
        return {
            "documents": self.documents,
            "questions": self.questions,
            "cached": self.cached,
            "prompt_tokens": self.cost.prompt,
            "completion_tokens_at_most": self.cost.completion,
            "money_at_most": self.cost.money,
        }


def plan(entries: Iterable[Entry], *, method: Method) -> Plan:
    """Estimates a run without asking anything: tokens from characters, answers at their greatest length."""
    client, documents, questions, cached, prompt, completion = method.client, 0, 0, 0, 0, 0
    for entry in entries:
        documents += 1
        for sample in range(method.samples):
            request = method.prompt.request(entry.document, temperature=method.temperature, sample=sample)
            questions += 1
            if client.store.answer(request.key(address=client.endpoint.identity, model=client.endpoint.model)):
                cached += 1
                continue
            most = client.budget.estimate(request)
            prompt, completion = prompt + most.prompt, completion + most.completion
    return Plan(documents, questions, cached, Cost(prompt, completion, client.budget.prices.of(prompt, completion)))
