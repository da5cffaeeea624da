"""The forms of files and the names of the Python API, from the code that reads, writes and holds them."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import workbench
from workbench.core.corpus import ORIGINS, Annotation, Document, Entry, dump_row
from workbench.core.span import Relation, Span
from workbench.record.claim import Claim

# What each field of a corpus row is; the names are those that core.corpus writes.
FIELDS = {
    "id": "required: a text, each only once in a file",
    "text": "required: the bulletin; offsets count its code points",
    "published": "the day of publication, `2024-05-08`; relative dates (“on Friday”) are read from it",
    "source": "the outlet",
    "spans": "a list of `{start, end, label}`, end exclusive, with `score` (0 to 1) where a model says so; also read "
    "as `[start, end, label]`. What an annotator chose for a span (the schema asks) is in its `choices`, "
    "`{name: value}`, with a list of values where there are several. Left out: unlabelled. Empty: labelled, and there "
    "are none",
    "relations": "a list of `{from, to, type}`: places in `spans`, from 0",
    "origin": f"who labelled: {', '.join(f'`{origin}`' for origin in ORIGINS)}",
    "author": "the annotator",
    "model_version": "the model that labelled, or whose suggestions the annotator saw",
    "assisted": "true where the annotator started from suggestions; `score` and `evaluate` leave such gold out",
}

# What each column of a record is; the names are those of record.table.COLUMNS.
COLUMNS = {
    "event_id": "of the event; the same bulletins with the same labels give the same id",
    "document_id": "the bulletins that report it, joined by `; `",
    "event_type": "the label of its trigger",
    "date_start": "first day it may have been, `YYYY-MM-DD`",
    "date_end": "last day it may have been",
    "date_precision": "`day`, `week`, `month` or `year`",
    "place": "the place as the bulletin writes it",
    "province": "the first-level division",
    "country": "the country",
    "latitude": "degrees, of the place",
    "longitude": "degrees, of the place",
    "actor": "who carried it out, joined by `; `",
    "target": "whom or what it happened to, joined by `; `",
    "sources": "how many different sources speak of it",
    "conflict": "whether their claims cannot all be true",
    **{
        f"{counts}_{end}": f"{'at least' if end == 'min' else 'at most'} so many {counts}; empty where nobody says"
        for counts in ("killed", "injured", "detained", "returned", "displaced")
        for end in ("min", "max")
    },
}

# What each field of a claim is; the names are those of record.claim.Claim.row.
CLAIM = {
    "document_id": "the bulletin",
    "document_hash": "of its text: the characters below are of exactly this text",
    "published": "when the bulletin was published",
    "start": "first character of the figure",
    "end": "behind its last character",
    "phrase": "the characters between",
    "label": "the figure's label",
    "counts": "what it counts: killed, injured …, other",
    "figure": "its normal form, as `workbench figures --json` prints it; null where it could not be read",
    "policy": "what vague words were worth (`--policy`)",
    "scope": "`incident`, `cumulative` (a toll so far), or what else the number is about",
    "part_of": "the start of the claim that this one is a part of (“including three women”)",
    "population": "the noun that was counted",
    "source": "who says so; null: the bulletin itself",
    "source_kind": "what kind of speaker that is",
    "source_span": "where the bulletin names the speaker",
    "stance": "whether the speaker asserts it, denies it, doubts it …",
    "event_span": "the trigger it is linked to",
    "sentence": "the sentence of the bulletin; of an endless one the part around the figure",
    "sentence_start": "where that begins: the figure stands at `start` - `sentence_start` in it",
    "superseded": "a later toll of the same kind of source took its place",
    "producer": "who made the labels",
    "confidence": "the span's score",
    "problem": "why the figure is not used; null where it is",
    "review": "`open`, or `confirmed` once a person has looked at the links (`workbench confirm`)",
}


def corpus_fields() -> Iterator[str]:
    """A table of the fields of a corpus row."""
    return _table("field", FIELDS)


def corpus_example() -> Iterator[str]:
    """Three rows as the program writes them."""
    text = "At least six died in Faizabad, police said."
    document = Document("b-17", text, "2024-05-08", "Example Times")
    six = Span(0, 12, "FIGURE_KILLED", 0.98)
    by_model = Annotation((six, Span(21, 29, "LOCATION", 0.96)), origin="model", model_version="starter-0123456789")
    by_person = Annotation(
        (Span(0, 12, "FIGURE_KILLED"), Span(13, 17, "EVENT_OTHER")),
        (Relation(0, 1, "figure_of"),),
        author="anna@example.org",
        assisted=True,
    )
    yield "```json"
    for entry in (Entry(document), Entry(document, by_model), Entry(document, by_person)):
        yield dump_row(entry)
    yield "```"


def record_columns() -> Iterator[str]:
    """A table of the columns of .csv and .parquet, in their order."""
    from workbench.record.table import COLUMNS as NAMES

    return _table("column", {name: COLUMNS[name] for name in NAMES})


def claim_fields() -> Iterator[str]:
    """A table of the fields of a claim, in their order."""
    return _table("field", {name: CLAIM[name] for name in claim_names()})


def claim_names() -> list[str]:
    """The fields of a claim as .jsonl holds them."""
    known = dict.fromkeys(inspect.signature(Claim).parameters)
    return list(Claim(**known).row())  # type: ignore[arg-type]


def errors() -> Iterator[str]:
    """The tree of errors, as the module that holds them draws it."""
    yield "```text"
    yield inspect.cleandoc((import_module("workbench.core.errors").__doc__ or "").split("\n\n")[1])
    yield "```"


def python_names() -> Iterator[str]:
    """A section for each public name: its signature and what its docstring says."""
    for name in workbench.__all__:
        if name == "__version__":
            continue
        found = getattr(workbench, name)
        yield f"### {name}"
        yield ""
        yield "```python"
        yield from _signature(name, found)
        yield "```"
        yield ""
        yield inspect.getdoc(found) or ""
        yield ""


def _signature(name: str, found: Any) -> Iterator[str]:
    """How it is written in its module: a function's parameters, a class's own fields."""
    node = ast.parse(textwrap.dedent(inspect.getsource(found))).body[0]
    if isinstance(node, ast.FunctionDef):
        head, parts = "def", _parameters(node.args)
        end = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    else:
        assert isinstance(node, ast.ClassDef)  # noqa: S101 - every public name is a class or a function
        head, parts, end = "class", [ast.unparse(each) for each in node.body if isinstance(each, ast.AnnAssign)], ""
    line = f"{head} {name}({', '.join(parts)}){end}"
    yield from [line] if len(line) <= 110 else [f"{head} {name}(", *(f"    {part}," for part in parts), f"){end}"]


def _parameters(arguments: ast.arguments) -> list[str]:
    """The parameters one by one, as they are written."""
    defaults = [None] * (len(arguments.args) - len(arguments.defaults)) + list(arguments.defaults)
    found = [_parameter(each, default) for each, default in zip(arguments.args, defaults, strict=True)]
    named = [_parameter(*pair) for pair in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    return found + (["*", *named] if named else [])


def _parameter(argument: ast.arg, default: ast.expr | None) -> str:
    return ast.unparse(argument) + ("" if default is None else f" = {ast.unparse(default)}")


def _table(title: str, rows: dict[str, str]) -> Iterator[str]:
    yield f"| {title} | what it holds |"
    yield "|---|---|"
    yield from (f"| `{name}` | {what} |" for name, what in rows.items())
