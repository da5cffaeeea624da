"""Spans and relations to Label Studio's regions and back.

Offsets on both sides are code points, end exclusive. The offsets are what counts: `value.text` is recomputed here,
and on the way back only compared, because the page runs spaces together and writes a line end as a backslash and an n.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workbench.core.corpus import Annotation, Document, sorted_annotation
from workbench.core.errors import InputError
from workbench.core.span import Relation, Span
from workbench.core.text import brief, excerpt
from workbench.studio.labeling import Controls

UNNAMED_RELATION = "related"  # the type of a link that the annotator drew without naming it
_SPACES = re.compile(r"(?:\\n|\s)+")
_PER_REGION = {"choices": "choices", "number": "number", "textarea": "text", "rating": "rating", "taxonomy": "taxonomy"}


@dataclass(frozen=True)
class Reading:
    """What a list of regions says: an annotation's parts, in text order, and whatever could not be read.

    What was chosen for a region is in its span; `values` are answers of other per-region controls: {"span": place,
    "name": control, "value": …}; `answers` those about the whole text, by control. `problems` has one sentence for
    each region that could not be kept, `doubles` counts regions given twice, `assisted` is true where a region came
    from a prediction.
    """

    spans: tuple[Span, ...] = ()
    relations: tuple[Relation, ...] = ()
    values: tuple[dict[str, Any], ...] = ()
    answers: Mapping[str, Any] | None = None
    problems: tuple[str, ...] = ()
    doubles: int = 0
    assisted: bool = False


def regions(
    document: Document, annotation: Annotation, *, controls: Controls | None = None, origin: str = "prediction"
) -> list[dict[str, Any]]:
    """The `result` of an annotation or prediction. Region ids depend only on content, so that sending it twice is seen.

    `origin` is "prediction" or "manual". Raises InputError where a span does not fit the text.
    """
    names = controls or Controls()
    ids = [_region_id(document, span, place) for place, span in enumerate(annotation.spans)]
    result: list[dict[str, Any]] = []
    for span, identity in zip(annotation.spans, ids, strict=True):
        region = _region(document, span, names, identity, origin)
        result += [region, *_chosen(region, span)]
    result += [
        {
            "type": "relation",
            "from_id": ids[relation.source],
            "to_id": ids[relation.target],
            "direction": "right",
            "labels": [relation.type],
        }
        for relation in annotation.relations
    ]
    return result


def read_regions(text: str, result: Any) -> Reading:
    """Reads the `result` of an annotation or prediction against its text. Never raises: see Reading.problems."""
    if not isinstance(result, list | tuple):
        return Reading(problems=(f"its result is {brief(result)}; expected a list of regions",))
    return _Reader(text).read(result)


def same_text(recorded: str, actual: str) -> bool:
    """Whether the text that the page recorded is that of the offsets, but for spaces and written-out line ends."""
    return _SPACES.sub("", recorded) == _SPACES.sub("", actual)


class _Reader:
    """Collects one result; regions come in any order, so links are resolved at the end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans: list[Span] = []
        self.places: dict[str, int] = {}
        self.members: dict[str, list[int]] = {}
        self.problems: list[str] = []
        self.refused: set[str] = set()
        self.doubles = 0
        self.assisted = False

    def read(self, result: Iterable[Any]) -> Reading:
        """The whole list: spans first, then what refers to them."""
        items = [item for item in result if self._is_item(item)]
        for item in items:
            if "labels" in item.get("value", {}) or item["type"] == "labels":
                self._span(item)
        others = [item for item in items if item["type"] != "labels" and "labels" not in item.get("value", {})]
        relations = [link for item in others if item["type"] == "relation" for link in self._relation(item)]
        values, answers = self._values([item for item in others if item["type"] != "relation"])
        annotation = Annotation(spans=tuple(self.spans), relations=tuple(relations))
        order = sorted(range(len(self.spans)), key=lambda place: self.spans[place])
        moved = {old: new for new, old in enumerate(order)}
        ordered = sorted_annotation(annotation)
        return Reading(
            spans=ordered.spans,
            relations=tuple(dict.fromkeys(ordered.relations)),
            values=tuple(value | {"span": moved[value["span"]]} for value in values),
            answers=answers or None,
            problems=tuple(self.problems),
            doubles=self.doubles,
            assisted=self.assisted,
        )

    def _is_item(self, item: Any) -> bool:
        good = isinstance(item, dict) and isinstance(item.get("type"), str) and isinstance(item.get("value", {}), dict)
        if not good:
            self.problems.append(f"an entry of the result is no region: {brief(item)}")
        return good

    def _span(self, item: dict[str, Any]) -> None:
        value, identity = item.get("value", {}), str(item.get("id") or "")
        labels = _list(value.get("labels"))
        span_or_reason = [self._checked(value, label, item.get("score")) for label in labels]
        reasons = [each for each in span_or_reason if isinstance(each, str)]
        if reasons or not labels:
            reason = reasons[0] if reasons else "it has no label"
            self.problems.append(f"region {identity or '(no id)'} {self._where(value)}: {reason}")
            self.refused.add(identity)
            return
        self.assisted = self.assisted or str(item.get("origin", "")).startswith("prediction")
        for span in span_or_reason:
            assert isinstance(span, Span)  # noqa: S101 - reasons were turned away above
            if span in self.spans:
                self.doubles += 1
            else:
                self.spans.append(span)
            self.places.setdefault(identity, self.spans.index(span))
            self.members.setdefault(identity, []).append(self.spans.index(span))

    def _checked(self, value: dict[str, Any], label: Any, score: Any) -> Span | str:
        """The span, or why there is none."""
        try:
            span = Span(value.get("start"), value.get("end"), label, _score(score))  # type: ignore[arg-type]
        except InputError as error:
            return str(error)
        if span.end > len(self.text):
            return f"it ends beyond the text of {len(self.text)} characters" + self._units(value)
        actual, recorded = self.text[span.start : span.end], value.get("text")
        if not actual.strip():
            return "it covers only spaces"
        if isinstance(recorded, str) and not same_text(recorded, actual):
            return f"it says {recorded[:40]!r}, but the text there is {actual[:40]!r}" + self._units(value)
        return span

    def _units(self, value: dict[str, Any]) -> str:
        """A hint where the offsets are right as UTF-16 units, as old releases of Label Studio counted them."""
        raw, recorded = self.text.encode("utf-16-le", "surrogatepass"), value.get("text")
        other = raw[2 * value["start"] : 2 * value["end"]].decode("utf-16-le", "replace")
        fits = isinstance(recorded, str) and bool(recorded) and same_text(recorded, other)
        return " (it fits when counted in UTF-16 units: an old Label Studio made it)" if fits else ""

    def _where(self, value: dict[str, Any]) -> str:
        start, end = value.get("start"), value.get("end")
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(self.text):
            return f"at {start}-{end} ({excerpt(self.text, start, end, around=10)})"
        return f"at {start}-{end}"

    def _relation(self, item: dict[str, Any]) -> list[Relation]:
        ends = [str(item.get("from_id")), str(item.get("to_id"))]
        if any(end not in self.places for end in ends):
            lost = next(end for end in ends if end not in self.places)
            # Where the region itself was refused, its own problem says enough.
            if lost not in self.refused:
                self.problems.append(f"a relation links the region {lost}, which is not there")
            return []
        source, target = (self.places[end] for end in ends)
        if source == target:
            self.problems.append(f"a relation links the region {ends[0]} with itself")
            return []
        pairs = {"left": [(target, source)], "bi": [(source, target), (target, source)]}
        types = [str(name) for name in _list(item.get("labels")) if name] or [UNNAMED_RELATION]
        return [
            Relation(a, b, name) for name in types for a, b in pairs.get(str(item.get("direction")), [(source, target)])
        ]

    def _values(self, items: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """Answers of per-region controls, and those about the whole text."""
        values: list[dict[str, Any]] = []
        answers: dict[str, Any] = {}
        for item in items:
            name, value = str(item.get("from_name") or item["type"]), item.get("value", {})
            answer = value.get(_PER_REGION.get(item["type"], item["type"]))
            if answer is None:
                kind = brief(item["type"])
                self.problems.append(f"an entry of the kind {kind} cannot be read; expected labels over text")
            elif "start" not in value:
                answers[name] = answer
            elif str(item.get("id")) in self.places and item["type"] == "choices" and isinstance(answer, list):
                self._choose(str(item["id"]), name, answer)
            elif str(item.get("id")) in self.places:
                values.append({"span": self.places[str(item["id"])], "name": name, "value": answer})
            elif str(item.get("id")) not in self.refused:
                self.problems.append(f"the answer of {name} belongs to the region {item.get('id')}, which is not there")
        return values, answers

    def _choose(self, identity: str, name: str, values: list[Any]) -> None:
        """Adds what was chosen for a region to its spans; an answer given twice counts once."""
        for place in self.members[identity]:
            span = self.spans[place]
            pairs = (*span.choices, *((name, str(value)) for value in values))
            self.spans[place] = replace(span, choices=tuple(dict.fromkeys(pairs)))


def _region(document: Document, span: Span, names: Controls, identity: str, origin: str) -> dict[str, Any]:
    if span.end > len(document.text):
        raise InputError(f"bulletin {document.id}: the span {span.start}-{span.end} {span.label} ends beyond its text")
    region: dict[str, Any] = {
        "id": identity,
        "from_name": names.labels,
        "to_name": names.text,
        "type": "labels",
        "origin": origin,
        "value": {
            "start": span.start,
            "end": span.end,
            "text": document.text[span.start : span.end],
            "labels": [span.label],
        },
    }
    return region if span.score is None else region | {"score": round(span.score, 6)}


def _chosen(region: Mapping[str, Any], span: Span) -> Iterator[dict[str, Any]]:
    """What was chosen for a span, as further entries with the id and the stretch of its region."""
    names = dict.fromkeys(name for name, _ in span.choices)
    place = {key: region["value"][key] for key in ("start", "end", "text")}
    for name in names:
        chosen = {"choices": [value for each, value in span.choices if each == name]}
        entry = {key: region[key] for key in ("id", "to_name", "origin")}
        yield entry | {"from_name": name, "type": "choices", "value": place | chosen}


def _region_id(document: Document, span: Span, place: int) -> str:
    content = f"{document.hash} {span.start} {span.end} {span.label} {place}"
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:10]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _score(value: Any) -> float | None:
    """A probability, or None for whatever is none: a score never makes a region unreadable."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return float(value) if good else None
