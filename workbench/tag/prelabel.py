"""Pre-labelling in bulk: a stream of bulletins in, the same bulletins with spans out, in order, resumable."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from workbench.core.corpus import Annotation, Document, Entry, dump_row
from workbench.core.errors import InputError
from workbench.core.files import write_text
from workbench.tag.model import Model

# Documents labelled together. A run that is taken up again starts at a multiple of it, so that every batch, and with
# it every last digit of a score, is what it would have been without the stop.
CHUNK = 256


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
    return [said for said, _ in _label(model, documents)]


def label_entries(entries: Sequence[Entry], *, model: Model) -> tuple[list[Entry], int]:
    """The same documents with what the model says of them, and how many sequences decoding had to repair."""
    labelled, repaired = [], 0
    for entry, (said, mended) in zip(entries, _label(model, [e.document for e in entries]), strict=True):
        labelled.append(replace(entry, annotation=said))
        repaired += mended
    return labelled, repaired


def prelabel(entries: Iterable[Entry], *, model: Model, out: Path, inputs: str) -> PrelabelReport:
    """Labels every document and writes `out` as a corpus; labels that an entry came with are not looked at.

    Rows go to a part file beside `out`, which takes its name at the end. Where a part file of the same `inputs` (any
    text that identifies them) and model is there, the run goes on behind its last whole chunk. Constant memory.
    Raises InputError where `out` cannot be written.
    """
    part, mark = out.with_name(f".{out.name}.part"), out.with_name(f".{out.name}.part.json")
    state = json.dumps({"inputs": inputs, "model": model.version, "chunk": CHUNK})
    stream = iter(entries)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        done, spans = _take_up(part, mark, state)
        resumed, repaired = done, 0
        for _ in islice(stream, done):
            pass
        with part.open("ab") as file:
            for chunk in _chunks(stream):
                labelled, mended = label_entries(chunk, model=model)
                file.writelines(dump_row(entry).encode("utf-8", "surrogatepass") + b"\n" for entry in labelled)
                spans += sum(len(entry.spans) for entry in labelled)
                repaired += mended
                done += len(labelled)
                file.flush()
                os.fsync(file.fileno())
        part.replace(out)
        mark.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"{out} could not be written ({error.strerror or error}); what was done is kept beside it: "
            "free some space or mend the folder's permissions, then run the same command again"
        ) from error
    return PrelabelReport(done, spans, resumed, repaired)


def _label(model: Model, documents: Sequence[Document]) -> Iterator[tuple[Annotation, bool]]:
    for result in model.tagger.label([document.text for document in documents]):
        yield Annotation(result.spans, origin="model", model_version=model.version), result.repaired


def _take_up(part: Path, mark: Path, state: str) -> tuple[int, int]:
    """Cuts an earlier part file to whole chunks and returns its rows and spans; starts anew where it does not fit."""
    if not (part.exists() and mark.exists() and mark.read_text(encoding="utf-8") == state):
        part.unlink(missing_ok=True)
        write_text(mark, state)
        return 0, 0
    rows = spans = kept_rows = kept_spans = kept_bytes = position = 0
    with part.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break
            position += len(line)
            rows += 1
            spans += len(json.loads(line)["spans"])
            if rows % CHUNK == 0:
                kept_rows, kept_spans, kept_bytes = rows, spans, position
    with part.open("r+b") as file:
        file.truncate(kept_bytes)
    return kept_rows, kept_spans


def _chunks(stream: Iterator[Entry]) -> Iterator[list[Entry]]:
    while chunk := list(islice(stream, CHUNK)):
        yield chunk
