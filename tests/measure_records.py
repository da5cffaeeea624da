"""Speed (processor time) and memory of records over many bulletins, made by repeating and varying the annotated ones.

    python tests/measure_records.py [COUNT ...]        default 1000 10000

Each copy has its own publication date, a sentence of its own and other numbers, so that nothing is a mere duplicate.
"""

import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from workbench.core.corpus import Document, Entry, load_corpus
from workbench.core.schema import load_schema
from workbench.core.workspace import find_workspace
from workbench.record.run import load_tools, records_of
from workbench.record.write import write_records

_GOLD = Path("../shared/data/gold/train.jsonl")


def varied(count: int, *, seed: int = 0) -> Iterator[Entry]:
    """Copies of the annotated bulletins, each its own; offsets stay, because numbers keep their length."""
    random = Random(seed)  # noqa: S311 - variation, no secret
    gold = load_corpus(_GOLD)
    for number in range(count):
        entry = gold[number % len(gold)]
        text = list(entry.document.text)
        for span in entry.spans:
            if span.label.startswith("FIGURE") and entry.surface(span).isdigit():
                text[span.start : span.end] = str(
                    random.randrange(10 ** (span.end - span.start - 1), 10 ** (span.end - span.start))
                )
        day = f"20{random.randrange(10, 25)}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}"
        document = Document(f"copy-{number}", f"{''.join(text)} Report {number}.", day)
        yield replace(entry, document=document)


def main() -> None:
    """Prints a line a count."""
    counts = [int(x) for x in sys.argv[1:]] or [1000, 10_000]
    schema = load_schema("annotations/schema.toml")
    tools = load_tools(schema, cache=find_workspace().state)
    for count in counts:
        started = time.process_time()
        made = records_of(varied(count), tools)
        read = time.process_time()
        with TemporaryDirectory() as folder:
            for ending in ("jsonl", "csv", "parquet"):
                write_records(made.events, Path(folder) / f"records.{ending}")
        done = time.process_time()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{count:>7,} bulletins: {made.incidents:,} incidents, {len(made.events):,} events; "
            f"records {read - started:.1f} s, files {done - read:.1f} s; "
            f"{1000 * (done - started) / count:.2f} ms a bulletin; peak {memory:,.0f} MB"
        )


if __name__ == "__main__":
    main()
