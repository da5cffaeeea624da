"""The question about a bulletin: a versioned template, filled from schema and guidelines, with examples from gold."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from string import Template
from typing import Any

from workbench.assist.answer import answer_schema
from workbench.assist.chat import Message, Request
from workbench.assist.examples import Example, ExampleSet
from workbench.core.corpus import Document
from workbench.core.errors import InputError
from workbench.core.files import open_text
from workbench.core.schema import Schema

TEMPLATE = "spans-1"
_RELATIONS = """
Beside "spans" give "relations": a list of objects with "from" and "to", the positions of two spans in your list
(0 for the first), and "type", one of:

$relations
"""


@dataclass(frozen=True)
class Prompt:
    """Everything that is asked besides the bulletin itself. `most_spans` bounds the answer, for models that loop."""

    schema: Schema
    examples: ExampleSet = field(default_factory=lambda: ExampleSet(()))
    guidelines: str = ""
    shots: int = 4
    relations: bool = False
    most_spans: int | None = None
    max_tokens: int = 4096

    def request(self, document: Document, *, temperature: float = 0.0, sample: int = 0) -> Request:
        """The question about one bulletin. Its tag is of its own content, so that no text can close it."""
        tag = f"bulletin-{document.hash[:12]}"
        shown = self.examples.nearest(document, self.shots)
        turns = [turn for example in shown for turn in self._turns(example, tag)]
        return Request(
            messages=(Message("system", self._system(tag)), *turns, Message("user", _tagged(document.text, tag))),
            schema=answer_schema(self.schema, relations=self.relations, most=self.most_spans),
            max_tokens=self.max_tokens,
            temperature=temperature,
            sample=sample,
        )

    @cached_property
    def hash(self) -> str:
        """10 hex digits of all that makes the question, the bulletin and the model aside."""
        parts: list[Any] = [TEMPLATE, self._system("bulletin"), self.shots, self.most_spans, self.max_tokens]
        parts += [answer_schema(self.schema, relations=self.relations, most=self.most_spans), self.examples.hash]
        return hashlib.sha256(json.dumps(parts).encode("utf-8", "surrogatepass")).hexdigest()[:10]

    def _system(self, tag: str) -> str:
        labels = "\n".join(f"- {label.name}: {label.description or 'no description'}" for label in self.schema.labels)
        kinds = "\n".join(f"- {one.name}: {one.description or 'no description'}" for one in self.schema.relations)
        wanted = self.relations and self.schema.relations
        return _template().substitute(
            labels=labels,
            guidelines=f"\n# Guidelines\n\n{self.guidelines.strip()}\n" if self.guidelines.strip() else "",
            relations=Template(_RELATIONS).substitute(relations=kinds) if wanted else "",
            tag=tag,
        )

    def _turns(self, example: Example, tag: str) -> tuple[Message, Message]:
        answer: dict[str, Any] = {"spans": [asdict(proposal) for proposal in example.proposals]}
        if self.relations and self.schema.relations:
            links = [{"from": r.source, "to": r.target, "type": r.type} for r in example.relations]
            answer["relations"] = links
        said = json.dumps(answer, ensure_ascii=False)
        return Message("user", _tagged(example.document.text, tag)), Message("assistant", said)


def read_guidelines(path: Path | None) -> str:
    """The text of a guidelines file; empty for None. Raises InputError where it is none."""
    if path is None:
        return ""
    with open_text(path) as file:
        text = file.read()
    if not text.strip():
        raise InputError(f"{path} is empty; name the guidelines' file, or leave --guidelines out")
    return text


def _template() -> Template:
    path = Path(__file__).parent / "templates" / f"{TEMPLATE}.md"
    return Template(path.read_text(encoding="utf-8"))


def _tagged(text: str, tag: str) -> str:
    return f"<{tag}>\n{text}\n</{tag}>"
