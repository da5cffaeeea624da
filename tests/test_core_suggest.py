"""A schema made from the labels that data bring along."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from workbench.cli.app import workbench
from workbench.core.corpus import Annotation, Document, Entry, write_corpus
from workbench.core.errors import InputError, SchemaError
from workbench.core.schema import GROUPS, Label, Schema, load_schema, schema_from_table
from workbench.core.span import Span
from workbench.core.suggest import schema_toml, suggest_schema


def test_names_tell_groups_hotkeys_and_what_a_figure_counts() -> None:
    names = [
        "WEAPON",
        "LOCATION",
        "EVENT_RAID",
        "EVENT_BLAST",
        "FIGURE_KILLED",
        "FIGURE_KNIVES",
        "ACTOR",
        "DATE",
        "MOOD",
    ]
    schema = suggest_schema(names)
    rows = [(label.name, label.group, label.hotkey, label.counts) for label in schema.labels]
    assert rows == [
        ("EVENT_BLAST", "event", "1", None),
        ("EVENT_RAID", "event", "2", None),
        ("FIGURE_KILLED", "figure", "k", "killed"),
        ("FIGURE_KNIVES", "figure", "n", None),
        ("ACTOR", "party", "a", None),
        ("LOCATION", "place", "l", None),
        ("DATE", "time", "d", None),
        ("WEAPON", "means", "w", None),
        ("MOOD", "other", "m", None),
    ]
    assert suggest_schema(reversed(names)) == schema
    assert len({label.color for label in schema.labels[:8]}) == 8


def test_more_labels_than_keys_leave_some_without() -> None:
    schema = suggest_schema(f"X{n}" for n in range(40))
    assert sum(label.hotkey is not None for label in schema.labels) == 35
    with pytest.raises(SchemaError, match="named 'two words'"):
        suggest_schema(["two words"])


_TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)
_LABELS = st.builds(
    Label,
    name=st.from_regex(r"[A-Za-zÄ][A-Za-z0-9_.-]{0,8}", fullmatch=True),
    group=st.sampled_from(GROUPS),
    description=_TEXT,
)


@given(_TEXT, st.lists(_LABELS, min_size=1, max_size=5, unique_by=lambda label: label.name))
def test_the_text_of_a_schema_is_read_back_to_an_equal_one(name: str, labels: list[Label]) -> None:
    import tomllib

    schema = Schema(name, tuple(labels))
    assert schema_from_table(tomllib.loads(schema_toml(schema))) == schema


def test_the_command_writes_a_schema_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spans = (Span(0, 3, "FIGURE"), Span(12, 17, "LOCATION"))
    write_corpus("gold.jsonl", [Entry(Document("a", "Six died in Kabul"), Annotation(spans))])
    command = ["schema", "gold.jsonl", "-o", "own.toml"]
    done = CliRunner().invoke(workbench, command)
    assert done.exit_code == 0, done.output
    assert load_schema("own.toml").names == ("FIGURE", "LOCATION")
    assert load_schema("own.toml").name == "own"
    again = CliRunner().invoke(workbench, command)
    assert isinstance(again.exception, InputError)
    assert "is there already" in str(again.exception)
    assert CliRunner().invoke(workbench, [*command, "--force"]).exit_code == 0
    write_corpus("bare.jsonl", [Entry(Document("a", "Six died in Kabul"))])
    empty = CliRunner().invoke(workbench, ["schema", "bare.jsonl", "-o", "no.toml"])
    assert "holds no span" in str(empty.exception)
    assert not Path("no.toml").exists()
