"""Rules of a file: what they find, how they are joined with a model, and what a wrong one says."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.corpus import Annotation, Document
from workbench.core.errors import InputError, SchemaError
from workbench.core.schema import Label, Schema
from workbench.core.span import Span, overlapping_pairs
from workbench.tag.rules import POLICIES, Rules, load_rules

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
        ("[[rules]]\nlabel = 'DATE'\nwords = []", "has no words"),
        ("[[rules]]\nlabel = 'DATE'\nfile = 'none.txt'", "none.txt is not there"),
        ("[[rules]]\nlabel = 'DATE'\nregex = 'x'", "the unknown key 'regex'"),
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
