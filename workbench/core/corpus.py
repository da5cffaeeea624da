"""Bulletins and their annotations, and the JSON Lines file that holds them.

The file form is fixed by the project's contract; this module is the only place that knows it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.core.errors import CorpusError, InputError
from workbench.core.files import bounded_lines, open_text, write_lines
from workbench.core.span import Relation, Span, span_key
from workbench.core.text import brief, excerpt, normalise_line_ends, text_hash

# Files that people name where a corpus is expected.
OTHER_FORMS = (".csv", ".tsv", ".parquet", ".xlsx", ".txt", ".html", ".htm", ".docx", ".pdf")
_SURROGATE = re.compile("[\ud800-\udfff]")
ORIGINS = ("human", "model", "llm")
_OF_DOCUMENT = frozenset({"id", "text", "published", "source", "spans"})
_OF_ANNOTATION = frozenset({"relations", "origin", "author", "model_version", "assisted"})


@dataclass(frozen=True)
class Document:
    """One bulletin. `text` has LF line ends; offsets into it are code points.

    `fields` keeps whatever else the row held, so that nothing the user had is lost.
    """

    id: str
    text: str
    published: str | None = None
    source: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not self.id:
            raise CorpusError(f"a bulletin has the id {self.id!r}; expected a text that is not empty")
        if not isinstance(self.text, str):
            raise CorpusError(f"bulletin {self.id} has {type(self.text).__name__} as text; expected a string")
        if "\r" in self.text:
            raise CorpusError(
                f"bulletin {self.id} holds carriage returns; normalise line ends before offsets are taken"
            )

    @cached_property
    def hash(self) -> str:
        """Identity of the content (see text_hash); equal texts have equal hashes, whatever their ids."""
        return text_hash(self.text)


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one annotator, model or language model says of a document: spans in text order, and relations.

    `assisted` is true where the annotator started from suggestions. Spans may overlap here;
    what needs a flat layer (training) says so itself. Raises CorpusError for a relation to no span.
    """

    spans: tuple[Span, ...] = ()
    relations: tuple[Relation, ...] = ()
    origin: str = "human"
    author: str | None = None
    model_version: str | None = None
    assisted: bool = False

    def __post_init__(self) -> None:
        if self.origin not in ORIGINS:
            found = brief(self.origin)
            raise CorpusError(f"an annotation has the origin {found}; expected one of {', '.join(ORIGINS)}")
        for relation in self.relations:
            if max(relation.source, relation.target) >= len(self.spans):
                raise CorpusError(
                    f"a relation links spans {brief(relation.source)} and {brief(relation.target)}, "
                    f"but there are {len(self.spans)}"
                )


@dataclass(frozen=True)
class Entry:
    """A row of a corpus: a document and, once somebody labelled it, an annotation that fits its text.

    `annotation` None is an unlabelled row; an annotation without spans says that there are none.
    Raises CorpusError where a span ends beyond the text.
    """

    document: Document
    annotation: Annotation | None = None

    def __post_init__(self) -> None:
        for span in self.spans:
            if span.end > len(self.document.text):
                raise CorpusError(
                    f"bulletin {self.document.id}: the span {span.start}-{brief(span.end)} {span.label} ends beyond "
                    f"the text of {len(self.document.text)} characters; was the text edited after it was labelled?"
                )

    @property
    def spans(self) -> tuple[Span, ...]:
        """The spans, or none for an unlabelled row."""
        return self.annotation.spans if self.annotation else ()

    def surface(self, span: Span) -> str:
        """The characters that the span covers."""
        return self.document.text[span.start : span.end]


def entry_from_row(row: Any) -> Entry:
    """One parsed JSON object to an entry. Raises CorpusError saying what is wrong with it."""
    if not isinstance(row, dict):
        raise CorpusError(f"found {type(row).__name__}; expected an object with id and text")
    if "event_id" in row and "id" not in row:
        raise CorpusError("this is an event record; expected a bulletin: name the labelled file it was made from")
    for name in ("id", "text"):
        if not isinstance(row.get(name), str):
            raise CorpusError(f"found {name} = {_shown(row.get(name))}; expected a string")
    # Offsets of a row count its own characters, so a CR LF text is only normalised where none depend on it.
    if "\r" in row["text"] and row.get("spans"):
        raise CorpusError(
            f"bulletin {row['id']} has carriage returns and spans; convert the line ends and shift the spans first"
        )
    # Where nobody labelled, an "author" or "origin" is the bulletin's own (a journalist, an agency): kept as a field.
    unlabelled = row.get("spans") is None
    known = _OF_DOCUMENT if unlabelled else _OF_DOCUMENT | _OF_ANNOTATION
    document = Document(
        id=row["id"],
        text=normalise_line_ends(row["text"]),
        published=_optional_text(row, "published"),
        source=_optional_text(row, "source"),
        fields={key: value for key, value in row.items() if key not in known},
    )
    if unlabelled:
        return Entry(document)
    annotation = Annotation(
        spans=tuple([_span(document, item) for item in _list(row, "spans")]),
        relations=tuple(_relation(item) for item in _list(row, "relations")),
        origin=row.get("origin") or "human",
        author=_optional_text(row, "author"),
        model_version=_optional_text(row, "model_version"),
        assisted=bool(row.get("assisted", False)),
    )
    return Entry(document, sorted_annotation(annotation))


def sorted_annotation(annotation: Annotation) -> Annotation:
    """The same annotation with spans in text order and its relations following them."""
    keys = list(map(span_key, annotation.spans))
    if not annotation.relations and keys == sorted(keys):
        return annotation
    order = sorted(range(len(keys)), key=keys.__getitem__)
    place = {old: new for new, old in enumerate(order)}
    return Annotation(
        spans=tuple(annotation.spans[i] for i in order),
        relations=tuple(sorted(Relation(place[r.source], place[r.target], r.type) for r in annotation.relations)),
        origin=annotation.origin,
        author=annotation.author,
        model_version=annotation.model_version,
        assisted=annotation.assisted,
    )


def row_from_entry(entry: Entry) -> dict[str, Any]:
    """The JSON object of an entry: only what is known, in a fixed order, the user's own fields last.

    A field of the document that bears a name of the annotation (its "author") is then written as "document_author".
    """
    document, annotation = entry.document, entry.annotation
    row: dict[str, Any] = {"id": document.id, "text": document.text}
    row |= {key: value for key, value in (("published", document.published), ("source", document.source)) if value}
    if annotation is not None:
        row["spans"] = [_span_row(span) for span in annotation.spans]
        if annotation.relations:
            row["relations"] = [{"from": r.source, "to": r.target, "type": r.type} for r in annotation.relations]
        row["origin"] = annotation.origin
        row |= {k: v for k, v in (("author", annotation.author), ("model_version", annotation.model_version)) if v}
        if annotation.assisted:
            row["assisted"] = True
    taken = _OF_ANNOTATION if annotation is not None else frozenset[str]()
    return row | {f"document_{key}" if key in taken else key: value for key, value in document.fields.items()}


def read_corpus(path: str | Path) -> Iterator[Entry]:
    """Entries of a .jsonl (or .jsonl.gz) file, in order, one at a time.

    Raises CorpusError naming the file and line for broken JSON, a wrong row, or an id that came before.
    """
    path, seen = Path(path), dict[str, int]()
    with open_text(path) as lines:
        for number, line in enumerate(bounded_lines(lines, where=path), start=1):
            if not line.strip():
                continue
            try:
                entry = entry_from_row(row_from_line(line))
            except InputError as error:
                if path.suffix.lower() in OTHER_FORMS:
                    raise CorpusError(
                        f"{path} is no corpus; expected JSON Lines (.jsonl), one bulletin a row"
                    ) from None
                raise CorpusError(f"{path} line {number}: {error}") from None
            before = seen.setdefault(entry.document.id, number)
            if before != number:
                raise CorpusError(
                    f"{path} line {number} has the id {entry.document.id!r} of line {before}; give each its own"
                )
            yield entry


def row_from_line(line: str) -> Any:
    """The value of one line of JSON. Raises CorpusError where it is none, or nested too deeply to read."""
    try:
        return json.loads(line)
    except RecursionError:
        raise CorpusError("the JSON is nested too deeply to read; mend or remove that line") from None
    except ValueError as error:
        raise CorpusError(f"this is not JSON ({error}); mend or remove that line") from None


def load_corpus(path: str | Path) -> list[Entry]:
    """All entries of a corpus file. Raises CorpusError also where the file holds none."""
    entries = list(read_corpus(path))
    if not entries:
        raise CorpusError(f"{path} holds no bulletin; expected one JSON object a line with id and text")
    return entries


def labelled(entries: Iterable[Entry], *, where: str | Path) -> list[Entry]:
    """The entries that carry an annotation. Raises CorpusError where none does."""
    kept = [entry for entry in entries if entry.annotation is not None]
    if not kept:
        raise CorpusError(
            f"{where} holds no labelled bulletin; rows need a list named spans (empty where there are none)"
        )
    return kept


def write_corpus(path: str | Path, entries: Iterable[Entry]) -> int:
    """Writes the file as a whole or not at all; returns the number of rows."""
    return write_lines(Path(path), (dump_row(entry) for entry in entries))


def dump_row(entry: Entry) -> str:
    """One line of JSON, without its line end. The same entry always gives the same characters.

    A lone surrogate, which UTF-8 cannot hold, makes the whole line plain ASCII escapes.
    """
    row = row_from_entry(entry)
    line = json.dumps(row, ensure_ascii=False)
    return json.dumps(row) if _SURROGATE.search(line) else line


def _span_row(span: Span) -> dict[str, Any]:
    row: dict[str, Any] = {"start": span.start, "end": span.end, "label": span.label}
    if span.score is not None:
        row["score"] = round(span.score, 6)
    if span.choices:
        row["choices"] = _choices_table(span.choices)
    return row


def _choices_table(choices: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    """What was chosen, by name: the value, or the list of values where there are several."""
    many: dict[str, list[str]] = {}
    for name, value in choices:
        many.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in many.items()}


def _choices(table: Any) -> tuple[tuple[str, str], ...]:
    """What was chosen for a span, as pairs of name and value."""
    lists = {name: value if isinstance(value, list) else [value] for name, value in table.items()}
    pairs = tuple((str(name), value) for name, values in lists.items() for value in values)
    if not all(isinstance(value, str) for _, value in pairs):
        raise TypeError
    return pairs


def _span(document: Document, item: Any) -> Span:
    try:
        if isinstance(item, dict):
            chosen = _choices(item["choices"]) if "choices" in item else ()
            span = Span(item["start"], item["end"], item["label"], item.get("score"), chosen)
        else:
            start, end, label, score = (*item, None)[:4] if len(item) < 5 else item
            span = Span(start, end, label, score)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise CorpusError(f"bulletin {document.id} has the span {brief(item)}; expected start, end and label") from None
    except InputError as error:
        raise CorpusError(f"bulletin {document.id}: {error}") from None
    if not document.text[span.start : span.end].strip() and span.end <= len(document.text):
        raise CorpusError(
            f"bulletin {document.id}: the span {span.start}-{span.end} {span.label} covers only spaces: "
            f"{excerpt(document.text, span.start, span.end)}"
        )
    return span


def _relation(item: Any) -> Relation:
    try:
        return Relation(int(item["from"]), int(item["to"]), str(item["type"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise CorpusError(f"found the relation {brief(item)}; expected from, to and type") from None


def _list(row: dict[str, Any], name: str) -> list[Any]:
    value = row.get(name) or []
    if not isinstance(value, list):
        raise CorpusError(f"found {name} = {brief(value)}; expected a list")
    return value


def _shown(value: Any) -> str:
    """A value as JSON shows it, cut short: 17 and "17" are told apart."""
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=str)[:40]


def _optional_text(row: dict[str, Any], name: str) -> str | None:
    value = row.get(name)
    return None if value is None or value == "" else str(value)
