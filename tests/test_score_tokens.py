"""The scorer's own tokens, and F1 over them."""

import re
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score_help import evaluate

from workbench.score import tokens as module
from workbench.score.tokens import tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("New York-based", ["New", "York", "-", "based"]),
        ("$3.5m (IED)", ["$", "3", ".", "5m", "(", "IED", ")"]),
        ("", []),
        (" \n ", []),
        ("a_b  ‘c’", ["a_b", "‘", "c", "’"]),
        ("हिन्दी 😀😀", ["हिन्दी", "😀", "😀"]),
    ],
)
def test_tokens(text, expected):
    assert [text[start:end] for start, end in tokens(text)] == expected


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_tokens_cover_all_but_spaces(text):
    found = tokens(text)
    assert "".join(text[start:end] for start, end in found) == "".join(text.split())
    assert all(a[1] <= b[0] for a, b in pairwise(found))
    for start, end in found:
        assert end - start == 1 or all(unicodedata.category(c)[0] in "LNM" or c == "_" for c in text[start:end])


def test_token_f1_counts_the_tokens_that_spans_touch():
    text = "Six men of the Frontier Corps died"
    gold, predicted = [(15, 29, "A"), (0, 3, "B")], [(11, 29, "A"), (0, 2, "B")]
    counts = evaluate([gold], [predicted], text=text).counts("token")
    assert (counts.tp, counts.fp, counts.fn) == (3, 1, 0)


words = st.lists(st.sampled_from(["ab", "c", "-", "1,2", " ", "\n"]), min_size=1, max_size=12).map("".join)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(words, st.data()), min_size=1, max_size=4), st.integers(1, 30))
def test_token_f1_equals_plain_counting(documents, batch):
    texts = [text for text, _ in documents]
    gold, predicted, expected = [], [], [0, 0, 0]
    for text, data in documents:
        sides = [_spans(data, text), _spans(data, text)]
        gold.append(sides[0])
        predicted.append(sides[1])
        a, b = ({(t, s[2]) for s in side for t in _touched(text, s)} for side in sides)
        expected = [x + y for x, y in zip(expected, (len(a & b), len(b - a), len(a - b)), strict=True)]
    counts = _evaluate_texts(texts, gold, predicted, batch)
    assert [counts.tp, counts.fp, counts.fn] == expected


def _evaluate_texts(texts, gold, predicted, batch):
    from score_help import entry, schema_of

    from workbench.score.evaluation import evaluate_entries

    sides = [
        [entry(s, name=f"d{i}", text=t) for i, (t, s) in enumerate(zip(texts, side, strict=True))]
        for side in (gold, predicted)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_AT_ONCE", batch)
        return evaluate_entries(*sides, schema_of("AB")).counts("token")


def _spans(data, text):
    places = st.tuples(st.integers(0, len(text) - 1), st.integers(1, 5), st.sampled_from("AB"))
    found = data.draw(st.lists(places, max_size=4))
    return [(start, min(start + size, len(text)), label) for start, size, label in found]


def _touched(text, span):
    return [m.start() for m in re.finditer(r"\w+|[^\w\s]", text) if m.start() < span[1] and span[0] < m.end()]
