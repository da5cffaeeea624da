"""Documents to Label Studio's tasks and back, and predictions with the score that orders them."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.corpus import Annotation, Document, Entry
from workbench.core.errors import CorpusError, InputError
from workbench.core.span import Relation, Span
from workbench.core.text import normalise_line_ends, text_hash
from workbench.studio.forms import read_regions, regions
from workbench.studio.labeling import Controls

# Nothing found is neither sure nor unsure: such a bulletin stands in the middle of the order, between those whose
# spans the model doubts (labelled first) and those whose spans it is sure of.
SCORE_OF_NOTHING = 0.5
# Marks a task that gets no suggestions; kept in the fields of the row that a pull makes of it.
BLIND = "blind"
_OWN = frozenset({"id", "hash", "published", "source", "fields"})
# What a pull adds to a row's fields; an older pull's is not carried on.
OF_ANNOTATION = ("region_values", "answers", "lead_time")


@dataclass(frozen=True)
class TaskText:
    """The document that a task holds, and what is known of its text: `edited` where it no longer has its hash.

    `known` is false for a task that something else than the workbench imported, without id and hash.
    `stored` is the text as the server has it; regions count its characters, carriage returns included.
    """

    document: Document
    stored: str
    edited: bool
    known: bool

    def place(self, offset: int) -> int:
        """An offset into the stored text as one into the document's."""
        return offset - self.stored.count("\r\n", 0, offset)


def task_data(document: Document, *, controls: Controls | None = None) -> dict[str, Any]:
    """The `data` of a task. Raises CorpusError for a text that no server can store (a lone surrogate)."""
    try:
        document.text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CorpusError(
            f"bulletin {document.id} holds a lone surrogate at character {error.start}, which UTF-8 cannot carry; "
            "mend that character before the import"
        ) from None
    data: dict[str, Any] = {(controls or Controls()).value: document.text, "id": document.id, "hash": document.hash}
    data |= {k: v for k, v in (("published", document.published), ("source", document.source)) if v}
    return data | ({"fields": dict(document.fields)} if document.fields else {})


def read_task_data(data: Mapping[str, Any], *, task: Any, controls: Controls | None = None) -> TaskText:
    """The document of a task's `data`; what the workbench did not put there is kept in its fields.

    Raises CorpusError, naming the task, where the text is missing.
    """
    key = (controls or Controls()).value
    text = data.get(key)
    if not isinstance(text, str):
        raise CorpusError(f"task {task} has no text in its field {key!r}; found {', '.join(data) or 'no field'}")
    fields = dict(data["fields"]) if isinstance(data.get("fields"), dict) else {}
    fields |= {name: value for name, value in data.items() if name not in _OWN and name != key}
    fields = {name: value for name, value in fields.items() if name not in OF_ANNOTATION}
    document = Document(
        id=str(data.get("id") or f"task-{task}"),
        text=normalise_line_ends(text),
        published=str(data["published"]) if data.get("published") else None,
        source=str(data["source"]) if data.get("source") else None,
        fields=fields,
    )
    expected = data.get("hash")
    return TaskText(document, text, edited=bool(expected) and expected != text_hash(text), known=bool(expected))


def blind(document: Document, share: float) -> bool:
    """Whether a bulletin belongs to the share that gets no suggestions: by its text alone, so it stays on its side."""
    place = int(hashlib.sha256(f"blind:{document.hash}".encode()).hexdigest()[:8], 16) / 2**32
    return place < share


def is_blind(data: Mapping[str, Any]) -> bool:
    """Whether a task's `data` is marked as one that gets no suggestions."""
    return data.get(BLIND) is True


def content_hash(data: Mapping[str, Any], *, controls: Controls) -> str | None:
    """The hash that a task is known by: the one kept at import, else that of its text; None without either."""
    if isinstance(data.get("hash"), str):
        return str(data["hash"])
    text = data.get(controls.value)
    return text_hash(normalise_line_ends(text)) if isinstance(text, str) else None


def prediction(entry: Entry, *, controls: Controls | None = None) -> dict[str, Any]:
    """A prediction of the entry's annotation: result, model_version, and the task's score where there is one.

    Raises InputError for an entry that carries none.
    """
    if entry.annotation is None:
        raise InputError(f"bulletin {entry.document.id} carries no annotation; label it before it is sent")
    made: dict[str, Any] = {
        "model_version": version_of(entry.annotation),
        "result": regions(entry.document, entry.annotation, controls=controls),
    }
    score = task_score(entry.annotation)
    return made if score is None else made | {"score": round(score, 6)}


def version_of(annotation: Annotation) -> str:
    """The name under which Label Studio keeps a prediction; it tells models, and versions of one, apart."""
    return annotation.model_version or annotation.author or annotation.origin


def task_score(annotation: Annotation) -> float | None:
    """How sure the model is of a whole task, 0 to 1: the geometric mean of its spans' scores.

    The mean of log-probabilities (as in the MNLP of Shen et al. 2017, "Deep Active Learning for Named Entity
    Recognition") does not sink with the number of spans, as a minimum or a product would, and one doubtful span
    weighs more than in a plain mean. Without spans: SCORE_OF_NOTHING. None where no span has a score.
    """
    if not annotation.spans:
        return SCORE_OF_NOTHING
    scores = [span.score for span in annotation.spans if span.score is not None]
    if not scores:
        return None
    return math.exp(sum(math.log(max(score, 1e-6)) for score in scores) / len(scores))


def meaning(spans: Iterable[Span], relations: Iterable[Relation]) -> str:
    """A digest of what is said: equal for the same spans, choices and relations, whatever scores and region ids."""
    said = (
        [(s.start, s.end, s.label, *sorted(s.choices)) for s in spans],
        [(r.source, r.target, r.type) for r in sorted(relations)],
    )
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def meaning_of_result(text: str, result: Any) -> str | None:
    """The meaning of a stored prediction; None where it does not fit its text."""
    reading = read_regions(text, result if isinstance(result, list) else [])
    return None if reading.problems else meaning(reading.spans, reading.relations)
