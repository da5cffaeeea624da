"""The one warm model that answers every request, and that another may take the place of at once."""

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.core.corpus import Annotation, Document
from workbench.tag.model import Model, load_model
from workbench.tag.prelabel import predict
from workbench.tag.rules import Joiner

# One chunk is what nobody can interrupt: a person who opens a task waits for one of a large request's, not for all.
CHUNK_DOCUMENTS = 16
CHUNK_CHARACTERS = 16_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model and the folder that it came from."""

    model: Model
    folder: Path


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model says of documents, in order; None for those that the time did not suffice for."""

    version: str
    annotations: tuple[Annotation | None, ...]


class Turns:
    """A lock that is given in the order in which it was asked for.

    threading.Lock may go to whoever gave it back a moment ago: then a person waits for all chunks of a large request.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = False
        self._line: deque[threading.Event] = deque()

    def __enter__(self) -> None:
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Event()
            self._line.append(mine)
        mine.wait()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._line:
                self._line.popleft().set()
            else:
                self._taken = False


class Engine:
    """Labels documents, for any number of threads at once; a request is answered by one model from start to end."""

    def __init__(self, folder: Path, *, joiner: Joiner | None = None) -> None:
        """Loads the model and runs it once, so that the first request is not slower. Raises ModelError.

        With a `joiner`, what its rules find is joined with what the model says.
        """
        self._loaded = Loaded(load_model(folder), folder)
        self._joiner = joiner
        self._turn = Turns()
        predict(self._loaded.model, [Document("warm-up", "Two people were killed in Kabul on Friday.")])

    @property
    def loaded(self) -> Loaded:
        """The model that answers now."""
        return self._loaded

    @property
    def version(self) -> str:
        """The `model_version` of what it says now."""
        return self._version(self._loaded.model)

    def label(self, documents: Sequence[Document], *, seconds: float = float("inf")) -> Answer:
        """What the model says, in order. After `seconds` no further chunk is begun; the first always is."""
        model, limit = self._loaded.model, time.monotonic() + seconds
        said: list[Annotation | None] = [None] * len(documents)
        for chunk in _chunks(documents):
            if chunk[0] and time.monotonic() >= limit:
                break
            with self._turn:
                found = predict(model, [documents[place] for place in chunk])
            for place, annotation in zip(chunk, found, strict=True):
                said[place] = self._joined(annotation, documents[place])
        return Answer(self._version(model), tuple(said))

    def swap(self, loaded: Loaded) -> None:
        """Lets another model answer whatever is asked from now on."""
        self._loaded = loaded

    def _joined(self, said: Annotation, document: Document) -> Annotation:
        return said if self._joiner is None else self._joiner(said, document)

    def _version(self, model: Model) -> str:
        return model.version if self._joiner is None else self._joiner.version(model.version)


def _chunks(documents: Sequence[Document]) -> Iterator[list[int]]:
    """Positions in order, in groups; a longer text goes alone."""
    chunk: list[int] = []
    size = 0
    for place, document in enumerate(documents):
        length = len(document.text)
        if chunk and (len(chunk) == CHUNK_DOCUMENTS or size + length > CHUNK_CHARACTERS):
            yield chunk
            chunk, size = [], 0
        chunk.append(place)
        size += length
    if chunk:
        yield chunk
