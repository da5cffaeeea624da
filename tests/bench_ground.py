"""How well quotes find their places: `python -m tests.bench_ground --help`, or `make bench-ground`.

Answers as a model might give them are made from gold, whole bulletins at a time, and grounded by the workbench and,
where it is installed (or lies in another environment: --langextract-python), by the resolver of langextract. That
resolver takes no context, so it sees the same quotes without. Data: ../shared/data/gold/train.jsonl, else annotations/.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.assist_answers import (
    Quote,
    alter,
    changed,
    elide,
    is_number,
    proposals_of,
    recase,
    respace,
    retype,
    reword,
    stands_there,
)
from workbench.assist.ground import ground
from workbench.assist.proposal import Status
from workbench.cli.common import table
from workbench.core.corpus import Entry, load_corpus
from workbench.core.schema import Schema
from workbench.core.workspace import find_workspace

ROOT = Path(__file__).parents[1]
GOLD = (ROOT / "../shared/data/gold/train.jsonl", ROOT / "annotations/corpus.jsonl")
# Quotes with the words of the text, however written and in whatever order: each must be found at its exact place.
TRUE = ("verbatim", "recased", "re-spaced", "other marks", "repeated", "shuffled", "middle cut")
FALSE = ("altered number", "invented")


@dataclass(frozen=True)
class Case:
    """A whole answer about a bulletin, and which of its quotes are counted."""

    kind: str
    entry: Entry
    quotes: tuple[Quote, ...]
    counted: frozenset[int]


def cases(entries: Sequence[Entry], seed: int) -> Iterator[Case]:
    """One answer of each kind about each bulletin."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    for entry in entries:
        quotes = proposals_of(entry)
        every = range(len(quotes))
        yield _case("verbatim", entry, quotes, every)
        for kind, change in (
            ("recased", recase),
            ("re-spaced", respace),
            ("other marks", retype),
            ("middle cut", elide),
            ("reworded", reword),
        ):
            other = changed(quotes, change, draw)
            told = [n for n in every if other[n].proposal.quote != quotes[n].proposal.quote]
            if kind in ("middle cut", "reworded"):
                told = [n for n in told if not is_number(quotes[n].proposal) and not _said(entry, other[n])]
            yield _case(kind, entry, other, told)
        repeated = [n for n in every if entry.document.text.count(quotes[n].proposal.quote) > 1]
        yield _case("repeated", entry, quotes, repeated)
        bare = proposals_of(entry, context=False)
        yield _case("repeated, no context", entry, bare, repeated)
        mixed = draw.sample(quotes, len(quotes))
        yield _case("shuffled", entry, mixed, every)
        yield _invented(entry, quotes, draw.choice(entries), draw)
        yield from altered(entry, quotes, draw, context=True)


def _said(entry: Entry, quote: Quote) -> bool:
    """Whether the other words stand in the text as well, so that there is nothing to mend."""
    return stands_there(entry.document.text, quote.proposal, context=False)


def altered(entry: Entry, quotes: Sequence[Quote], draw: random.Random, *, context: bool) -> Iterator[Case]:
    """The answer with every number made another, where that says something that the text does not."""
    made, told = list(quotes), list[int]()
    for number, quote in enumerate(quotes):
        new = alter(quote.proposal.quote, draw)
        proposal = replace(quote.proposal, quote=new or "")
        if not context:
            proposal = replace(proposal, left="", right="", occurrence=None)
        if new and not stands_there(entry.document.text, proposal, context=context):
            made[number] = Quote(proposal, None)
            told.append(number)
    yield _case("altered number", entry, made, told)


def _invented(entry: Entry, quotes: Sequence[Quote], other: Entry, draw: random.Random) -> Case:
    there = entry.document.text.casefold()
    strange = [Quote(q.proposal, None) for q in proposals_of(other) if q.proposal.quote.casefold() not in there]
    both = [*quotes, *strange]
    order = draw.sample(range(len(both)), len(both))
    return _case("invented", entry, [both[n] for n in order], [p for p, n in enumerate(order) if n >= len(quotes)])


def _case(kind: str, entry: Entry, quotes: Sequence[Quote], counted: Iterable[int]) -> Case:
    return Case(kind, entry, tuple(quotes), frozenset(counted))


def ours(case: Case, schema: Schema) -> Iterator[str]:
    """What became of each counted quote: exact, elsewhere, flagged (not placed, and listed for a look) or not."""
    grounding = ground(case.entry.document.text, [quote.proposal for quote in case.quotes], schema)
    for number in sorted(case.counted):
        found, gold = grounding.grounded[number], case.quotes[number].gold
        if found.span is None:
            yield "flagged" if found.status in (Status.AMBIGUOUS, Status.OVERLAP) else "rejected"
        else:
            yield "exact" if gold and (found.span.start, found.span.end) == (gold.start, gold.end) else "elsewhere"


def theirs(many: Sequence[Case], python: str) -> list[list[str]] | None:
    """The same by langextract's resolver in a process of its own; None where it is not installed there."""
    questions = [
        {"text": c.entry.document.text, "quotes": [(q.proposal.label, q.proposal.quote) for q in c.quotes]}
        for c in many
    ]
    script = Path(__file__).with_name("ground_langextract.py")
    done = subprocess.run(
        [python, str(script)], input=json.dumps(questions), capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"langextract is left out: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    answer = json.loads(done.stdout)
    print(f"langextract {answer['version']}: {answer['quotes_a_second']:,.0f} quotes a second")
    rows = []
    for case, found in zip(many, answer["places"], strict=True):
        row = []
        for number in sorted(case.counted):
            gold = case.quotes[number].gold
            place = found[number] and tuple(found[number])
            row.append(
                "rejected" if not place else "exact" if gold and place == (gold.start, gold.end) else "elsewhere"
            )
        rows.append(row)
    return rows


def tries(entries: Sequence[Entry], schema: Schema, *, count: int, seed: int) -> tuple[int, int]:
    """How many altered numbers were tried, every other answer without any context, and how many were accepted."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    tried = accepted = 0
    while tried < count:
        for entry in entries:
            for case in altered(entry, proposals_of(entry), draw, context=draw.random() < 0.5):
                outcomes = Counter(ours(case, schema))
                tried += outcomes.total()
                accepted += outcomes["exact"] + outcomes["elsewhere"]
    return tried, accepted


def rate(entries: Sequence[Entry], schema: Schema, *, seconds: float) -> float:
    """True quotes grounded in a second of one core's work, whole answers at a time, a text prepared anew for each."""
    answers = [(entry.document.text, [quote.proposal for quote in proposals_of(entry)]) for entry in entries]
    began, done = time.process_time(), 0
    while time.process_time() - began < seconds:
        for text, proposals in answers:
            ground(text, proposals, schema)
            done += len(proposals)
    return done / (time.process_time() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=next((path for path in GOLD if path.exists()), GOLD[0]))
    parser.add_argument("--tries", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--langextract-python", default=sys.executable, help="the Python that has langextract")
    arguments = parser.parse_args()
    entries, schema = load_corpus(arguments.data), find_workspace().schema()
    many = list(cases(entries, arguments.seed))
    print(f"{len(entries)} bulletins, {sum(len(e.spans) for e in entries):,} spans of {arguments.data.name}")
    both = {"workbench": [list(ours(case, schema)) for case in many]}
    other = theirs(many, arguments.langextract_python)
    if other is not None:
        both["langextract"] = other
    print("\n".join(table(HEADER, list(_rows(many, both)))))
    for who, outcomes in both.items():
        total = Counter(o for case, each in zip(many, outcomes, strict=True) if case.kind in TRUE for o in each)
        print(f"{who}: {total['exact'] / total.total():.2%} of {total.total():,} true quotes at their exact place")
    print(f"workbench: {rate(entries, schema, seconds=3):,.0f} quotes a second of one core")
    tried, accepted = tries(entries, schema, count=arguments.tries, seed=arguments.seed + 1)
    print(f"workbench: {accepted} of {tried:,} altered numbers accepted")


HEADER = ("kind", "who", "quotes", "exact", "elsewhere", "flagged", "rejected")


def _rows(many: Sequence[Case], both: dict[str, list[list[str]]]) -> Iterator[tuple[object, ...]]:
    for kind in dict.fromkeys(case.kind for case in many):
        for who, outcomes in both.items():
            found = Counter(o for case, each in zip(many, outcomes, strict=True) if case.kind == kind for o in each)
            yield kind, who, found.total(), *(found[name] for name in HEADER[3:])


if __name__ == "__main__":
    main()
