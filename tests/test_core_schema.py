"""The schema: data that everything else follows."""

from pathlib import Path

import pytest

from workbench.core.errors import SchemaError
from workbench.core.schema import Choice, Label, Schema, load_schema, schema_from_table, schema_of_labels, schema_table
from workbench.core.span import Span
from workbench.core.workspace import Workspace, packaged

DEFAULT = load_schema(packaged("annotations/schema.toml"))
CHOICE = '[[labels]]\nname = "A"\ngroup = "figure"\n[[choices]]\nname = "sure"\n{}'


def test_the_default_holds_the_22_labels_in_their_order() -> None:
    assert len(DEFAULT.names) == 22
    assert DEFAULT.names[0] == "EVENT_ATTACK"
    assert DEFAULT.names[-1] == "WEAPON"
    assert DEFAULT.group("figure")[:3] == ("FIGURE_KILLED", "FIGURE_INJURED", "FIGURE_CASUALTY")
    assert DEFAULT.group("party") == ("ACTOR", "TARGET", "SOURCE")
    assert DEFAULT["FIGURE_KILLED"].counts == "killed"


def test_tags_are_bio_in_schema_order() -> None:
    assert DEFAULT.tags[:5] == ("O", "B-EVENT_ATTACK", "I-EVENT_ATTACK", "B-EVENT_EXPLOSION", "I-EVENT_EXPLOSION")
    assert len(DEFAULT.tags) == 45


def test_a_schema_survives_its_table_and_looks_do_not_change_its_hash() -> None:
    assert schema_from_table(schema_table(DEFAULT)) == DEFAULT
    table = schema_table(DEFAULT)
    table["labels"][0]["color"] = "#000000"
    assert schema_from_table(table).hash == DEFAULT.hash
    table["labels"][0]["name"] = "EVENT_RAID"
    assert schema_from_table(table).hash != DEFAULT.hash


def test_a_choice_is_asked_of_labels_and_groups() -> None:
    values = ("yes", "no")
    asked = Choice("sure", ("figure", "DATE"), values, required=True, description="Is it sure?")
    schema = Schema("s", (Label("DATE", "time"), Label("KILLED", "figure"), Label("ACTOR", "party")), choices=(asked,))
    assert schema.covered(asked.of) == ("DATE", "KILLED")
    assert schema_from_table(schema_table(schema)) == schema
    assert schema.hash == Schema("s", schema.labels).hash
    schema.check_choices([Span(0, 1, "DATE", None, (("sure", "no"),)), Span(0, 1, "ACTOR")], where="b-1")
    for choices in ((("sure", "perhaps"),), (("other", "no"),)):
        with pytest.raises(SchemaError, match=r"b-1 has .* at 0-1 DATE, which the schema s does not ask for"):
            schema.check_choices([Span(0, 1, "DATE", None, choices)], where="b-1")


def test_every_label_of_the_default_has_a_key_of_its_own_and_an_example_with_a_mark() -> None:
    assert len({label.hotkey for label in DEFAULT.labels} - {None}) == len(DEFAULT.labels)
    assert all(label.example.count("[") == label.example.count("]") == 1 for label in DEFAULT.labels)


def test_a_schema_of_another_field_needs_only_names(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[[labels]]\nname = "CASES"\n[[labels]]\nname = "DISEASE"\n', encoding="utf-8")
    own = load_schema(tmp_path / "own.toml")
    assert own.names == ("CASES", "DISEASE")
    assert own["CASES"].color != own["DISEASE"].color
    assert own.name == "own"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "has no labels"),
        ("[[labels]]\nname = 3", "named 3"),
        ('[[labels]]\ncolor = "#ffffff"', "has no name"),
        ('[[labels]]\nname = "A"\n[[labels]]\nname = "A"', "label 'A' twice"),
        ('[[labels]]\nname = "A"\nhotkey = "k"\n[[labels]]\nname = "B"\nhotkey = "k"', "hotkey 'k' twice"),
        ('[[labels]]\nname = "A"\ngroup = "things"', "group 'things'"),
        ('[[labels]]\nname = "A"\ncolor = "red"', "colour 'red'"),
        ('[[labels]]\nname = "A"\nhue = 3', "unknown key 'hue'"),
        ("labels = 3", "no [[labels]] tables"),
        (CHOICE.format('of = ["figure"]\nvalues = []'), "has the values []; expected different texts"),
        (CHOICE.format('of = ["figure"]\nvalues = ["a", "a"]'), "expected different texts"),
        (CHOICE.format('of = ["B"]\nvalues = ["a"]'), "is of 'B', which is neither a label nor a group"),
        (CHOICE.format('of = []\nvalues = ["a"]'), "is of no label"),
        (CHOICE.format('of = "figure"\nvalues = ["a"]'), "expected a [[choices]] table"),
        (CHOICE.format('of = ["A"]\nvalues = ["a"]\nask = 1'), "unknown key 'ask'"),
        (CHOICE.format('of = ["A"]\nvalues = ["a"]').replace("sure", "label"), "not label or text"),
        ("labels = [", "not TOML"),
    ],
)
def test_a_broken_schema_is_one_sentence_with_the_file(tmp_path: Path, text: str, match: str) -> None:
    path = tmp_path / "schema.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        load_schema(path)
    assert str(caught.value).startswith(str(path))
    assert match in str(caught.value)


def test_a_label_outside_the_schema_is_named_with_its_place() -> None:
    with pytest.raises(SchemaError, match="bulletin b-1 has the label 'CASES'"):
        DEFAULT.check([Span(0, 3, "CASES")], where="bulletin b-1")


def test_labels_without_a_schema_get_one_whatever_their_order() -> None:
    assert schema_of_labels(["B", "A", "B"]) == schema_of_labels(["A", "B"])
    assert schema_of_labels(["FIGURE_X", "DATE"]).group("figure") == ("FIGURE_X",)
    assert isinstance(Schema("x", (Label("A"),)).hash, str)


def test_the_workspaces_own_schema_comes_first(tmp_path: Path) -> None:
    here = Workspace(tmp_path)
    assert here.schema() == DEFAULT
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "schema.toml").write_text('[[labels]]\nname = "A"', encoding="utf-8")
    assert here.schema().names == ("A",)
    assert here.schema(packaged("annotations/schema.toml")) == DEFAULT
