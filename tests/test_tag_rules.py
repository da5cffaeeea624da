"""Rules of a file: what they find, how they are joined with a model, and what a wrong one says."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from workbench.cli.app import workbench
from workbench.core.corpus import Annotation, Document, Entry, load_corpus, write_corpus
from workbench.core.errors import InputError, SchemaError
from workbench.core.schema import Label, Schema
from workbench.core.span import Span, overlapping_pairs
from workbench.core.workspace import Workspace, packaged
from workbench.tag.rules import POLICIES, Rules, find_rules, load_rules, own_joiner

SCHEMA = Schema("small", (Label("DATE"), Label("LOCATION"), Label("EVENT_OTHER"), Label("TARGET")))
TEXT = "😀 Quetta City, on Friday night: no group claimed  responsibility in Quetta."


@pytest.fixture
def rules(tmp_path: Path) -> Rules:
    (tmp_path / "places.txt").write_text("# towns\nQuetta\nQuetta City\n", encoding="utf-8")
    (tmp_path / "rules.toml").write_text(
        """[[rules]]
label = "DATE"
pattern = '(?:Mon|Fri)day(?: night)?'
[[rules]]
label = "LOCATION"
file = "places.txt"
[[rules]]
label = "EVENT_OTHER"
words = ["Claimed responsibility"]
ignore_case = true
""",
        encoding="utf-8",
    )
    return load_rules(tmp_path / "rules.toml", SCHEMA)


def found(annotation: Annotation) -> list[tuple[str, str]]:
    return [(TEXT[span.start : span.end], span.label) for span in annotation.spans]


def test_rules_find_whole_words_the_longer_first(rules: Rules) -> None:
    assert found(rules.label(Document("a", TEXT))) == [
        ("Quetta City", "LOCATION"),
        ("Friday night", "DATE"),
        ("claimed  responsibility", "EVENT_OTHER"),
        ("Quetta", "LOCATION"),
    ]
    assert rules.spans("Fridays in Quettas") == ()


def test_fill_gives_the_model_the_first_word_and_prefer_the_rules(rules: Rules) -> None:
    city = Span(TEXT.index("City"), TEXT.index("City") + 4, "TARGET", 0.9)
    friday = Span(TEXT.index("Friday"), TEXT.index("Friday") + 12, "DATE", 0.7)
    said = Annotation((city, friday), origin="model", model_version="m1")
    document = Document("a", TEXT)
    assert found(rules.join(said, document, policy="fill"))[:2] == [("City", "TARGET"), ("Friday night", "DATE")]
    preferred = rules.join(said, document, policy="prefer")
    assert found(preferred)[0] == ("Quetta City", "LOCATION")
    assert [span.score for span in preferred.spans] == [None, 0.7, None, None]


@given(st.lists(st.tuples(st.integers(0, 70), st.integers(1, 6)), max_size=8), st.sampled_from(POLICIES))
def test_the_joined_layer_is_flat_and_in_text_order(places: list[tuple[int, int]], policy: str) -> None:
    import re

    rules = Rules((("DATE", re.compile(r"\w+ \w+")), ("LOCATION", re.compile("Quetta"))), "rules-x")
    spans = [Span(start, min(start + size, len(TEXT)), "TARGET") for start, size in places if start < len(TEXT)]
    kept: list[Span] = []
    for span in sorted(spans):
        if not kept or not kept[-1].overlaps(span):
            kept.append(span)
    said = Annotation(tuple(kept), origin="model")
    joined = rules.join(said, Document("a", TEXT), policy=policy).spans
    assert list(joined) == sorted(joined)
    assert list(overlapping_pairs(joined)) == []
    if policy == "fill":
        assert set(kept) <= set(joined)
    else:
        assert set(rules.spans(TEXT)) <= set(joined)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "declares no rules"),
        ("[[rules]", "is not TOML"),
        ("[[rules]]\npattern = 'x'", "rule 1 has no label"),
        ("[[rules]]\nlabel = 'DATE'", "neither pattern nor words"),
        ("[[rules]]\nlabel = 'DATE'\npattern = '('", "does not compile"),
        ("[[rules]]\nlabel = 'DATE'\npattern = '[[0-9]'", "may read otherwise \\(possible nested set"),
        ("[[rules]]\nlabel = 'DATE'\nwords = []", "has no words"),
        ("[[rules]]\nlabel = 'DATE'\nfile = 'none.txt'", "none.txt is not there"),
        ("[[rules]]\nlabel = 'DATE'\nregex = 'x'", "the unknown key 'regex'"),
        ("[[rules]]\nlabel = 'DATE'\npattern = '{day}'", "names the part {day}, which \\[parts\\] does not have"),
        ("[parts]\nday = 3\n[[rules]]\nlabel = 'DATE'\npattern = 'x'", "parts that are no texts"),
        ("[parts]\na = '{b}'\nb = 'x'\n[[rules]]\nlabel = 'DATE'\npattern = '{a}'", "the part {b}"),
    ],
)
def test_a_wrong_rule_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "rules.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        load_rules(tmp_path / "rules.toml", SCHEMA)


def test_a_label_of_no_schema_is_named(tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text("[[rules]]\nlabel = 'DAY'\npattern = 'x'", encoding="utf-8")
    with pytest.raises(SchemaError, match="label 'DAY' is not in the schema"):
        load_rules(tmp_path / "rules.toml", SCHEMA)


def test_the_version_changes_with_what_the_rules_say(rules: Rules, tmp_path: Path) -> None:
    before = rules.version
    (tmp_path / "places.txt").write_text("Kabul\n", encoding="utf-8")
    assert load_rules(tmp_path / "rules.toml", SCHEMA).version != before


def test_parts_are_put_in_and_repetitions_stay(tmp_path: Path) -> None:
    text = "[parts]\nday = 'Mon|Fri'\nwhole = '{day}day'\n[[rules]]\nlabel = 'DATE'\npattern = '{whole} \\d{1,2}'"
    (tmp_path / "rules.toml").write_text(text, encoding="utf-8")
    assert load_rules(tmp_path / "rules.toml", SCHEMA).spans("Fri Friday 12 Monday") == (Span(4, 13, "DATE"),)


def test_the_rules_that_come_along_fit_the_schema_and_do_what_they_say() -> None:
    workspace = Workspace(Path("/nowhere"))
    rules = find_rules("auto", workspace, workspace.schema())
    text = (
        "At least 12 people were killed and 1,200 others were injured in Lakki Marwat District at 8.40 pm on Friday, "
        "reports The Hindu. The Kabul Police said on March 4 that nobody claimed responsibility; twenty-two men were "
        "killed and wounded in Kabul on May 2, 2011."
    )
    assert [(text[span.start : span.end], span.label) for span in rules.spans(text)] == [
        ("At least 12", "FIGURE_KILLED"),
        ("1,200", "FIGURE_INJURED"),
        ("Lakki Marwat District", "LOCATION"),
        ("8.40 pm on Friday", "DATE"),
        ("The Hindu", "SOURCE"),
        ("Police", "SOURCE"),
        ("March 4", "DATE"),
        ("claimed responsibility", "EVENT_OTHER"),
        ("Kabul", "LOCATION"),
    ]


def test_rules_are_found_beside_the_schema_in_force(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("[[labels]]\nname = 'DATE'\n", encoding="utf-8")
    workspace = Workspace(tmp_path)
    schema = workspace.schema(tmp_path / "own.toml")
    with pytest.raises(InputError, match=r"no rules beside the schema .*rules\.toml"):
        find_rules("auto", workspace, schema, schema_path=tmp_path / "own.toml")
    (tmp_path / "rules.toml").write_text("[[rules]]\nlabel = 'DATE'\nwords = ['noon']", encoding="utf-8")
    found = find_rules("auto", workspace, schema, schema_path=tmp_path / "own.toml")
    assert found.spans("at noon") == (Span(3, 7, "DATE"),)


def test_the_page_s_rules_are_the_workspace_s_own(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert own_joiner("auto", "prefer", workspace) is None
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations/rules.toml").write_text("[[rules]]\nlabel = 'DATE'\nwords = ['noon']", encoding="utf-8")
    assert own_joiner("none", "prefer", workspace) is None
    joiner = own_joiner("auto", "fill", workspace)
    assert joiner is not None
    assert joiner.version("m1") == f"m1+{joiner.rules.version}-fill"
    said = joiner(
        Annotation((Span(0, 2, "TARGET", 0.5),), origin="model", model_version="m1"), Document("a", "At noon")
    )
    assert (said.spans, said.model_version) == ((Span(0, 2, "TARGET"), Span(3, 7, "DATE")), joiner.version("m1"))
    with pytest.raises(InputError, match="cannot be joined by 'mix'; expected one of fill, prefer"):
        own_joiner("auto", "mix", workspace)


def test_prelabel_joins_rules_with_the_model_or_takes_them_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
    text = "A blast killed six in Quetta at 8.40 pm on Friday; The Hindu spoke of a grobnar."
    write_corpus(tmp_path / "in.jsonl", [Entry(Document("a", text)), Entry(Document("b", "Nothing."))])
    (tmp_path / "own.toml").write_text("[[rules]]\nlabel = 'DATE'\nwords = ['grobnar']", encoding="utf-8")
    starter = str(packaged("models/starter"))

    def labelled(*options: str) -> tuple[str, list[str]]:
        out = str(tmp_path / "out.jsonl")
        command = ["prelabel", str(tmp_path / "in.jsonl"), "--model", starter, "-o", out, "--json", *options]
        shown = CliRunner().invoke(workbench, command, catch_exceptions=False)
        first, second = load_corpus(out)
        assert second.annotation is not None
        version = json.loads(shown.stdout)["model_version"]
        assert second.annotation.model_version == version
        return version, [f"{first.surface(span)} {span.label}" for span in first.spans]

    bare, of_model = labelled()
    joined, both = labelled("--rules", str(tmp_path / "own.toml"))
    assert joined.startswith(f"{bare}+rules-")
    assert joined.endswith("-prefer")
    assert set(both) - set(of_model) == {"grobnar DATE"}
    alone, of_rules = labelled("--policy", "alone", "--rules", "auto")
    assert alone.startswith("rules-")
    assert of_rules == ["Quetta LOCATION", "8.40 pm on Friday DATE", "The Hindu SOURCE"]
