"""Pre-labelling in bulk: a stream of bulletins in, the same bulletins with spans out, in order, resumable."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from workbench.core.corpus import Annotation, Document, Entry, dump_row
from workbench.core.errors import InputError, WorkbenchError
from workbench.core.progress import Progress, silent
from workbench.tag.model import Model
from workbench.tag.partfile import PartFile
from workbench.tag.tagger import Tagged

# Documents labelled together, sorted by length: the look-ahead. A run that is taken up again starts where a chunk
# started, so that every batch, and with it every last digit of a score, is what it would have been without the stop.
CHUNK = 256
# The first chunks are short, so that the first bulletins are there at once.
_FIRST_ENDS = (4, 16, 64)
# A chunk of long bulletins ends sooner, so that memory stays the same.
_CHUNK_CHARACTERS = 125_000
# What is longer than this alone is no bulletin but a file of many.
LONGEST = 1_000_000

Reject = Callable[[str, str, Any], None]
Join = Callable[[Annotation, Document], Annotation]  # such as rules.Joiner


@dataclass(frozen=True, slots=True)
class PrelabelReport:
    """What a run did: documents and spans written in all, documents that an earlier run had done already,
    and sequences that decoding had to repair (in this run)."""

    documents: int
    spans: int
    resumed: int
    repaired: int


def predict(model: Model, documents: Sequence[Document]) -> list[Annotation]:
    """What the model says of each document, in order, scores included."""
    return [_annotation(tagged, model) for tagged in _label(model, documents)]


def label_entries(entries: Sequence[Entry], *, model: Model) -> tuple[list[Entry], int]:
    """The same documents with what the model says of them, and how many sequences decoding had to repair."""
    labelled, repaired = [], 0
    for entry, tagged in zip(entries, _label(model, [entry.document for entry in entries]), strict=True):
        labelled.append(replace(entry, annotation=_annotation(tagged, model)))
        repaired += tagged.repaired
    return labelled, repaired


def prelabel(
    entries: Iterable[Entry],
    *,
    model: Model,
    out: Path,
    inputs: str,
    join: Join | None = None,
    reject: Reject | None = None,
    progress: Progress = silent,
    total: int | None = None,
) -> PrelabelReport:
    """Labels every document and writes `out` as a corpus; labels that an entry came with are not looked at.

    What the model says is handed to `join`, where there is one, and its answer is written.
    Rows go to a part file beside `out`, which takes its name at the end. Where a part file of the same `inputs` (any
    text that identifies them) and model is there, the run goes on behind its last whole chunk. Constant memory.
    A document of more than LONGEST characters goes to `reject`. Where `entries` raises, what came before is labelled
    and kept first. Raises InputError where `out` cannot be written, or for such a document without `reject`.
    """
    run = json.dumps(
        {"inputs": inputs, "model": model.version, "engine": model.engine, "chunk": [CHUNK, _CHUNK_CHARACTERS]}
    )
    stream = _short_enough(iter(entries), reject)
    repaired = 0
    try:
        with PartFile(out, run=run) as part:
            for _ in islice(stream, part.resumed):
                pass
            for mended in progress(_written(stream, model, part, join), what="pre-labelling", total=total):
                repaired += mended
            part.finish()
    except OSError as error:
        raise InputError(
            f"{out} could not be written ({error.strerror or error}); what was done is kept beside it: "
            "free some space or mend the folder's permissions, then run the same command again"
        ) from error
    return PrelabelReport(part.rows, part.spans, part.resumed, repaired)


def _written(stream: Iterator[Entry], model: Model, part: PartFile, join: Join | None) -> Iterator[bool]:
    """Labels and writes chunk by chunk; yields for each document whether decoding had to repair it."""
    for chunk, results in label_chunks(_chunks(stream, part.rows), model=model):
        said = [_annotation(tagged, model) for tagged in results]
        if join is not None:
            said = [join(one, entry.document) for one, entry in zip(said, chunk, strict=True)]
        rows = [replace(entry, annotation=one) for entry, one in zip(chunk, said, strict=True)]
        part.append(map(dump_row, rows), spans=sum(len(one.spans) for one in said))
        yield from (tagged.repaired for tagged in results)


def label_chunks(
    chunks: Iterable[Sequence[Entry]], *, model: Model
) -> Iterator[tuple[Sequence[Entry], Sequence[Tagged]]]:
    """Each chunk with the tagger's answers; chunks are read ahead while the engine is at work.

    Where reading a chunk fails, those before it come out first and then the failure is raised.
    """
    read: deque[Sequence[Entry]] = deque()
    failure: list[BaseException] = []

    def texts() -> Iterator[list[str]]:
        try:
            for chunk in chunks:
                read.append(chunk)
                yield [entry.document.text for entry in chunk]
        except (WorkbenchError, OSError, KeyboardInterrupt) as error:
            failure.append(error)

    for results in model.tagger.stream(texts()):
        yield read.popleft(), results
    if failure:
        raise failure[0]


def _chunks(stream: Iterator[Entry], done: int) -> Iterator[list[Entry]]:
    """Chunks behind the first `done` documents; where they end hangs on the documents alone."""
    while True:
        chunk: list[Entry] = []
        characters = 0
        end = next((end for end in _FIRST_ENDS if done < end < CHUNK), (done // CHUNK + 1) * CHUNK)
        for entry in islice(stream, end - done):
            chunk.append(entry)
            characters += len(entry.document.text)
            if characters >= _CHUNK_CHARACTERS:
                break
        if not chunk:
            return
        yield chunk
        done += len(chunk)


def _short_enough(entries: Iterator[Entry], reject: Reject | None) -> Iterator[Entry]:
    for entry in entries:
        size = len(entry.document.text)
        if size <= LONGEST:
            yield entry
            continue
        reason = f"the text has {size:,} characters; expected at most {LONGEST:,}: split it into its bulletins"
        if reject is None:
            raise InputError(f"bulletin {entry.document.id}: {reason}")
        reject(f"bulletin {entry.document.id}", reason, entry)


def _label(model: Model, documents: Sequence[Document]) -> Iterator[Tagged]:
    texts = [document.text for document in documents]
    parts = (texts[begin : begin + CHUNK] for begin in range(0, len(texts), CHUNK))
    for results in model.tagger.stream(parts):
        yield from results


def _annotation(tagged: Tagged, model: Model) -> Annotation:
    return Annotation(tagged.spans, origin="model", model_version=model.version)
