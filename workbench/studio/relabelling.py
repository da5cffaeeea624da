"""A change of labels applied to what a project holds: results of annotations, and its labelling page."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree import ElementTree

from workbench.core.errors import StudioError
from workbench.core.relabelling import Relabelling
from workbench.core.schema import Label, Schema
from workbench.studio.guide import GUIDE, panel
from workbench.studio.labeling import controls_of

# What a region's note says where a person must look at it; the page shows it beside the region.
_NOTE = "review: was "


def relabel_result(
    text: str, result: Any, change: Relabelling, *, control: str, counts: Counter[tuple[str, str]] | None = None
) -> Any:
    """A result under the new labels, everything else in it as it was; the very same list where nothing changes.

    `counts` gathers old and new label of each region that changes, and ("review", old) of each marked for review.
    """
    if not isinstance(result, list):
        return result
    tally: Counter[tuple[str, str]] = Counter() if counts is None else counts
    made = [_region(text, item, change, control, tally) for item in result]
    made = _without_loops(made) if made != result else made
    return result if made == result else made


def labels_of(result: Any, *, control: str) -> set[str]:
    """The labels that a result gives by a control."""
    return {label for item in result if isinstance(item, dict) for label in _labels(item, control)} if result else set()


def relabel_config(config: str, change: Relabelling, schema: Schema, *, where: str, keep_old: bool = False) -> str:
    """A project's labelling page under the new labels, which look as the schema says; all else stays as it is.

    With `keep_old` the old labels stay beside the new ones: for the time while both are in use.
    """
    controls = controls_of(config, where=where)
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))  # noqa: S314 - parsed above
    root = ElementTree.fromstring(config, parser=parser)  # noqa: S314
    control = next(tag for tag in root.iter("Labels") if tag.get("name") == controls.labels)
    parent = _parent_of_labels(control, where=where)
    old = [tag for tag in parent if tag.tag == "Label"]
    names = [str(tag.get("value")) for tag in old]
    wanted = change.names(names) if not keep_old else tuple(dict.fromkeys([*names, *change.names(names)]))
    there = dict(zip(names, old, strict=True))
    for place, name in enumerate(wanted):
        there.setdefault(name, _label_tag(schema[name] if name in schema else Label(name), old[0]))
        if there[name] in parent:
            parent.remove(there[name])
        parent.insert(_first_place(parent) + place, there[name])
    for name in set(names) - set(wanted):
        parent.remove(there[name])
    for tag in root.iter():
        if "whenLabelValue" in tag.attrib:
            before = [name.strip() for name in tag.attrib["whenLabelValue"].split(",")]
            tag.set("whenLabelValue", ",".join(change.names(before)))
    _renew_panel(root, schema)
    return ElementTree.tostring(root, encoding="unicode")


def _renew_panel(root: ElementTree.Element, schema: Schema) -> None:
    """The panel of guidelines, where the page has one, says what the schema says now."""
    for tag in root.iter("Collapse"):
        if tag.find(f".//View[@className='{GUIDE}']") is not None:
            tail = tag.tail
            new = ElementTree.fromstring(panel(schema))  # noqa: S314 - made here
            tag.clear()
            tag.attrib.update(new.attrib)
            tag.extend(list(new))
            tag.text, tag.tail = new.text, tail


def _region(text: str, item: Any, change: Relabelling, control: str, tally: Counter[tuple[str, str]]) -> Any:
    labels = _labels(item, control) if isinstance(item, dict) else []
    if not any(label in change.parts for label in labels):
        return item
    value = item["value"]
    start, end = value.get("start"), value.get("end")
    good = isinstance(start, int) and isinstance(end, int)
    surface = text[start:end] if good else str(value.get("text", ""))
    made = [change.of(label, surface) for label in labels]
    for label, (new, doubtful) in zip(labels, made, strict=True):
        if new != label:
            tally[label, new] += 1
        if doubtful:
            tally["review", label] += 1
    changed = {**item, "value": {**value, "labels": list(dict.fromkeys(new for new, _ in made))}}
    notes = [_NOTE + label for label, (_, doubtful) in zip(labels, made, strict=True) if doubtful]
    return _noted(changed, notes) if notes else changed


def _labels(item: dict[str, Any], control: str) -> list[str]:
    value = item.get("value")
    if item.get("from_name") != control or not isinstance(value, dict) or not isinstance(value.get("labels"), list):
        return []
    return [label for label in value["labels"] if isinstance(label, str)]


def _noted(item: dict[str, Any], notes: Sequence[str]) -> dict[str, Any]:
    found = item.get("meta")
    meta: dict[str, Any] = found if isinstance(found, dict) else {}
    there = meta.get("text")
    before: list[Any] = there if isinstance(there, list) else []
    return {**item, "meta": {**meta, "text": [*before, *(note for note in notes if note not in before)]}}


def _without_loops(result: list[Any]) -> list[Any]:
    """The result without relations between two regions that have become one and the same."""
    said = {
        str(item.get("id")): (value.get("start"), value.get("end"), tuple(value["labels"]))
        for item in result
        if isinstance(item, dict) and isinstance(value := item.get("value"), dict) and "labels" in value
    }

    def loops(item: Any) -> bool:
        if not isinstance(item, dict) or item.get("type") != "relation":
            return False
        ends = [said.get(str(item.get(end))) for end in ("from_id", "to_id")]
        return ends[0] is not None and ends[0] == ends[1]

    return [item for item in result if not loops(item)]


def _parent_of_labels(control: ElementTree.Element, *, where: str) -> ElementTree.Element:
    """The element whose children are the labels: the control itself, or one element within it."""
    parents = [tag for tag in control.iter() if any(child.tag == "Label" for child in tag)]
    if len(parents) != 1:
        raise StudioError(
            f"{where} groups its labels in {len(parents)} places of its labelling configuration; put them side by side "
            "in the <Labels> first (Settings > Labeling Interface)"
        )
    return parents[0]


def _first_place(parent: ElementTree.Element) -> int:
    return next((place for place, tag in enumerate(parent) if tag.tag == "Label"), len(parent))


def _label_tag(label: Label, like: ElementTree.Element) -> ElementTree.Element:
    looks = {"value": label.name, "background": label.color, "hotkey": label.hotkey, "hint": label.description or None}
    tag = ElementTree.Element("Label", {name: value for name, value in looks.items() if value})
    tag.tail = like.tail
    return tag


def label_names(config: str, *, where: str) -> Iterable[str]:
    """The labels of a project's page, in order. Raises StudioError where it labels no text."""
    controls = controls_of(config, where=where)
    root = ElementTree.fromstring(config)  # noqa: S314 - controls_of has just parsed it
    control = next(tag for tag in root.iter("Labels") if tag.get("name") == controls.labels)
    return [str(tag.get("value")) for tag in control.iter("Label")]
