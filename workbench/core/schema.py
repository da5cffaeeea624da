"""The schema: which labels there are, in which order, what they mean and how they look. It is data, not code."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.core.errors import SchemaError
from workbench.core.parse import read_toml
from workbench.core.span import Span
from workbench.core.text import brief

GROUPS = ("event", "figure", "party", "place", "time", "means", "other")
_NAME = re.compile(r"[^\W\d][\w.-]*")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
# Colours for labels that name none, told apart also by people with the common colour blindnesses (Okabe, Ito).
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#f0e442", "#999999")


@dataclass(frozen=True, slots=True)
class Label:
    """One label: its name, its group, how the page shows it, what it means, and an example of it.

    In the example, square brackets stand around what is marked.
    """

    name: str
    group: str = "other"
    color: str = "#999999"
    hotkey: str | None = None
    description: str = ""
    counts: str | None = None
    example: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name):
            raise SchemaError(f"a label is named {brief(self.name)}; expected a letter, then letters, digits, _ . or -")
        texts = {"color": self.color, "hotkey": self.hotkey or "", "description": self.description}
        _require_texts(f"label {self.name}", texts | {"counts": self.counts or "", "example": self.example})
        if self.group not in GROUPS:
            found = brief(self.group)
            raise SchemaError(f"label {self.name} has the group {found}; expected one of {', '.join(GROUPS)}")
        if not _COLOR.fullmatch(self.color):
            raise SchemaError(
                f"label {self.name} has the colour {brief(self.color)}; expected six hex digits such as #d62728"
            )


@dataclass(frozen=True, slots=True)
class RelationType:
    """A kind of link between two spans; `source` and `target` name the groups or labels that it may join."""

    name: str
    source: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A question about each span of some labels: `of` names labels or groups, `values` are the answers to choose from.

    One answer, or with `several` any number; with `required` the page does not let a task go without.
    """

    name: str
    of: tuple[str, ...]
    values: tuple[str, ...]
    required: bool = False
    several: bool = False
    description: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not _NAME.fullmatch(self.name) or self.name in ("label", "text"):
            raise SchemaError(
                f"a choice is named {brief(self.name)}; expected a letter, then letters, digits, _ . or -, "
                "not label or text"
            )
        _require_texts(f"choice {self.name}", {"description": self.description})
        strings = all(isinstance(value, str) and value.strip() for value in self.values)
        if not self.values or not strings or len(set(self.values)) < len(self.values):
            found = brief(list(self.values))
            raise SchemaError(f"the choice {self.name} has the values {found}; expected different texts")


@dataclass(frozen=True)
class Schema:
    """An ordered set of labels. Raises SchemaError for none, for names or hotkeys given twice."""

    name: str
    labels: tuple[Label, ...]
    relations: tuple[RelationType, ...] = ()
    version: int = 1
    choices: tuple[Choice, ...] = ()

    def __post_init__(self) -> None:
        if not self.labels:
            raise SchemaError(f"schema {self.name} has no labels; add a [[labels]] table with a name")
        hotkeys = [label.hotkey for label in self.labels if label.hotkey]
        for what, values in (("label", self.names), ("hotkey", hotkeys), ("choice", [c.name for c in self.choices])):
            twice = sorted({value for value in values if list(values).count(value) > 1})
            if twice:
                raise SchemaError(f"schema {self.name} has the {what} {twice[0]!r} twice; give each label its own")
        for choice in self.choices:
            if lost := [each for each in choice.of if not self.covered((each,))]:
                raise SchemaError(
                    f"the choice {choice.name} is of {lost[0]!r}, which is neither a label nor a group of the schema"
                )
            if not choice.of:
                raise SchemaError(f"the choice {choice.name} is of no label; name labels or groups under of")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Label names in schema order."""
        return tuple(label.name for label in self.labels)

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """BIO tags of the labels: O first, then B- and I- of each label in schema order; index = class id."""
        return ("O", *(f"{prefix}-{name}" for name in self.names for prefix in "BI"))

    @cached_property
    def hash(self) -> str:
        """16 hex digits of what the labels are: names, groups and counts in their order; not their looks."""
        meaning = [(label.name, label.group, label.counts) for label in self.labels]
        return hashlib.sha256(json.dumps(meaning).encode()).hexdigest()[:16]

    def __getitem__(self, name: str) -> Label:
        """The label of that name. Raises SchemaError where there is none."""
        for label in self.labels:
            if label.name == name:
                return label
        raise SchemaError(f"label {name!r} is not in the schema {self.name} ({self._some()})")

    def __contains__(self, name: object) -> bool:
        return name in self.names

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that have labels, in the order of GROUPS."""
        return tuple(group for group in GROUPS if self.group(group))

    def group(self, group: str) -> tuple[str, ...]:
        """Names of the labels of one group, in schema order."""
        return tuple(label.name for label in self.labels if label.group == group)

    def covered(self, names: Iterable[str]) -> tuple[str, ...]:
        """The labels that are meant by names of labels or groups, in schema order."""
        meant = set(names)
        return tuple(label.name for label in self.labels if label.name in meant or label.group in meant)

    def check_choices(self, spans: Iterable[Span], *, where: str) -> None:
        """Raises SchemaError naming the place and the first chosen value that the schema does not ask for."""
        values = {choice.name: choice.values for choice in self.choices}
        for span in spans:
            for name, value in span.choices:
                if value not in values.get(name, ()):
                    raise SchemaError(
                        f"{where} has {name} = {value!r} at {span.start}-{span.end} {span.label}, which the schema "
                        f"{self.name} does not ask for; add it to the schema's [[choices]], or take it out of the row"
                    )

    def check(self, spans: Iterable[Span], *, where: str) -> None:
        """Raises SchemaError naming the place and the first label that the schema does not have."""
        for span in spans:
            if span.label not in self.names:
                raise SchemaError(
                    f"{where} has the label {span.label!r}, which the schema {self.name} does not have "
                    f"({self._some()}); use another schema with --schema, or rename the label"
                )

    def _some(self) -> str:
        more = len(self.names) - 4
        return ", ".join(self.names[:4]) + (f" and {more} more" if more > 0 else "")


def load_schema(path: str | Path) -> Schema:
    """A schema of a TOML file. Raises SchemaError with the file's name and what is wrong in it."""
    path = Path(path)
    table = read_toml(path, raises=SchemaError)
    try:
        return schema_from_table(table, name=path.stem)
    except SchemaError as error:
        raise SchemaError(f"{path}: {error}") from None
    except (TypeError, AttributeError) as error:
        raise SchemaError(f"{path} does not have the form of a schema ({error}); see annotations/schema.toml") from None


def schema_from_table(table: dict[str, Any], *, name: str = "schema") -> Schema:
    """A schema of a parsed table, as load_schema reads it and as a model folder keeps it. Raises SchemaError."""
    labels = table.get("labels", [])
    if not isinstance(labels, list) or not all(isinstance(item, dict) for item in labels):
        raise SchemaError("found labels that are no [[labels]] tables; expected one table a label")
    version = table.get("version", 1)
    if not isinstance(version, int):
        raise SchemaError(f"found version = {version!r}; expected a whole number")
    return Schema(
        name=str(table.get("name", name)),
        labels=tuple(_label(item, place) for place, item in enumerate(labels)),
        relations=tuple(_relation_type(item) for item in table.get("relations", [])),
        version=version,
        choices=tuple(_choice(item) for item in table.get("choices", [])),
    )


def schema_table(schema: Schema) -> dict[str, Any]:
    """The plain table of a schema; schema_from_table reads it back to an equal one."""
    return {
        "name": schema.name,
        "version": schema.version,
        "labels": [{k: v for k, v in asdict(label).items() if v is not None} for label in schema.labels],
        "relations": [
            {"name": r.name, "from": list(r.source), "to": list(r.target), "description": r.description}
            for r in schema.relations
        ],
        "choices": [asdict(c) | {"of": list(c.of), "values": list(c.values)} for c in schema.choices],
    }


def schema_of_labels(names: Iterable[str], *, name: str = "labels") -> Schema:
    """A plain schema of the given labels, sorted by name: for data that come without one."""
    labels = [Label(n, _group_of(n), PALETTE[i % len(PALETTE)]) for i, n in enumerate(sorted(set(names)))]
    return Schema(name=name, labels=tuple(labels))


def _label(item: dict[str, Any], place: int) -> Label:
    unknown = set(item) - {"name", "group", "color", "hotkey", "description", "counts", "example"}
    if unknown:
        raise SchemaError(f"label {brief(item.get('name'))} has the unknown key {brief(sorted(unknown)[0])}")
    color = item.get("color", PALETTE[place % len(PALETTE)])
    try:
        return Label(**{**item, "color": color})
    except TypeError:
        raise SchemaError(f"label number {place + 1} has no name") from None


def _relation_type(item: Any) -> RelationType:
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        raise SchemaError(f"found the relation {brief(item)}; expected a name")
    ends = [item.get(key, []) for key in ("from", "to")]
    if not all(isinstance(end, list) and all(isinstance(name, str) for name in end) for end in ends):
        raise SchemaError(f"the relation {item['name']} has {brief(ends)} as from and to; expected two lists of names")
    return RelationType(item["name"], tuple(ends[0]), tuple(ends[1]), str(item.get("description", "")))


def _choice(item: Any) -> Choice:
    if not isinstance(item, dict) or not all(isinstance(item.get(key), list) for key in ("of", "values")):
        raise SchemaError(f"found the choice {brief(item)}; expected a [[choices]] table with name, of and values")
    if unknown := set(item) - {"name", "of", "values", "required", "several", "description"}:
        raise SchemaError(f"choice {brief(item.get('name'))} has the unknown key {brief(sorted(unknown)[0])}")
    return Choice(**item | {"name": item.get("name", ""), "of": tuple(item["of"]), "values": tuple(item["values"])})


def _require_texts(what: str, texts: Mapping[str, Any]) -> None:
    """Raises SchemaError naming the first key whose value is no text."""
    for key, value in texts.items():
        if not isinstance(value, str):
            raise SchemaError(f"{what} has {key} = {brief(value)}; expected a text")


def _group_of(name: str) -> str:
    """What a bare label name says of its group, by the default schema's habit of naming."""
    head = name.split("_")[0].lower()
    known = {
        **dict.fromkeys(("actor", "target", "source", "party", "person", "per", "organisation", "org"), "party"),
        **dict.fromkeys(("location", "loc", "gpe", "place"), "place"),
        **dict.fromkeys(("date", "time"), "time"),
        "weapon": "means",
    }
    return head if head in ("event", "figure") else known.get(head, "other")
