"""The labelling configuration (the page that annotators see), made from the schema and compared with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from workbench.core.errors import StudioError
from workbench.core.schema import Choice, Schema
from workbench.studio.guide import HINT, STYLE, attribute, panel, shown

# Runs of spaces are shown and selected as they are; without this the page runs them together.
_STYLE = (
    ".lsf-richtext__line, .htx-text { white-space: pre-wrap; line-height: 1.9; } "
    ".labels-bar, .choices-bar { position: sticky; z-index: 2; background: var(--color-neutral-background, #fff); } "
    ".labels-bar { top: 0; } .choices-bar { bottom: 0; } " + STYLE
)


@dataclass(frozen=True, slots=True)
class Controls:
    """The names that tie regions to a project's page: its Labels control, its Text object, its field of task data."""

    labels: str = "label"
    text: str = "text"
    value: str = "text"


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a project's configuration is not what the schema asks for.

    `grave` means that predictions would not show or labels could not be given; otherwise it works, but not as meant.
    """

    message: str
    grave: bool


def labeling_config(schema: Schema, *, controls: Controls | None = None) -> str:
    """The XML of the labelling page of a schema.

    Granularity is "symbol": what the mouse marks is what is kept. "word" would widen a mark to whole words and so
    make hedges, hyphens and scripts without spaces impossible to mark exactly.
    """
    names = controls or Controls()
    labels = "\n".join(
        f'      <Label value="{attribute(label.name)}" background="{label.color}"'
        + (f' hotkey="{attribute(label.hotkey)}"' if label.hotkey else "")
        + (f' hint="{attribute(label.description)}"' if label.description else "")
        + "/>"
        for label in schema.labels
    )
    return (
        "<View>\n"
        f"  <Style>{_STYLE}</Style>\n"
        f'  <View className="note"><Header size="6" value="{attribute(HINT)}"/></View>\n'
        f"{panel(schema)}"
        '  <View className="labels-bar">\n'
        f'    <Labels name="{attribute(names.labels)}" toName="{attribute(names.text)}" showInline="true">\n'
        f"{labels}\n"
        "    </Labels>\n"
        "  </View>\n"
        f'  <Text name="{attribute(names.text)}" value="${attribute(names.value)}" granularity="symbol"/>\n'
        f"{_choices(schema, names)}"
        f"{_relations(schema)}"
        "</View>\n"
    )


def controls_of(config: str, *, where: str) -> Controls:
    """The controls of a project's own configuration. Raises StudioError where it has no Labels over one Text."""
    root = _parse(config, where=where)
    texts = {tag.get("name"): tag for tag in root.iter("Text")}
    for labels in root.iter("Labels"):
        name, over = labels.get("name"), labels.get("toName")
        if name and over and over in texts:
            value = (texts[over].get("value") or "$text").removeprefix("$")
            return Controls(labels=name, text=over, value=value)
    raise StudioError(
        f"{where} has no <Labels> over a <Text> in its labelling configuration; put one there, "
        "or let `workbench import --fix-config` set the schema's"
    )


def differences(config: str, schema: Schema, *, where: str) -> list[Difference]:
    """How a project's configuration departs from the schema, graver things first; empty where it does not.

    Raises StudioError where the configuration cannot be read at all.
    """
    controls = controls_of(config, where=where)
    root = _parse(config, where=where)
    wanted = Controls()
    found = [
        Difference(f"its labels control is named {controls.labels!r}, not {wanted.labels!r}", False)
        if controls.labels != wanted.labels
        else None,
        Difference(f"its text object is named {controls.text!r}, not {wanted.text!r}", False)
        if controls.text != wanted.text
        else None,
        Difference(f"its text comes from ${controls.value}, not ${wanted.value}", False)
        if controls.value != wanted.value
        else None,
        _granularity(root, controls),
    ]
    control = next(tag for tag in root.iter("Labels") if tag.get("name") == controls.labels)
    there = [tag.get("value") for tag in control.iter("Label")]
    lost = [name for name in schema.names if name not in there]
    more = [str(name) for name in there if name not in schema.names]
    relations = {tag.get("value") for tag in root.iter("Relation")}
    missing = [relation.name for relation in schema.relations if relation.name not in relations]
    asked = {tag.get("name") for tag in root.iter("Choices")}
    unasked = [choice.name for choice in schema.choices if choice.name not in asked]
    found += [
        Difference(f"it lacks {_count(lost, 'label')} of the schema: {', '.join(lost)}", True) if lost else None,
        Difference(f"it has {_count(more, 'label')} that the schema does not: {', '.join(more)}", False)
        if more
        else None,
        Difference(f"it lacks the relations {', '.join(missing)}", False) if missing else None,
        Difference(f"it does not ask for {', '.join(unasked)}", False) if unasked else None,
    ]
    return sorted((each for each in found if each), key=lambda each: not each.grave)


def require_labels(config: str, schema: Schema, *, where: str) -> Controls:
    """The controls of a configuration that can show every label of the schema. Raises StudioError for a lost label."""
    grave = [each.message for each in differences(config, schema, where=where) if each.grave]
    if grave:
        raise StudioError(
            f"{where} does not fit the schema {schema.name}: {'; '.join(grave)}; add them under Settings > Labeling "
            "Interface, or let `workbench import --fix-config` set the schema's configuration"
        )
    return controls_of(config, where=where)


def _granularity(root: ElementTree.Element, controls: Controls) -> Difference | None:
    text = next(tag for tag in root.iter("Text") if tag.get("name") == controls.text)
    found = text.get("granularity", "symbol")
    if found == "symbol":
        return None
    return Difference(f'its granularity is "{found}": marks are widened to it, and exact spans get lost', False)


def _choices(schema: Schema, names: Controls) -> str:
    # Below the text, which would otherwise jump whenever a mark is selected.
    asked = "".join(_choice(choice, schema, names) for choice in schema.choices)
    return f'  <View className="choices-bar">\n{asked}  </View>\n' if asked else ""


def _choice(choice: Choice, schema: Schema, names: Controls) -> str:
    """The control of a choice: it shows while a mark of one of its labels is selected."""
    of = attribute(",".join(schema.covered(choice.of)))
    many = "multiple" if choice.several else "single"
    needed = f' required="true" requiredMessage="Choose {attribute(choice.name)}"' if choice.required else ""
    answers = "".join(f'        <Choice value="{attribute(value)}"/>\n' for value in choice.values)
    return (
        f'    <View visibleWhen="region-selected" whenLabelValue="{of}">\n'
        f'      <View className="note"><Header size="6" value="{shown(choice.description or choice.name)}"/></View>\n'
        f'      <Choices name="{attribute(choice.name)}" toName="{attribute(names.text)}" perRegion="true" '
        f'whenLabelValue="{of}" choice="{many}" showInline="true"{needed}>\n'
        f"{answers}"
        "      </Choices>\n"
        "    </View>\n"
    )


def _relations(schema: Schema) -> str:
    if not schema.relations:
        return ""
    rows = "".join(f'    <Relation value="{attribute(relation.name)}"/>\n' for relation in schema.relations)
    return f"  <Relations>\n{rows}  </Relations>\n"


def _parse(config: str, *, where: str) -> ElementTree.Element:
    if "<!DOCTYPE" in config or "<!ENTITY" in config:
        # Entities within entities grow without end; no page of Label Studio has any.
        raise StudioError(f"{where} has a labelling configuration that declares entities; take its <!DOCTYPE> out")
    try:
        # The standard parser fetches no external entities, and the server has parsed this text before.
        return ElementTree.fromstring(config)  # noqa: S314
    except (ElementTree.ParseError, UnicodeEncodeError) as error:
        raise StudioError(f"{where} has a labelling configuration that is not XML ({error}); mend it there") from None


def _count(items: Sequence[str], what: str) -> str:
    return f"{len(items)} {what}" + ("" if len(items) == 1 else "s")
