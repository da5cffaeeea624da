"""What annotators read while they label: the panel of the labelling page, and the project's page of instructions."""

import re
from collections.abc import Iterator
from html import escape

from workbench.core.schema import Label, Schema

HINT = (
    "Mark exactly the characters that carry the label: the shortest phrase that names it, every mention of it. "
    "Hold the mouse over a label to read what it means."
)
RELATE = (
    "To draw a relation: select the mark that it starts from, press Alt+R (Option+R), click the other mark, then open "
    "Relations at the right and choose its kind under the three dots of its line."
)
GUIDE = "guide"  # the class by which the panel is known
STYLE = (
    ".note *, .guide * { font-size: 0.875rem !important; line-height: 1.4 !important; white-space: normal; } "
    ".guide { display: grid; grid-template-columns: repeat(auto-fill, minmax(24rem, 1fr)); gap: 0.4rem 1.5rem; } "
    ".guide * { font-weight: normal !important; margin: 0 !important; }"
)
# The page takes a dollar sign and what follows for a field of the task; this joiner, which nobody sees, parts them.
_FIELD = re.compile(r"\$(?=[\w\[{.])")


def panel(schema: Schema) -> str:
    """The collapsed panel as XML: a line for each label (key, meaning, example), relation and choice."""
    rows = "\n".join(f'        <Header size="6" value="{shown(line)}"/>' for line in lines(schema))
    title = f"Guidelines: {len(schema.labels)} labels and their keys"
    return (
        '  <Collapse bordered="true" open="false">\n'
        f'    <Panel value="{shown(title)}">\n'
        f'      <View className="{GUIDE}">\n'
        f"{rows}\n"
        "      </View>\n"
        "    </Panel>\n"
        "  </Collapse>\n"
    )


def lines(schema: Schema) -> Iterator[str]:
    """What the panel says, in the order of the schema."""
    yield from (_of_label(label) for label in schema.labels)
    for relation in schema.relations:
        ends = (
            f" ({_named(relation.source)} to {_named(relation.target)})" if relation.source or relation.target else ""
        )
        yield f"→ {relation.name}{ends}: {relation.description or 'no description'}"
    if schema.relations:
        yield RELATE
    for choice in schema.choices:
        kind = "any of" if choice.several else "one of"
        meaning = f": {choice.description}" if choice.description else ""
        yield f"? {choice.name}, asked of {_named(choice.of)}, {kind} {', '.join(choice.values)}{meaning}"


def instructions(schema: Schema, *, guidelines: str | None = None) -> str:
    """The project's page of instructions as HTML: the guidelines (Markdown) where there are some, else the panel's."""
    if guidelines is not None:
        from markdown_it import MarkdownIt

        # "js-default" turns HTML of the text into plain text.
        return str(MarkdownIt("js-default").render(guidelines))
    return f"<p>{escape(HINT)}</p><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines(schema))}</ul>"


def attribute(value: str) -> str:
    """A text as the value of an XML attribute."""
    return escape(value, quote=True).replace("\n", " ")


def shown(value: str) -> str:
    """A text as the value of an attribute that the page shows, dollar signs and all."""
    return attribute(_FIELD.sub("$\u2060", value))


def _of_label(label: Label) -> str:
    key = f" [{label.hotkey}]" if label.hotkey else ""
    example = f" Example: {label.example}" if label.example else ""
    return f"{label.name}{key}: {label.description or 'no description'}{example}"


def _named(names: tuple[str, ...]) -> str:
    return " or ".join(names) or "any label"
