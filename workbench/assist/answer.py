"""The text of a model's answer to proposals. What cannot be read is an error, never an empty answer."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.assist.proposal import Proposal
from workbench.core.schema import Schema

_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL | re.IGNORECASE)
_TRAILING_COMMA = re.compile(r",(\s*[\]}])")
# Bounds of a bounded answer: what a span and its context need, and no more, so that a model that loops comes to an end.
_QUOTE_LENGTH, _CONTEXT_LENGTH = 120, 40


class AnswerError(Exception):
    """An answer that is no answer; its text says what is wrong, for the model (that gets one more try) and the list."""


@dataclass(frozen=True, slots=True)
class Link:
    """A relation between two proposals, by their positions in the answer."""

    source: int
    target: int
    type: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model proposes for one bulletin. `repaired` where the text around the JSON had to be taken off."""

    proposals: tuple[Proposal, ...]
    links: tuple[Link, ...] = ()
    repaired: bool = False


def answer_schema(schema: Schema, *, relations: bool = False, most: int | None = None) -> dict[str, Any]:
    """The JSON schema of an answer, with a closed set of labels; `most` bounds the number and length of spans."""
    short, long = ({"maxLength": _CONTEXT_LENGTH}, {"maxLength": _QUOTE_LENGTH}) if most else ({}, {})
    span = _object(
        {
            "label": {"type": "string", "enum": list(schema.names)},
            "quote": {"type": "string", **long},
            "left": {"type": "string", **short},
            "right": {"type": "string", **short},
            "occurrence": {"type": "integer"},
        }
    )
    properties: dict[str, Any] = {"spans": {"type": "array", "items": span} | ({"maxItems": most} if most else {})}
    if relations and schema.relations:
        link = {"from": {"type": "integer"}, "to": {"type": "integer"}}
        kinds = {"type": {"type": "string", "enum": [relation.name for relation in schema.relations]}}
        properties["relations"] = {"type": "array", "items": _object(link | kinds)}
    return _object(properties)


def read_answer(content: str) -> Answer:
    """The proposals of an answer's text. Raises AnswerError for anything but {"spans": [...]} in the asked form.

    Taken off without a word: a code fence, words before and after the object, commas before a closing bracket.
    An object that breaks off is not mended: what it would have gone on to say is lost.
    """
    value, repaired = _parse(content)
    if not isinstance(value, dict) or not isinstance(value.get("spans"), list):
        raise AnswerError('the answer is no JSON object with a list named "spans"')
    links = value.get("relations") or []
    if not isinstance(links, list):
        raise AnswerError('"relations" is no list')
    proposals = tuple(_proposal(item) for item in value["spans"])
    return Answer(proposals, tuple(_link(item) for item in links), repaired)


def _parse(content: str) -> tuple[Any, bool]:
    try:
        return json.loads(content), False
    except (ValueError, RecursionError):
        pass
    fenced = _FENCE.search(content)
    body = fenced.group(1) if fenced else content
    start = body.find("{")
    if start < 0:
        raise AnswerError("the answer holds no JSON object" if content.strip() else "the answer is empty")
    try:
        return json.JSONDecoder().raw_decode(_TRAILING_COMMA.sub(r"\1", body[start:]))[0], True
    except (ValueError, RecursionError) as error:
        where = getattr(error, "msg", "nested too deeply")
        raise AnswerError(f"the answer is not valid JSON ({where})") from None


def _proposal(item: Any) -> Proposal:
    if (
        not isinstance(item, Mapping)
        or not isinstance(item.get("label"), str)
        or not isinstance(item.get("quote"), str)
    ):
        raise AnswerError('an element of "spans" has no "label" and "quote" that are strings')
    occurrence = item.get("occurrence")
    return Proposal(
        label=item["label"].strip(),
        quote=item["quote"],
        left=_text(item.get("left")),
        right=_text(item.get("right")),
        occurrence=occurrence if type(occurrence) is int and occurrence > 0 else None,
    )


def _link(item: Any) -> Link:
    try:
        return Link(int(item["from"]), int(item["to"]), str(item["type"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise AnswerError('an element of "relations" has no "from", "to" and "type"') from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
