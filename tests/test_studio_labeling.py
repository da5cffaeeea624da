"""The labelling page that a schema makes, and how a project's own is compared with it."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from workbench.core.errors import StudioError
from workbench.core.relabelling import relabelling
from workbench.core.schema import Choice, Label, RelationType, Schema, load_schema
from workbench.core.workspace import packaged
from workbench.studio.guide import instructions, lines
from workbench.studio.labeling import (
    Controls,
    controls_of,
    differences,
    labeling_config,
    require_labels,
)
from workbench.studio.relabelling import relabel_config

SCHEMA = Schema(
    "small",
    (
        Label("EVENT_ATTACK", "event", "#d62728", hotkey="1", description='assault, "raid" & <arson>'),
        Label("FIGURE_KILLED", "figure", "#b30000", hotkey='"', description="two\nlines"),
    ),
    (RelationType("figure_of"),),
)
OTHER = '<View><Labels name="ner" toName="body"><Label value="EVENT_ATTACK"/><Label value="X"/></Labels>{}</View>'
BODY = '<Text name="body" value="$article" granularity="word"/>'


def test_the_page_holds_every_label_as_the_schema_has_it() -> None:
    root = ElementTree.fromstring(labeling_config(SCHEMA))  # noqa: S314
    labels = [dict(tag.attrib) for tag in root.iter("Label")]
    assert labels == [
        {"value": "EVENT_ATTACK", "background": "#d62728", "hotkey": "1", "hint": 'assault, "raid" & <arson>'},
        {"value": "FIGURE_KILLED", "background": "#b30000", "hotkey": '"', "hint": "two lines"},
    ]
    text = root.find("Text")
    assert text is not None
    assert (text.get("value"), text.get("granularity")) == ("$text", "symbol")
    assert [tag.get("value") for tag in root.iter("Relation")] == ["figure_of"]


def test_a_schema_without_relations_has_none_on_the_page() -> None:
    assert "<Relations>" not in labeling_config(Schema("s", (Label("A"),)))


def test_the_default_schema_fits_itself() -> None:
    schema = load_schema(packaged("annotations/schema.toml"))
    assert len(schema.names) == 22
    assert differences(labeling_config(schema), schema, where="project 'p'") == []
    assert controls_of(labeling_config(schema), where="p") == Controls()


def test_the_instructions_escape_what_the_schema_says() -> None:
    assert "assault, &quot;raid&quot; &amp; &lt;arson&gt;" in instructions(SCHEMA)


def test_guidelines_become_the_instructions_without_their_html() -> None:
    html = instructions(SCHEMA, guidelines="# Rules\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<script>alert(1)</script>")
    assert "<h1>Rules</h1>" in html
    assert "<td>2</td>" in html
    assert "<script>" not in html


def test_the_panel_says_of_each_label_its_key_its_meaning_and_an_example() -> None:
    schema = load_schema(packaged("annotations/schema.toml"))
    said = list(lines(schema))
    assert len(said) == len(schema.labels) + len(schema.relations) + 1
    for label, line in zip(schema.labels, said, strict=False):
        assert line == f"{label.name} [{label.hotkey}]: {label.description} Example: {label.example}"
    assert "→ figure_of (figure to event): The figure counts people or things of this event." in said
    panel = ElementTree.fromstring(labeling_config(schema)).find("Collapse/Panel/View")  # noqa: S314
    assert panel is not None
    assert [tag.get("value") for tag in panel] == said


def test_a_dollar_sign_in_the_panel_is_no_field_of_the_task() -> None:
    label = Label("FIGURE_OTHER", "figure", description="money", example="[$7,500] and ${x} in US$")
    panel = ElementTree.fromstring(labeling_config(Schema("s", (label,)))).find("Collapse/Panel/View/Header")  # noqa: S314
    assert panel is not None
    assert panel.get("value") == "FIGURE_OTHER: money Example: [$\u20607,500] and $\u2060{x} in US$"


def test_a_choice_is_asked_of_the_marks_of_its_labels() -> None:
    asked = Choice("certainty", ("figure",), ("stated", "a & b"), required=True, several=True, description="How sure?")
    schema = Schema("s", (Label("ACTOR"), Label("KILLED", "figure"), Label("HURT", "figure")), choices=(asked,))
    config = labeling_config(schema)
    control = ElementTree.fromstring(config).find(".//Choices")  # noqa: S314
    assert control is not None
    assert {name: control.get(name) for name in ("name", "perRegion", "whenLabelValue", "choice", "required")} == {
        "name": "certainty",
        "perRegion": "true",
        "whenLabelValue": "KILLED,HURT",
        "choice": "multiple",
        "required": "true",
    }
    assert [tag.get("value") for tag in control] == ["stated", "a & b"]
    assert differences(config, schema, where="p") == []
    [lacking] = differences(labeling_config(Schema("s", schema.labels)), schema, where="p")
    assert (lacking.message, lacking.grave) == ("it does not ask for certainty", False)


def test_every_difference_is_named_the_grave_ones_first() -> None:
    found = differences(OTHER.format(BODY), SCHEMA, where="p")
    assert [each.grave for each in found] == [True, False, False, False, False, False, False]
    messages = "\n".join(each.message for each in found)
    for part in (
        "it lacks 1 label of the schema: FIGURE_KILLED",
        "it has 1 label that the schema does not: X",
        "its labels control is named 'ner', not 'label'",
        "its text object is named 'body', not 'text'",
        "its text comes from $article, not $text",
        'its granularity is "word"',
        "it lacks the relations figure_of",
    ):
        assert part in messages


def test_a_lost_label_is_refused_with_the_remedy() -> None:
    with pytest.raises(StudioError, match=r"project 'p' does not fit .* lacks 1 label .*FIGURE_KILLED.*--fix-config"):
        require_labels(OTHER.format(BODY), SCHEMA, where="project 'p'")


def test_other_names_are_used_as_they_are() -> None:
    config = labeling_config(SCHEMA, controls=Controls("ner", "body", "article"))
    assert require_labels(config, SCHEMA, where="p") == Controls("ner", "body", "article")


@pytest.mark.parametrize(("config", "message"), [("<View/>", "has no <Labels> over a <Text>"), ("<View>", "not XML")])
def test_a_page_that_labels_no_text_is_refused(config: str, message: str) -> None:
    with pytest.raises(StudioError, match=message):
        controls_of(config, where="project 'p'")


def test_after_a_change_of_labels_panel_and_questions_say_what_the_schema_says() -> None:
    asked = Choice("sure", ("FIGURE_KILLED",), ("yes", "no"))
    before = Schema("s", (Label("ACTOR", hotkey="a"), Label("FIGURE_KILLED", "figure", hotkey="k")), choices=(asked,))
    labels = (before.labels[0], replace(before.labels[1], name="FIGURE_DEAD"))
    after = Schema("s", labels, choices=(replace(asked, of=("FIGURE_DEAD",)),))
    change = relabelling(renames={"FIGURE_KILLED": "FIGURE_DEAD"})
    config = relabel_config(labeling_config(before), change, after, where="p")
    made, wanted = (ElementTree.canonicalize(each, strip_text=True) for each in (config, labeling_config(after)))
    assert made == wanted
